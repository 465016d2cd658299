"""`ghdirectory query --explain`: the statements of a query, their plans, reads and times."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from function.database import Directory
from function.query import ProfileQuery

# On Linux: the bytes that this process has read. https://man7.org/linux/man-pages/man5/proc_pid_io.5.html
_IO_COUNTERS = Path("/proc/self/io")
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class ExplainedStatement:
    """A statement that was executed.

    Attributes:
        sql: its text.
        values: the values of its parameters.
        plan: the steps of SQLite's EXPLAIN QUERY PLAN.
        row_count: how many rows it returned.
    """

    sql: str
    values: tuple[object, ...]
    plan: tuple[str, ...]
    row_count: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query was answered, on a connection that was new.

    Attributes:
        statements: in the order of their execution.
        page_size: the file's, in bytes.
        pages_read: how many pages of the file the first answer read; None if the system does not
            count.
        first_seconds: the time of the first answer.
        repeated_seconds: the shortest time of `ROUNDS` more.
    """

    statements: tuple[ExplainedStatement, ...]
    page_size: int
    pages_read: int | None
    first_seconds: float
    repeated_seconds: float

    def __str__(self) -> str:
        """Return the explanation as lines for people."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for statement in self.statements:
            yield statement.sql
            yield f"    values: {', '.join(map(repr, statement.values))}"
            yield from (f"    {step}" for step in statement.plan)
            yield f"    rows: {statement.row_count:,}"
        yield f"rows: {sum(statement.row_count for statement in self.statements):,}"
        read = "not counted on this system" if self.pages_read is None else f"{self.pages_read:,}"
        yield f"pages of {self.page_size:,} bytes read by a fresh connection: {read}"
        first, repeated = self.first_seconds * 1e3, self.repeated_seconds * 1e3
        yield f"time: {first:.3f} ms at first, {repeated:.3f} ms when repeated"


class RecordingDirectory(Directory):
    """A directory that records its statements, their values and their numbers of rows."""

    def __init__(self, path: Path) -> None:
        self.recorded: list[tuple[str, tuple[object, ...], int]] = []
        super().__init__(path)

    def fetch_all(self, sql: str, values: Sequence[object]) -> list[Any]:
        """Execute and record a statement, and return its rows."""
        rows = super().fetch_all(sql, values)
        self.recorded.append((sql, tuple(values), len(rows)))
        return rows


def explain(path: Path, query: ProfileQuery) -> Explanation:
    """Return how the directory at *path* answers *query*.

    Raises:
        DatabaseMismatch: the file is not a directory database that this code can read.
    """
    with closing(RecordingDirectory(path)) as directory:
        directory.recorded.clear()
        bytes_before = _bytes_read()
        first_seconds = _time(directory, query)
        bytes_after = _bytes_read()
        recorded = tuple(directory.recorded)
        repeated_seconds = min(_time(directory, query) for _ in range(ROUNDS))
        ((page_size,),) = directory.fetch_all("PRAGMA page_size", ())
        statements = tuple(
            ExplainedStatement(sql, values, _plan(directory, sql, values), row_count)
            for sql, values, row_count in recorded
        )
    if bytes_before is None or bytes_after is None:
        pages_read = None
    else:
        pages_read = (bytes_after - bytes_before) // page_size
    return Explanation(statements, page_size, pages_read, first_seconds, repeated_seconds)


def _plan(directory: Directory, sql: str, values: Sequence[object]) -> tuple[str, ...]:
    # https://sqlite.org/eqp.html: the fourth column describes the step.
    steps = directory.fetch_all(f"EXPLAIN QUERY PLAN {sql}", values)
    return tuple(step[3] for step in steps)


def _time(directory: Directory, query: ProfileQuery) -> float:
    """Answer *query*, and return the seconds that it took."""
    start = time.perf_counter()
    directory.find(query)
    return time.perf_counter() - start


def _bytes_read() -> int | None:
    """Return the number of bytes that this process has read; None if the system does not count."""
    try:
        return int(_IO_COUNTERS.read_text().partition("rchar:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        return None

"""How the directory comes to an answer: which statements, their plans, what they read, how long."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from function.database import Directory
from function.query import ProfileQuery

# Linux counts what a process reads. https://man7.org/linux/man-pages/man5/proc_pid_io.5.html
_READ = Path("/proc/self/io")
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its *values*, *plan* as SQLite words it, and how many *rows* it gave."""

    sql: str
    values: tuple[object, ...]
    plan: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one query was answered.

    Attributes:
        statements: in the order they were executed.
        page_size: bytes of a page of the file.
        pages: how many a connection read that had just opened the file, for this query alone;
            None where the system does not count.
        first: seconds that the answer took on that connection.
        then: the same once it had been asked before, at its best.
    """

    statements: tuple[Statement, ...]
    page_size: int
    pages: int | None
    first: float
    then: float

    def __str__(self) -> str:
        """Return it for people."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for statement in self.statements:
            yield statement.sql
            yield f"    values: {', '.join(map(repr, statement.values))}"
            yield from (f"    {step}" for step in statement.plan)
            yield f"    rows: {statement.rows:,}"
        yield f"rows: {sum(statement.rows for statement in self.statements):,}"
        read = "not counted on this system" if self.pages is None else f"{self.pages:,}"
        yield f"pages of {self.page_size:,} bytes read by a fresh connection: {read}"
        yield f"time: {self.first * 1e3:.3f} ms the first time, {self.then * 1e3:.3f} ms then"


class RecordingDirectory(Directory):
    """A directory that records its statements, their values and how many rows they gave."""

    def __init__(self, path: Path, *, use_mmap: bool) -> None:
        self.recorded: list[tuple[str, tuple[object, ...], int]] = []
        super().__init__(path, use_mmap=use_mmap)

    def fetch_all(self, sql: str, values: Sequence[object]) -> list[Any]:
        """Return what *sql* finds, and record it."""
        rows = super().fetch_all(sql, values)
        self.recorded.append((sql, tuple(values), len(rows)))
        return rows


def explain(path: Path, query: ProfileQuery) -> Explanation:
    """Return how the directory at *path* answers *query*.

    Raises:
        DatabaseMismatch: the file is not a directory that this code can read.
    """
    with closing(RecordingDirectory(path, use_mmap=False)) as directory:
        directory.recorded.clear()
        before, start = _read_bytes(), time.perf_counter()
        directory.find(query)
        first, after = time.perf_counter() - start, _read_bytes()
        recorded = tuple(directory.recorded)
        then = min(_timed(directory, query) for _ in range(ROUNDS))
    with closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    ) as sql:
        (page_size,) = sql.execute("PRAGMA page_size").fetchone()
        explained = tuple(
            Statement(
                statement,
                values,
                tuple(row[3] for row in sql.execute(f"EXPLAIN QUERY PLAN {statement}", values)),
                rows,
            )
            for statement, values, rows in recorded
        )
    pages = None if before is None or after is None else (after - before) // page_size
    return Explanation(explained, page_size, pages, first, then)


def _timed(directory: Directory, query: ProfileQuery) -> float:
    start = time.perf_counter()
    directory.find(query)
    return time.perf_counter() - start


def _read_bytes() -> int | None:
    try:
        return int(_READ.read_text().partition("rchar:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        return None

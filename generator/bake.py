"""From the store's users to the directory: one read-only file, the same bytes from the same users.

Everything that a request would otherwise count is counted here.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import astuple
from itertools import islice
from pathlib import Path

from function.contract import (
    APPLICATION_ID,
    COLUMNS,
    SCHEMA,
    SCHEMA_VERSION,
    About,
    Profile,
    as_row,
)
from generator.errors import BuildError

BATCH = 1000  # rows


def bake(
    profiles: Iterable[Profile],
    about: About,
    path: Path,
    advance: Callable[[int], None] = lambda done: None,
) -> int:
    """Write *profiles* and *about* to a directory at *path*, and return how many there are.

    The file is written beside *path* and moved there when it is whole, so that a reader of the
    old one, or a build that is interrupted, never meets half of it.

    Raises:
        BuildError: there are no profiles, or the file cannot be written, or it is another's.
    """
    draft = path.with_name(f"{path.name}.part")
    _refuse_others(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with closing(sqlite3.connect(draft, isolation_level=None)) as sql:
            count = _fill(sql, profiles, about, advance)
        if not count:
            raise BuildError("there are no users to list; seed some first")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, sqlite3.Error) as exc:
        raise BuildError(f"cannot write the directory {path}: {exc}") from exc
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return count


def _refuse_others(path: Path) -> None:
    """Raise if something lies at *path* that is not a directory: it would be lost."""
    try:
        with path.open("rb") as file:
            header = file.read(72)
    except OSError:
        return
    # https://sqlite.org/fileformat2.html#application_id
    if header and header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise BuildError(f"{path} is not a directory, and was left alone; --output names another")


def _fill(
    sql: sqlite3.Connection,
    profiles: Iterable[Profile],
    about: About,
    advance: Callable[[int], None],
) -> int:
    # The draft is thrown away if anything fails: no journal, no waiting for the disk meanwhile.
    sql.execute("PRAGMA journal_mode = OFF")
    sql.execute("PRAGMA synchronous = OFF")
    sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    sql.executescript(SCHEMA)
    sql.execute("BEGIN")
    count = 0
    for batch in _batches(profiles):
        sql.executemany(
            f"INSERT INTO github_users ({COLUMNS}) VALUES (?, ?, ?, ?, ?)",
            map(as_row, batch),
        )
        count += len(batch)
        advance(count)
    sql.execute("INSERT INTO types SELECT type, count(*) FROM github_users GROUP BY type")
    sql.execute("INSERT INTO about VALUES (?, ?, ?)", astuple(about))
    sql.execute("COMMIT")
    sql.execute("VACUUM")
    return count


def _batches(profiles: Iterable[Profile]) -> Iterator[list[Profile]]:
    rest = iter(profiles)
    while batch := list(islice(rest, BATCH)):
        yield batch

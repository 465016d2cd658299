"""The growing database of seeded users, their lists, and how far each list is read.

Each change is one transaction. If it is interrupted, the store stays as it was.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from function.contract import COLUMNS, Profile
from generator.changes import Change
from generator.store.changes import read_chosen_changes
from generator.store.file import StoreFile
from generator.store.readings import Cursor, Reading, find_reading

# The number of users that a list has before a cursor.
_USERS = """iif({0}cursor IS NULL, 0, (
    SELECT count(*) FROM list_users AS read WHERE read.list = lists.list AND gone_at IS NULL
    AND read.position <= lists.{0}position AND read.run >= lists.{0}run
))"""
_CHOOSE = """
INSERT INTO lists (identity, source, title, total, rank) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (identity) DO UPDATE SET source = excluded.source, title = excluded.title,
    total = excluded.total, rank = excluded.rank
"""


@dataclass(frozen=True, slots=True)
class ListProgress:
    """How far a list is read.

    Attributes:
        identity: the key of the list, which also names its server.
        source, title: the public name, as in "users" or "sample", and the name for people.
        total: the number of its users that the directory lists.
        seeded_at: the time of the last change of its users, RFC 3339 in UTC; None before.
        cursor: the place where reading continues; None before the first reply, and for a file.
        refresh: the place where an interrupted refresh continues; None if there is none.
    """

    identity: str
    source: str
    title: str
    total: int = 0
    is_complete: bool = False
    seeded_at: str | None = None
    cursor: Cursor | None = None
    refresh: Cursor | None = None


class Store:
    """The store at *path*. Nothing is written before the first change."""

    def __init__(self, path: Path) -> None:
        self._file = StoreFile(path)
        self._choice: Sequence[tuple[object, ...]] | None = None

    def close(self) -> None:
        """Close the file, and unlock it for other processes."""
        self._file.close()

    def choose(self, lists: Sequence[ListProgress]) -> None:
        """Choose the directory's lists, all of one server. The next successful change stores it."""
        self._choice = [astuple(each)[:4] for each in lists]

    def commit_choice(self) -> None:
        """Store the choice without another change. The stored choice is not written again."""
        if self._choice not in (None, [astuple(each)[:4] for each in self.chosen()]):
            with self._transaction():
                pass

    def chosen(self) -> list[ListProgress]:
        """Return the chosen lists, in the order in which they were named."""
        return self._lists("WHERE rank IS NOT NULL ORDER BY rank")

    def progress(self, identity: str) -> ListProgress | None:
        """Return how far the list *identity* is read; None if it is not stored."""
        return next(iter(self._lists("WHERE identity = ?", identity)), None)

    def count(self, identity: str, limit: int) -> int:
        """Return how many users of the list *identity* are stored, *limit* if there are more."""
        with self._file.errors():
            rows = self._file.db.conn.execute(
                "SELECT 1 FROM lists JOIN list_users USING (list)"
                " WHERE identity = ? AND gone_at IS NULL LIMIT ?",
                [identity, limit],
            )
            return sum(1 for _ in rows)

    def is_cut(self, identity: str) -> bool:
        """Return whether the list *identity* has more users than the directory lists."""
        (progress,) = self._lists("WHERE identity = ?", identity)
        users = self.count(identity, progress.total + 1)
        return users > progress.total or (users == progress.total and not progress.is_complete)

    def profiles(self) -> Iterator[Profile]:
        """Yield the directory's users, each once, in ascending id."""
        with self._file.errors():
            rows = self._file.db.conn.execute(f"SELECT {COLUMNS} FROM directory_users ORDER BY id")
            yield from map(Profile._make, rows)

    def changes(self) -> list[Change]:
        """Return the changes that refreshes found in the chosen lists, the newest first."""
        with self._file.errors():
            return read_chosen_changes(self._file.db.conn)

    @contextmanager
    def reading(self, identity: str, position: int, *, refresh: bool = False) -> Iterator[Reading]:
        """Give the reading of the list *identity* that has come to *position*, for questions."""
        with self._file.errors():
            yield find_reading(self._file.db.conn, identity, position, refresh=refresh)

    @contextmanager
    def change(self, identity: str, position: int, *, refresh: bool = False) -> Iterator[Reading]:
        """Give the same reading for one change, in a transaction."""
        with self._transaction() as sql:
            yield find_reading(sql, identity, position, refresh=refresh)

    def _lists(self, clauses: str, *values: object) -> list[ListProgress]:
        with self._file.errors():
            rows = self._file.db.conn.execute(
                "SELECT identity, source, title, total, is_complete, seeded_at, cursor, position,"
                f" {_USERS.format('')}, refresh_cursor, refresh_position,"
                f" {_USERS.format('refresh_')} FROM lists {clauses}",
                values,
            ).fetchall()
        places = [[Cursor(*at) if at[0] else None for at in (row[6:9], row[9:])] for row in rows]
        return [ListProgress(*row[:6], *both) for row, both in zip(rows, places, strict=True)]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._file.transaction() as sql:
            if self._choice is not None:
                sql.execute("UPDATE lists SET rank = NULL")
                sql.executemany(_CHOOSE, [(*each, rank) for rank, each in enumerate(self._choice)])
            yield sql
        self._choice = None

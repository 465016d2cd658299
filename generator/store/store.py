"""The growing database of seeded users, their lists, and how far each list is read.

Each change is one transaction. If it is interrupted, the store stays as it was.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from function.contract import COLUMNS, Profile
from generator.github import Cursor, Step, ordinals
from generator.store import memberships
from generator.store.file import StoreFile
from generator.store.memberships import Tally

BATCH = 500  # rows; SQLite binds at most 999 values to a statement on old builds


@dataclass(frozen=True, slots=True)
class ListProgress:
    """How far a list is read.

    Attributes:
        identity: the key of the list, which also names its server.
        source: the public name, as in "users" or "sample".
        title: the name for people.
        cursor: the place where reading continues; None before the first reply, and for a list
            that is not on GitHub.
        refresh: the place where an interrupted refresh continues; None if there is none.
        total: the number of its users that the directory lists; 0 before any are stored.
        seeded_at: the time of the last change of its users, RFC 3339 in UTC; None before.
    """

    identity: str
    source: str
    title: str
    cursor: Cursor | None = None
    refresh: Cursor | None = None
    total: int = 0
    seeded_at: str | None = None


@dataclass(frozen=True, slots=True)
class CachedReply:
    """A reply that is cached with its ETag, so that a 304 stands for its users.

    Attributes:
        url: the address that was requested.
        etag: the ETag header.
        next_url: the address of the next page; None if the reply named none.
        after: the position before its first user.
        users: its users, read from the store.
    """

    url: str
    etag: str
    next_url: str | None
    after: int
    users: tuple[Profile, ...] = ()


class Store:
    """The store at *path*, for the world *identity* or, without one, for the world of the file.

    Nothing is written before the first change; see `StoreFile`.
    """

    def __init__(self, path: Path, identity: str = "") -> None:
        self._file = StoreFile(path, identity)
        self._choice: tuple[Sequence[ListProgress], int] | None = None

    @property
    def displaced(self) -> Path | None:
        """The new path of another world's store that was at this path; None if there was none."""
        return self._file.displaced

    def close(self) -> None:
        """Close the file, and unlock it for other processes."""
        self._file.close()

    def choose(self, lists: Sequence[ListProgress], total: int) -> None:
        """Choose the directory's users: the first *total* of each of *lists*.

        The choice is stored with the next change. If that fails, the old choice stays.
        """
        self._choice = lists, total

    def chosen(self) -> list[ListProgress]:
        """Return the chosen lists, in the order in which they were named."""
        return self._lists("WHERE rank IS NOT NULL ORDER BY rank")

    def progress(self, identity: str) -> ListProgress | None:
        """Return how far the list *identity* is read; None before its first reply."""
        return next(iter(self._lists("WHERE identity = ?", identity)), None)

    def count(self, identity: str, maximum: int) -> int:
        """Return how many users of the list *identity* are stored, *maximum* if there are more."""
        if (sql := self._file.sql) is None:
            return 0
        with self._file.errors():
            (users,) = sql.execute(
                "SELECT count(*) FROM (SELECT 1 FROM members JOIN lists USING (list)"
                " WHERE identity = ? AND position IS NOT NULL LIMIT ?)",
                [identity, maximum],
            ).fetchone()
        return int(users)

    def profiles(self) -> Iterator[Profile]:
        """Yield the directory's users, each once, in ascending id.

        They are the first users of each chosen list. In a list by id, these have the lowest ids.
        In any other list, these are the first in its own order.
        """
        if (sql := self._file.sql) is None:
            return
        with self._file.errors():
            conditions = []
            for number, total in sql.execute(
                "SELECT list, total FROM lists WHERE rank IS NOT NULL"
            ).fetchall():
                last = sql.execute(
                    "SELECT position FROM members WHERE list = ? AND position IS NOT NULL"
                    " ORDER BY position LIMIT 1 OFFSET ?",
                    [number, total - 1],
                ).fetchone()
                up_to = f"<= {last[0]:d}" if last else "IS NOT NULL"
                conditions.append(
                    "EXISTS (SELECT 1 FROM members m WHERE m.id = u.id"
                    f" AND m.list = {number:d} AND m.position {up_to})"
                )
            where = " OR ".join(conditions) or "FALSE"
            for row in sql.execute(
                f"SELECT {COLUMNS} FROM github_users u WHERE {where} ORDER BY id"
            ):
                yield Profile(*row)

    def already_read(self, identity: str, position: int, users: Iterable[int]) -> set[int]:
        """Return those of *users* that are at or before *position* in the list *identity*."""
        if (sql := self._file.sql) is None:
            return set()
        with self._file.errors():
            return memberships.already_read(sql, _number(sql, identity), position, list(users))

    def cached_reply(self, identity: str, url: str, position: int | None) -> CachedReply | None:
        """Return a cached reply to continue with, None if there is none.

        A reply is cached while all of its users are stored as it had them. A later reply about the
        same users may have changed them.

        Args:
            identity: the list.
            url: the address to request otherwise.
            position: the position of the last user that was read in a list by id. Any reply that
                has the users after it will do. So one deleted account does not shift, and cost,
                all later replies. None: only the reply to *url* will do.
        """
        if (sql := self._file.sql) is None:
            return None
        # Each condition has its own index. ORDER BY with the first one would make SQLite use the
        # other index.
        where = "url = ?" if position is None else "after <= ? ORDER BY after DESC LIMIT 1"
        with self._file.errors():
            row = sql.execute(
                "SELECT list, url, etag, next_url, after, replies.reached, digest"
                f" FROM replies JOIN lists USING (list) WHERE identity = ? AND {where}",
                [identity, url if position is None else position],
            ).fetchone()
            if row is None:
                return None
            number, url, etag, next_url, after, reached, digest = row
            if position is not None and reached <= position:
                return None
            users = memberships.between(sql, number, after, reached)
        if _digest(users) != digest:
            return None
        return CachedReply(url, etag, next_url, after, tuple(users))

    def has_after(self, identity: str, position: int) -> bool:
        """Return whether the list *identity* has a user after *position*."""
        if (sql := self._file.sql) is None:
            return False
        with self._file.errors():
            return bool(
                sql.execute(
                    "SELECT 1 FROM members JOIN lists USING (list)"
                    " WHERE identity = ? AND position > ? LIMIT 1",
                    [identity, position],
                ).fetchone()
            )

    def add(
        self,
        identity: str,
        users: Sequence[Profile],
        step: Step,
        now: str,
        *,
        refresh: bool = False,
        is_last: bool = False,
        cached: CachedReply | None = None,
    ) -> Tally:
        """Store one reply of the list *identity* and the place where the list continues.

        Args:
            identity: one of the chosen lists.
            users: the users of the reply.
            step: the effect of the reply on the list.
            now: the time, RFC 3339 in UTC.
            refresh: whether the list is read again.
            is_last: whether the reading ends with this reply.
            cached: the reply for the cache; None if it is not to be cached.
        """
        with self._change() as sql:
            number = _number(sql, identity)
            seen = memberships.store_users(sql, number, users, now)
            # Users that this reading has read before were counted then.
            counted = {user for user, place in step.positions.items() if place > step.after}
            tally = memberships.compare(user for user in seen if user.profile.id in counted)
            tally += Tally(gone=memberships.place(sql, number, step, now))
            if tally.new or tally.gone:
                _set_date(sql, now, "list = ?", [number])
            if changed := [user.profile.id for user in seen if user.is_changed]:
                marks = ", ".join("?" * len(changed))
                member = f"SELECT 1 FROM members m WHERE m.list = lists.list AND m.id IN ({marks})"
                _set_date(sql, now, f"EXISTS ({member})", changed)
            _store_cursor(sql, number, step, tally, refresh=refresh, is_last=is_last)
            if cached:
                _cache_reply(sql, number, cached, step.reached)
        return tally

    def mirror(
        self,
        identity: str,
        profiles: Iterable[Profile],
        total: int,
        now: str,
        advance: Callable[[int], None] = lambda read: None,
    ) -> Tally:
        """Store the first *total* of *profiles* as the list *identity*; after an error, none.

        A user displaced from a position is parked behind the list, and removed if it does not
        reappear before the list ends. The values of a user that is also in a list on GitHub stay as
        GitHub has them. If a user comes twice, the last values count. *advance* is called now and
        then with the number of users read.
        """
        with self._change() as sql:
            number = _number(sql, identity)
            # The earlier values of changed users. A user that comes twice may change back.
            sql.execute("CREATE TEMP TABLE before AS SELECT * FROM github_users LIMIT 0")
            sql.execute("CREATE UNIQUE INDEX temp.before_id ON before (id)")
            tally, read, whole = Tally(), 0, False
            rest = iter(profiles)
            while read < total and not whole:
                batch = list(islice(rest, min(BATCH, total - read)))
                whole = not batch
                ids = [user.id for user in batch]
                already_read = memberships.already_read(sql, number, read, ids)
                positions = ordinals(batch, already_read, read)
                step = Step(
                    positions,
                    after=read,
                    reached=read + len(positions),
                    is_by_id=False,
                    next_url=None,
                    is_end=whole,
                    cursor=Cursor(""),
                )
                read = step.reached
                seen = memberships.store_users(sql, number, batch, now, local=True)
                sql.executemany(
                    f"INSERT OR IGNORE INTO before ({COLUMNS}) VALUES (?, ?, ?, ?, ?)",
                    [
                        user.stored
                        for user in seen
                        if user.stored and user.is_changed and user.was_member
                        # A user that this reading brought had no earlier values.
                        if not (user.profile.id in already_read and user.first_seen == now)
                    ],
                )
                new = sum(not user.was_member for user in seen)
                tally += Tally(new=new, gone=memberships.place(sql, number, step, now))
                advance(read)
            tally += memberships.compare_with_before(sql, read - tally.new)
            if tally.new or tally.gone:
                _set_date(sql, now, "list = ?", [number])
            changed = "m.id IN (SELECT id FROM before)"
            member = f"SELECT 1 FROM members m WHERE m.list = lists.list AND {changed}"
            _set_date(sql, now, f"EXISTS ({member})", [])
            sql.execute("DROP TABLE temp.before")
        return tally

    def commit_choice(self) -> None:
        """Store the choice of lists without another change."""
        with self._change():
            pass

    def _lists(self, clauses: str, *values: object) -> list[ListProgress]:
        if (sql := self._file.sql) is None:
            return []
        with self._file.errors():
            rows = sql.execute(
                "SELECT identity, source, title, cursor, reached, users,"
                " refresh_cursor, refresh_reached, refresh_users, total, seeded_at"
                f" FROM lists {clauses}",
                values,
            ).fetchall()
        return [
            ListProgress(
                identity, source, title, _cursor(*main), _cursor(*refresh), total, seeded_at
            )
            for identity, source, title, *cursors, total, seeded_at in rows
            for main, refresh in [(cursors[:3], cursors[3:])]
        ]

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection within a transaction, which also stores the choice of lists."""
        with self._file.transaction() as sql:
            self._store_choice(sql)
            yield sql
        self._choice = None

    def _store_choice(self, sql: sqlite3.Connection) -> None:
        if self._choice is None:
            return
        lists, total = self._choice
        sql.execute("UPDATE lists SET rank = NULL, total = 0")
        sql.executemany(
            "INSERT INTO lists (identity, source, title, rank, total) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (identity) DO UPDATE SET source = excluded.source,"
            " title = excluded.title, rank = excluded.rank, total = excluded.total",
            [
                (chosen.identity, chosen.source, chosen.title, rank, total)
                for rank, chosen in enumerate(lists, 1)
            ],
        )


def _cursor(url: str | None, reached: int, users: int) -> Cursor | None:
    return Cursor(url, reached, users) if url else None


def _number(sql: sqlite3.Connection, identity: str) -> int:
    row = sql.execute("SELECT list FROM lists WHERE identity = ?", [identity]).fetchone()
    return int(row[0]) if row else 0


def _store_cursor(
    sql: sqlite3.Connection, number: int, step: Step, tally: Tally, *, refresh: bool, is_last: bool
) -> None:
    """Store the place where list *number* continues after *step*.

    A refresh has a cursor of its own. Before it reaches the list's cursor, it only corrects the
    number of users before that. Beyond, it moves both.
    """
    cursor = step.cursor
    (reached,) = sql.execute("SELECT reached FROM lists WHERE list = ?", [number]).fetchone()
    if not refresh or step.reached >= reached:
        sql.execute(
            "UPDATE lists SET cursor = ?, reached = ?, users = ? WHERE list = ?",
            [cursor.url, cursor.position, cursor.users, number],
        )
    elif step.is_by_id:
        sql.execute(
            "UPDATE lists SET users = users + ? WHERE list = ?", [tally.new - tally.gone, number]
        )
    if refresh:
        place = (None, None, None) if is_last else (cursor.url, cursor.position, cursor.users)
        sql.execute(
            "UPDATE lists SET refresh_cursor = ?, refresh_reached = ?, refresh_users = ?"
            " WHERE list = ?",
            [*place, number],
        )


def _cache_reply(sql: sqlite3.Connection, number: int, cached: CachedReply, reached: int) -> None:
    """Cache a reply, and drop cached replies that it covers."""
    sql.execute(
        "DELETE FROM replies WHERE list = ? AND after >= ? AND after < ? AND reached <= ?",
        [number, cached.after, reached, reached],
    )
    digest = _digest(memberships.between(sql, number, cached.after, reached))
    sql.execute(
        "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)",
        [number, cached.url, cached.etag, cached.next_url, cached.after, reached, digest],
    )


def _set_date(sql: sqlite3.Connection, now: str, where: str, values: Sequence[object]) -> None:
    """Set the time of change of the lists that the condition *where* selects."""
    sql.execute(f"UPDATE lists SET seeded_at = ? WHERE {where}", [now, *values])


def _digest(users: Sequence[Profile]) -> str:
    return hashlib.sha256(repr([tuple(user) for user in users]).encode()).hexdigest()

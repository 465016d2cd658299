"""The growing database of what was gathered: users, the lists they are in, how far those are read.

Every change is one transaction: interrupt it anywhere, and the store is as it was before it.
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
class Progress:
    """How far a list is read.

    Attributes:
        identity: what list it is, and of which server.
        source: its name for the public, "users" or "sample".
        title: its name for people.
        cursor: where it goes on; None before the first reply, and for one that GitHub has not.
        refresh: where reading it again goes on; None while that is not under way.
        total: the directory has its first so many; 0 before any are stored.
        seeded_at: when a user last came, changed or went, RFC 3339 in UTC; None before.
    """

    identity: str
    source: str
    title: str
    cursor: Cursor | None = None
    refresh: Cursor | None = None
    total: int = 0
    seeded_at: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What to ask for a reply again with, once there is every user of it in the store.

    Attributes:
        url: its address.
        etag: its ETag header.
        next_url: the address of the next page; None if it named none.
        after: the position after which its users stand.
        users: as they are stored.
    """

    url: str
    etag: str
    next_url: str | None
    after: int
    users: tuple[Profile, ...] = ()


class Store:
    """The store at *path* of the world *identity*, or of whatever world is there.

    Nothing is written before the first change; see `StoreFile`.
    """

    def __init__(self, path: Path, identity: str = "") -> None:
        self._file = StoreFile(path, identity)
        self._choice: tuple[Sequence[Progress], int] | None = None

    @property
    def displaced(self) -> Path | None:
        """Where another world's store that was here before was put; None if there was none."""
        return self._file.displaced

    def close(self) -> None:
        """Close the file, and let others write."""
        self._file.close()

    def choose(self, lists: Sequence[Progress], total: int) -> None:
        """Let the directory be made of the first *total* users of each of *lists*.

        It comes into force with the next change: one that fails leaves the choice as it was.
        """
        self._choice = lists, total

    def chosen(self) -> list[Progress]:
        """Return the lists that the directory is made of, in the order they were named."""
        return self._lists("WHERE rank IS NOT NULL ORDER BY rank")

    def progress(self, identity: str) -> Progress | None:
        """Return how far the list *identity* is read; None before its first reply."""
        return next(iter(self._lists("WHERE identity = ?", identity)), None)

    def count(self, identity: str, most: int) -> int:
        """Return how many users the list *identity* has here, counting no further than *most*."""
        if (sql := self._file.sql) is None:
            return 0
        with self._file.errors():
            (found,) = sql.execute(
                "SELECT count(*) FROM (SELECT 1 FROM members JOIN lists USING (list)"
                " WHERE identity = ? AND position IS NOT NULL LIMIT ?)",
                [identity, most],
            ).fetchone()
        return int(found)

    def profiles(self) -> Iterator[Profile]:
        """Yield the users of the directory, each once, in the order of their ids.

        They are the first of each chosen list: those with the lowest ids, or those that a list
        in an order of its own has first.
        """
        if (sql := self._file.sql) is None:
            return
        with self._file.errors():
            among = []
            for number, total in sql.execute(
                "SELECT list, total FROM lists WHERE rank IS NOT NULL"
            ).fetchall():
                last = sql.execute(
                    "SELECT position FROM members WHERE list = ? AND position IS NOT NULL"
                    " ORDER BY position LIMIT 1 OFFSET ?",
                    [number, total - 1],
                ).fetchone()
                up_to = f"<= {last[0]:d}" if last else "IS NOT NULL"
                among.append(
                    "EXISTS (SELECT 1 FROM members m WHERE m.id = u.id"
                    f" AND m.list = {number:d} AND m.position {up_to})"
                )
            where = " OR ".join(among) or "FALSE"
            for row in sql.execute(
                f"SELECT {COLUMNS} FROM github_users u WHERE {where} ORDER BY id"
            ):
                yield Profile(*row)

    def met(self, identity: str, position: int, users: Iterable[int]) -> set[int]:
        """Return who of *users* stands at or before *position* in the list *identity*."""
        if (sql := self._file.sql) is None:
            return set()
        with self._file.errors():
            return memberships.met(sql, _number(sql, identity), position, list(users))

    def kept(self, identity: str, url: str, position: int | None) -> Kept | None:
        """Return a reply to go on with, if every user of it is still stored as it said.

        A reply may have been overtaken by another about the same users; then it is of no use.

        Args:
            identity: the list.
            url: the address that would be asked otherwise.
            position: of the last user that was read, in a list by id: any reply will do that
                has those after it. Thus one who is gone does not shift all that follow. None: it
                must be the reply to *url*.
        """
        if (sql := self._file.sql) is None:
            return None
        # Each has an index of its own; an order where there is one row would call for the other.
        where = "url = ?" if position is None else "after <= ? ORDER BY after DESC LIMIT 1"
        with self._file.errors():
            found = sql.execute(
                "SELECT list, url, etag, next_url, after, replies.reached, digest"
                f" FROM replies JOIN lists USING (list) WHERE identity = ? AND {where}",
                [identity, url if position is None else position],
            ).fetchone()
            if found is None:
                return None
            number, url, etag, next_url, after, reached, digest = found
            if position is not None and reached <= position:
                return None
            users = memberships.between(sql, number, after, reached)
        if _digest(users) != digest:
            return None
        return Kept(url, etag, next_url, after, tuple(users))

    def behind(self, identity: str, position: int) -> bool:
        """Return whether anybody stands behind *position* in the list *identity*."""
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
        done: bool = False,
        kept: Kept | None = None,
    ) -> Tally:
        """Store one reply of the list *identity*, with where the list goes on, and commit.

        Args:
            identity: the list; it is one of those chosen.
            users: the reply's.
            step: what the reply means for the list.
            now: the time, RFC 3339 in UTC.
            refresh: whether the list is being read again.
            done: whether the reading ends with this reply.
            kept: what to ask for it again with.
        """
        with self._change() as sql:
            number = _number(sql, identity)
            seen = memberships.store_users(sql, number, users, now)
            # Those met before in this reading were counted then.
            counted = {user for user, place in step.positions.items() if place > step.after}
            tally = memberships.compare(one for one in seen if one.user.id in counted)
            tally += Tally(gone=memberships.place(sql, number, step, now))
            if tally.new or tally.gone:
                _date(sql, now, "list = ?", [number])
            if changed := [one.user.id for one in seen if one.changed]:
                marks = ", ".join("?" * len(changed))
                member = f"SELECT 1 FROM members m WHERE m.list = lists.list AND m.id IN ({marks})"
                _date(sql, now, f"EXISTS ({member})", changed)
            _move(sql, number, step, tally, refresh=refresh, done=done)
            if kept:
                _keep(sql, number, kept, step.reached)
        return tally

    def mirror(
        self,
        identity: str,
        profiles: Iterable[Profile],
        total: int,
        now: str,
        advance: Callable[[int], None] = lambda read: None,
    ) -> Tally:
        """Store the first *total* of *profiles* as the list *identity*: all or, if one fails, none.

        Who stood where others stand now is kept behind the others, and goes when the list was
        read to its end. What GitHub said of a user counts, not what is said here; of a user that
        comes twice, what is said last. *advance* is told now and then how many were read.
        """
        with self._change() as sql:
            number = _number(sql, identity)
            # Members who change, as they were: one that comes twice may change back.
            sql.execute("CREATE TEMP TABLE before AS SELECT * FROM github_users LIMIT 0")
            sql.execute("CREATE UNIQUE INDEX temp.before_id ON before (id)")
            tally, read, whole = Tally(), 0, False
            rest = iter(profiles)
            while read < total and not whole:
                batch = list(islice(rest, min(BATCH, total - read)))
                whole = not batch
                met = memberships.met(sql, number, read, [user.id for user in batch])
                positions = ordinals(batch, met, read)
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
                        one.stored
                        for one in seen
                        if one.stored and one.changed and one.member
                        # One that came with this very reading was nothing before it.
                        if not (one.user.id in met and one.first_seen == now)
                    ],
                )
                new = sum(not one.member for one in seen)
                tally += Tally(new=new, gone=memberships.place(sql, number, step, now))
                advance(read)
            tally += memberships.compare_in_the_end(sql, read - tally.new)
            if tally.new or tally.gone:
                _date(sql, now, "list = ?", [number])
            changed = "m.id IN (SELECT id FROM before)"
            member = f"SELECT 1 FROM members m WHERE m.list = lists.list AND {changed}"
            _date(sql, now, f"EXISTS ({member})", [])
            sql.execute("DROP TABLE temp.before")
        return tally

    def commit_choice(self) -> None:
        """Let the choice come into force although there is nothing new to store."""
        with self._change():
            pass

    def _lists(self, clauses: str, *values: object) -> list[Progress]:
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
            Progress(identity, source, title, _cursor(*main), _cursor(*refresh), total, seeded_at)
            for identity, source, title, *cursors, total, seeded_at in rows
            for main, refresh in [(cursors[:3], cursors[3:])]
        ]

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction, with the choice of lists in force."""
        with self._file.transaction() as sql:
            self._enforce_choice(sql)
            yield sql
        self._choice = None

    def _enforce_choice(self, sql: sqlite3.Connection) -> None:
        if self._choice is None:
            return
        lists, total = self._choice
        sql.execute("UPDATE lists SET rank = NULL, total = 0")
        sql.executemany(
            "INSERT INTO lists (identity, source, title, rank, total) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (identity) DO UPDATE SET source = excluded.source,"
            " title = excluded.title, rank = excluded.rank, total = excluded.total",
            [
                (one.identity, one.source, one.title, rank, total)
                for rank, one in enumerate(lists, 1)
            ],
        )


def _cursor(url: str | None, reached: int, users: int) -> Cursor | None:
    return Cursor(url, reached, users) if url else None


def _number(sql: sqlite3.Connection, identity: str) -> int:
    row = sql.execute("SELECT list FROM lists WHERE identity = ?", [identity]).fetchone()
    return int(row[0]) if row else 0


def _move(
    sql: sqlite3.Connection, number: int, step: Step, tally: Tally, *, refresh: bool, done: bool
) -> None:
    """Note where list *number* goes on after *step*: a refresh has a cursor of its own.

    It takes the list's along when it comes past it; until then it only mends how many users
    there are before that.
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
        place = (None, None, None) if done else (cursor.url, cursor.position, cursor.users)
        sql.execute(
            "UPDATE lists SET refresh_cursor = ?, refresh_reached = ?, refresh_users = ?"
            " WHERE list = ?",
            [*place, number],
        )


def _keep(sql: sqlite3.Connection, number: int, kept: Kept, reached: int) -> None:
    """Keep what to ask for a reply again with, in place of replies to parts of it."""
    sql.execute(
        "DELETE FROM replies WHERE list = ? AND after >= ? AND after < ? AND reached <= ?",
        [number, kept.after, reached, reached],
    )
    digest = _digest(memberships.between(sql, number, kept.after, reached))
    sql.execute(
        "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)",
        [number, kept.url, kept.etag, kept.next_url, kept.after, reached, digest],
    )


def _date(sql: sqlite3.Connection, now: str, which: str, values: Sequence[object]) -> None:
    """Note that *which* lists changed."""
    sql.execute(f"UPDATE lists SET seeded_at = ? WHERE {which}", [now, *values])


def _digest(users: Sequence[Profile]) -> str:
    return hashlib.sha256(repr([tuple(user) for user in users]).encode()).hexdigest()

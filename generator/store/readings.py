"""One reading of a list: its users are stored, and users that it lacks are marked as gone.

Each reading has a number, its run. A reading that begins at position 0 begins a run; one that
continues keeps it. Thus a user of an older run was not in the list when it was read again.

Each reply has a number, too, and a row has that of the reply which last changed it. So a cached
reply stands while its stretch has as many users as the reply, all of its run or a newer one. And
none of them may have the number of a later reply.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from function.contract import COLUMNS, Profile

# The numbers of users: new, renamed, retyped, changed (only an address), gone, unchanged.
Tally = Counter[str]
Change = tuple[str, str | None, str | None]  # what, before, after

MAX_CHANGES = 1000  # that are remembered, of all lists together
END = 2**63 - 1  # beyond all positions
_VALUES = (*Profile._fields[1:], "position", "run", "reply", "last_seen")
_UPSERT = f"""
INSERT INTO list_users (list, {COLUMNS}, position, run, reply, first_seen, last_seen)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list, id) DO UPDATE
SET gone_at = NULL, {", ".join(f"{name} = excluded.{name}" for name in _VALUES)}
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The address where reading a list continues, after *users* users, the last at *position*."""

    url: str
    position: int = 0
    users: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """The effect of one reply on reading its list.

    Attributes:
        positions: the positions of the reply's users, by id. In a list by page, users that this
            reading has read before are left out.
        reached: the position up to which the list is read now.
        cursor: the place where a later reading continues, also at the end of the list.
        is_by_id: whether positions are ids. Then a user that the reply lacks has left the
            list. In a list by page, that user may have moved.
        is_end: whether no user of the list has a later position.
        is_last: whether this reading ends.
    """

    positions: Mapping[int, int]
    reached: int
    cursor: Cursor
    is_by_id: bool = False
    is_end: bool = False
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class CachedReply:
    """A reply to ask for with If-None-Match. Its *users* stand after the position *after*."""

    url: str
    etag: str
    next_url: str | None
    after: int
    users: tuple[Profile, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of a list, at the time of one reply.

    Attributes:
        list, run, reply: the numbers of the list, of the reading and of the reply.
        position: the position up to which this reading has come before the reply.
        is_refresh: whether the list was read before, so that differences are changes of the list.
        known: the position up to which it was read before. A new user beyond it is no change.
    """

    sql: sqlite3.Connection
    list: int
    run: int
    reply: int
    position: int
    is_refresh: bool
    known: int

    def already_read(self, users: Collection[int]) -> set[int]:
        """Return the *users* that this reading has read before the reply, or a newer reading."""
        where = f"id IN ({_marks(users)}) AND (run > ? OR run = ? AND position <= ?)"
        rows = self._select("id", where, *users, self.run, self.run, self.position)
        return {identity for (identity,) in rows} if self.position else set()

    def has_after(self, step: Step) -> bool:
        """Return whether users would be gone if the list ended with *step*."""
        where, value = ("position > ?", step.reached) if step.is_by_id else ("run < ?", self.run)
        where += f" AND id NOT IN ({_marks(step.positions)}) LIMIT 1"
        return self._select("1", where, value, *step.positions).fetchone() is not None

    def cached_reply(self, url: str | None) -> CachedReply | None:
        """Return the reply to *url* if its users are all stored as it had them.

        Without a URL, in a list by id, it is any such reply that has the next users. So one deleted
        account does not shift, and cost, all later replies.
        """
        # Each condition has its own index. With ORDER BY, SQLite would not use that of URLs.
        where = "url = ?" if url else "after <= ? ORDER BY after DESC, reply DESC LIMIT 1"
        row = self.sql.execute(
            "SELECT run, reply, users, after, reached, url, etag, next_url FROM replies"
            f" WHERE list = ? AND {where}",
            [self.list, url or self.position],
        ).fetchone()
        if row is None or (url is None and row[4] <= self.position):
            return None
        run, reply, count, after, reached, url, etag, next_url = row
        where = "position > ? AND position <= ? AND run >= ? ORDER BY position"
        rows = self._select(f"{COLUMNS}, reply", where, after, reached, run).fetchall()
        if len(rows) != count or any(changed_by > reply for *_, changed_by in rows):
            return None
        return CachedReply(url, etag, next_url, after, tuple(Profile(*row[:5]) for row in rows))

    def _cache(self, cached: CachedReply, step: Step) -> None:
        """Store *cached*, which is this reply, in place of replies to parts of it."""
        self.sql.execute(
            "DELETE FROM replies WHERE list = ? AND after >= ? AND after < ? AND reached <= ?",
            [self.list, cached.after, step.reached, step.reached],
        )
        place = (self.list, cached.url, self.reply, self.run, cached.after, step.reached)
        values = (*place, len(step.positions), cached.etag, cached.next_url)
        self.sql.execute(f"INSERT OR REPLACE INTO replies VALUES ({_marks(values)})", values)

    def add(
        self, users: Iterable[Profile], step: Step, now: str, cached: CachedReply | None = None
    ) -> Tally:
        """Store the *users* of a reply, and where the list continues; return what changed.

        The reply is *cached* if it is given. *now* is RFC 3339 in UTC.
        """
        if self.position and not (step.is_by_id or self.is_refresh):
            # The last page may be asked for again. Users that it lost come after all others.
            where = "gone_at IS NULL AND run = ? AND position > ?"
            self._update("list_users", where, self.run, self.position, run=self.run - 1)
        tally = self._store(users, step, now)
        if step.is_by_id:
            stretch = f"position > ? AND position <= ? AND id NOT IN ({_marks(step.positions)})"
            end = END if step.is_end else step.reached
            tally["gone"] += self._sweep(now, stretch, self.position, end, *step.positions)
        elif step.is_end and self.is_refresh:
            # Only a refresh has read a list by page from its start to its end.
            tally["gone"] += self._sweep(now, "run < ?", self.run)
        dates = {"seeded_at": now} if set(+tally) - {"unchanged"} else {}
        self._update("lists", "true", replies=self.reply, **dates)
        self._move(step)
        if cached:
            self._cache(cached, step)
        return tally

    def _store(self, users: Iterable[Profile], step: Step, now: str) -> Tally:
        """Store *users* at their positions, and return what changed.

        A user without a position was read before in this reading, and stays in place. Unchanged
        users at or before the reading's position are not counted: they have been already.
        """
        latest = {user.id: user for user in users}
        statement = (
            f"SELECT {COLUMNS}, position, run, reply, gone_at FROM list_users"
            f" WHERE list = ? AND id IN ({_marks(latest)})"
        )
        stored = {row[0]: row for row in self.sql.execute(statement, [self.list, *latest])}
        tally, upserts, changes = Tally(), [], []
        for user in latest.values():
            *columns, old_position, old_run, old_reply, gone_at = stored.get(user.id, (None,) * 9)
            old = Profile(*columns) if user.id in stored and gone_at is None else None
            position = step.positions.get(user.id, old_position)
            run = self.run if user.id in step.positions else old_run
            reply = old_reply if (old, old_position) == (user, position) else self.reply
            upserts.append((self.list, *user, position, run, reply, now, now))
            differences = compare(old, user)
            tally.update(what for what, _, _ in differences)
            tally["unchanged"] += not differences and step.positions.get(user.id, 0) > self.position
            if self.is_refresh and (old or position <= self.known):
                changes += [(user.id, *difference) for difference in differences]
        self.sql.executemany(_UPSERT, upserts)
        self._remember(changes, now)
        return tally

    def _sweep(self, now: str, where: str, *values: int) -> int:
        """Mark the users that *where* selects as gone, and return their number."""
        if self.is_refresh:
            columns, limit = "id, 'gone', username, NULL", f"{where} LIMIT {MAX_CHANGES}"
            self._remember(self._select(columns, limit, *values).fetchall(), now)
        return self._update("list_users", f"gone_at IS NULL AND {where}", *values, gone_at=now)

    def _move(self, step: Step) -> None:
        """Note where the list continues.

        A refresh has a cursor of its own. The list's cursor and run become those of the refresh
        when that comes past it, or to the end of the list. A file has only a position.
        """
        url, position, is_complete = step.cursor.url or None, step.cursor.position, step.is_end
        reached = step.reached if self.is_refresh and url and not is_complete else END
        columns = {"cursor": url, "position": position, "run": self.run}
        self._update("lists", "position <= ?", reached, **columns, is_complete=is_complete)
        if self.is_refresh:
            cursor = {"refresh_cursor": None if step.is_last else url, "refresh_position": position}
            self._update("lists", "true", **cursor, refresh_run=self.run, refresh_known=self.known)

    def _remember(self, changes: Collection[tuple[Any, ...]], now: str) -> None:
        """Insert *changes* of a refresh (id, what, before, after). Delete the oldest ones."""
        rows = [(now, self.list, *change) for change in changes]
        self.sql.executemany("INSERT INTO changes VALUES (NULL, ?, ?, ?, ?, ?, ?)", rows)
        oldest = f"(SELECT max(change) FROM changes) - {MAX_CHANGES}"
        self.sql.execute(f"DELETE FROM changes WHERE change <= {oldest}")

    def _select(self, columns: str, where: str, *values: object) -> sqlite3.Cursor:
        """Return *columns* of the users that the list has now."""
        statement = f"SELECT {columns} FROM list_users WHERE list = ? AND gone_at IS NULL"
        return self.sql.execute(f"{statement} AND {where}", [self.list, *values])

    def _update(self, table: str, where: str, *values: int, **columns: object) -> int:
        """Set *columns* where *where* holds in the rows of this list; return their number."""
        names = ", ".join(f"{name} = ?" for name in columns)
        statement = f"UPDATE {table} SET {names} WHERE list = ? AND {where}"
        return self.sql.execute(statement, [*columns.values(), self.list, *values]).rowcount


def find_reading(sql: sqlite3.Connection, identity: str, position: int, refresh: bool) -> Reading:
    """Return the reading of the list *identity* that has come to *position*. At 0 it is new."""
    row = sql.execute(
        "SELECT list, replies + 1, position, is_complete, run, refresh_run, refresh_known"
        " FROM lists WHERE identity = ?",
        [identity],
    ).fetchone()
    number, reply, read, is_complete, run, refresh_run, known = row or (0,) * 7
    if position == 0:
        latest = max(run, refresh_run)
        known = END if is_complete else read
        return Reading(sql, number, latest + 1, reply, 0, refresh and latest > 0, known)
    return Reading(sql, number, refresh_run if refresh else run, reply, position, refresh, known)


def compare(old: Profile | None, new: Profile) -> list[Change]:
    """Return what changed from *old* (None: not in the list) to *new*."""
    if old is None:
        return [("new", None, new.username)]
    kinds = ("renamed", "retyped", "changed", "changed")
    pairs: zip[Change] = zip(kinds, old[1:], new[1:], strict=True)
    changes = [change for change in pairs if change[1] != change[2]]
    return [change for change in changes if change[0] != "changed"] or changes[-1:]


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)

"""Reading a list on this machine, such as a file, into the store.

The records first go into a temporary database, which has each user once and finds records that
contradict each other. So the memory does not grow with the list.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice

from function.contract import COLUMNS, Profile
from generator.errors import EmptyList, SourceError
from generator.github import Cursor, Step
from generator.seed.crawl import Outcome, timestamp
from generator.seed.sources import Source
from generator.store import Reading, Store, Tally

BATCH = 1000  # records or users
MAX_EXAMPLES = 3  # contradictions that are described

# position: of the user's first record. record, place: of the last one, whose values count.
_TABLE = """
CREATE TABLE users (
    position INTEGER PRIMARY KEY, id INTEGER UNIQUE, username, type, avatar_url, html_url,
    record INTEGER, place
)
"""
_LATER = "later.username = users.username AND later.record > users.record"


class UniqueUsers:
    """The first *total* users of *records*, in their order.

    Of several records with one id, the last one counts. Of several ids with one login, the last
    one is listed.

    Args:
        sql: a connection to a new database.
        records: the users, each with its place for people: "users.csv, line 2".
        total: how many users to read at most.

    Attributes:
        is_complete: whether there are no other users.
        contradictions: descriptions of records that contradict each other, `MAX_EXAMPLES` at most.
        omitted: the number of further contradictions.
    """

    def __init__(
        self, sql: sqlite3.Connection, records: Iterable[tuple[str, Profile]], total: int
    ) -> None:
        self._sql = sql
        self.contradictions: list[str] = []
        self.omitted = 0
        sql.execute(_TABLE)
        numbered, self._users, self.is_complete = enumerate(records, 1), 0, False
        while self._users < total and not self.is_complete:
            batch = [
                (number, *profile, number, place)
                for number, (place, profile) in islice(numbered, min(BATCH, total - self._users))
            ]
            self._users += self._insert(batch)
            self.is_complete = not batch
            if self.is_complete or self._users == total:
                self._users -= self._drop_repeated_logins()
        self.is_complete = self.is_complete or next(numbered, None) is None

    def __len__(self) -> int:
        """Return the number of users."""
        return self._users

    def __iter__(self) -> Iterator[Profile]:
        """Yield the users."""
        rows = self._sql.execute(f"SELECT {COLUMNS} FROM users ORDER BY position")
        return map(Profile._make, rows)

    def _insert(self, batch: list[tuple[int, int, str, str, str, str, int, str]]) -> int:
        """Insert the records of *batch*, and return the number of new users."""
        new = self._sql.executemany(
            "INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)", batch
        ).rowcount
        if new < len(batch):
            for _, identity, *values, number, place in batch:
                self._update(identity, values, number, place)
        return new

    def _update(self, identity: int, values: list[str], number: int, place: str) -> None:
        """Let the values of a record count, unless the user has them already."""
        *stored, record, earlier = self._sql.execute(
            "SELECT username, type, avatar_url, html_url, record, place FROM users WHERE id = ?",
            [identity],
        ).fetchone()
        if record >= number or stored == values:
            return
        self._contradict(f"{earlier} and {place}: different values for id {identity}")
        self._sql.execute(
            "UPDATE users SET username = ?, type = ?, avatar_url = ?, html_url = ?, record = ?,"
            " place = ? WHERE id = ?",
            [*values, number, place, identity],
        )

    def _drop_repeated_logins(self) -> int:
        """Delete users whose login a later record gives to another id; return their number."""
        repeated = "SELECT 1 FROM users GROUP BY username HAVING count(*) > 1 LIMIT 1"
        if not self._sql.execute(repeated).fetchone():
            return 0
        self._sql.execute("CREATE INDEX IF NOT EXISTS logins ON users (username, record)")
        for login, identity, place, last, last_place in self._sql.execute(
            "SELECT users.username, users.id, users.place, later.id, later.place FROM users"
            f" JOIN users AS later ON {_LATER}"
        ):
            self._contradict(
                f"{place} and {last_place}: login {login} for id {identity} and id {last}"
            )
        return self._sql.execute(
            f"DELETE FROM users WHERE EXISTS (SELECT 1 FROM users AS later WHERE {_LATER})"
        ).rowcount

    def _contradict(self, description: str) -> None:
        if len(self.contradictions) < MAX_EXAMPLES:
            self.contradictions.append(description)
        else:
            self.omitted += 1


def copy(
    source: Source,
    store: Store,
    total: int,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
    warn: Callable[[str], None],
) -> Outcome:
    """Store the first *total* users of a *source* on this machine: all, or none after an error.

    Args:
        source: the list, one of those chosen in the store.
        store: the store.
        total: the number of users to list, at least 1.
        clock: returns the time, aware.
        advance: is called now and then with the number of users stored.
        warn: shows which records contradict each other.

    Raises:
        SourceError: the source cannot be read, or has no users.
        StoreError: the store cannot be written.
    """
    records = source.records() if source.records else iter(())
    # SQLite removes the file of a database without a name. https://sqlite.org/inmemorydb.html
    with closing(sqlite3.connect("")) as sql:
        try:
            users = UniqueUsers(sql, records, total)
        except sqlite3.Error as exc:
            raise SourceError(f"cannot write temporary files for {source.name}: {exc}") from exc
        if not users:
            raise EmptyList(source.name)
        if users.contradictions:
            more = f"\nand {users.omitted:,} more" if users.omitted else ""
            found = "\n".join(users.contradictions)
            warn(f"Records contradict each other; the last one counts:\n{found}{more}")
        with store.change(source.identity, 0, refresh=True) as reading:
            return Outcome(_store_all(users, reading, timestamp(clock()), advance))


def _store_all(
    users: UniqueUsers, reading: Reading, now: str, advance: Callable[[int], None]
) -> Tally:
    """Store *users* in batches, and return what changed."""
    tally, position, rest = Tally(), 0, iter(users)
    is_end = False
    while not is_end:
        batch = list(islice(rest, BATCH))
        positions = {user.id: position + number for number, user in enumerate(batch, 1)}
        after, position, is_end = position, position + len(batch), not batch
        step = Step(
            positions,
            after=after,
            reached=position,
            is_by_id=False,
            next_url=None,
            is_end=is_end and users.is_complete,
            cursor=Cursor("", position),
        )
        tally.update(reading.add(batch, step, now))
        advance(position)
    return tally

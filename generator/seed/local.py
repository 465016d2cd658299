"""Reading a list on this machine, such as a file, into the store.

The records first go into a temporary database, which has each user once and finds records that
contradict each other. So the memory does not grow with the list.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import chain, islice

from function.contract import COLUMNS, Profile
from generator.errors import EmptyList, SourceError
from generator.seed.crawl import Outcome, timestamp
from generator.seed.sources import Source
from generator.store import Cursor, Step, Store, Tally

BATCH = 1000  # records or users
MAX_EXAMPLES = 3  # contradictions that are described

_TABLES = """
-- position: of the user's first record. record, place: of the last one, whose values count.
-- GitHub compares logins without case.
CREATE TABLE users (
    position INTEGER PRIMARY KEY, id INTEGER UNIQUE, username COLLATE NOCASE, type, avatar_url,
    html_url, record INTEGER, place
);
CREATE TABLE contradictions (description);
CREATE TRIGGER different_values AFTER UPDATE ON users BEGIN
    INSERT INTO contradictions VALUES
    (old.place || ' and ' || new.place || ': different values for id ' || new.id);
END;
-- Users whose login a later record gives to another id.
CREATE VIEW replaced_users AS SELECT * FROM (
    SELECT *, lead(id) OVER logins AS later_id, lead(place) OVER logins AS later_place FROM users
    WHERE username IN (SELECT username FROM users GROUP BY username HAVING count(*) > 1)
    WINDOW logins AS (PARTITION BY username ORDER BY record)
) WHERE later_id IS NOT NULL ORDER BY position;
"""
_INSERT = f"""
INSERT INTO users ({COLUMNS}, record, place) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET username = excluded.username, type = excluded.type,
    avatar_url = excluded.avatar_url, html_url = excluded.html_url,
    record = excluded.record, place = excluded.place
WHERE (username COLLATE BINARY, type, avatar_url, html_url)
    <> (excluded.username, excluded.type, excluded.avatar_url, excluded.html_url)
"""
_NOTE_REPLACED = """
INSERT INTO contradictions SELECT place || ' and ' || later_place || ': login ' || username
    || ' for id ' || id || ' and id ' || later_id FROM replaced_users
"""
_DELETE_REPLACED = "DELETE FROM users WHERE id IN (SELECT id FROM replaced_users)"


def copy(
    source: Source,
    store: Store,
    total: int,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
    warn: Callable[[str], None],
) -> Outcome:
    """Store the first *total* users of a *source* on this machine: all, or none after an error.

    The arguments are those of `crawl`. *warn* also shows which records contradict each other.

    Raises:
        SourceError: the source cannot be read, or has no users.
        StoreError: the store cannot be written.
    """
    # SQLite removes the file of a database without a name. https://sqlite.org/inmemorydb.html
    with closing(sqlite3.connect("")) as sql:
        try:
            users = load(sql, source.records() if source.records else (), total)
        except sqlite3.Error as exc:
            raise SourceError(f"cannot write temporary files for {source.name}: {exc}") from exc
        if not users:
            raise EmptyList(source.name)
        if examples := contradictions(sql):
            warn(f"Records contradict each other; the last one counts:\n{examples}")
        tally, now = Tally(), timestamp(clock())
        with store.change(source.identity, 0, refresh=True) as reading:
            for batch, step in _batches(sql, users, total):
                tally.update(reading.add(batch, step, now))
                advance(step.reached)
    return Outcome(tally)


def load(sql: sqlite3.Connection, records: Iterable[tuple[str, Profile]], total: int) -> int:
    """Load *records* into the new database *sql*, until it has more than *total* users.

    Of several records with one id, the last one counts. Of several ids with one login, the last
    one is listed.

    Args:
        sql: the connection.
        records: the users, each after its place for people: "users.csv, line 2".
        total: the number of users to list.

    Returns:
        The number of users in the database. It is at most *total* if no record is left.
    """
    sql.executescript(_TABLES)
    users, rows = 0, ((*user, number, place) for number, (place, user) in enumerate(records))
    for first in rows:
        sql.executemany(_INSERT, chain([first], islice(rows, max(BATCH, total - users))))
        if sql.execute(_NOTE_REPLACED).rowcount:
            sql.execute(_DELETE_REPLACED)
        (users,) = sql.execute("SELECT count(*) FROM users").fetchone()
        if users > total:
            break
    return users


def contradictions(sql: sqlite3.Connection) -> str:
    """Return lines that describe which records contradict each other, "" if none do."""
    rows = sql.execute("SELECT description FROM contradictions")
    lines = [description for (description,) in rows.fetchmany(MAX_EXAMPLES)]
    if omitted := sum(1 for _ in rows):
        lines.append(f"and {omitted:,} more")
    return "\n".join(lines)


def _batches(
    sql: sqlite3.Connection, users: int, total: int
) -> Iterator[tuple[list[Profile], Step]]:
    """Yield the first *total* of the *users* in *sql* in batches, each with its place."""
    rows = sql.execute(f"SELECT {COLUMNS} FROM users ORDER BY position LIMIT ?", [total])
    position = 0
    while batch := [Profile(*row) for row in rows.fetchmany(BATCH)]:
        after, position = position, position + len(batch)
        step = Step(
            positions={user.id: after + number for number, user in enumerate(batch, 1)},
            reached=position,
            cursor=Cursor("", position),
            is_end=position == users,
        )
        yield batch, step

"""The store's file: its schema, its lock, and its exchange with the files of other worlds.

A world is a server, a file or the sample: within it, ids are unique. One file holds the users of
one world. When users of another world are stored, that file is renamed, and the other world's file
takes its place. So users of different worlds never mix, and no earlier crawl is lost.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from generator.errors import StoreError
from generator.lock import AlreadyLocked, Lock

BUSY = 60.0  # seconds

migrations = Migrations("github_users")


@migrations()
def users_and_progress(db: Database) -> None:
    """The first schema of a store."""
    db.table("github_users").create(
        {"id": int, "username": str, "type": str, "avatar_url": str, "html_url": str},
        pk="id",
        not_null={"username", "type", "avatar_url", "html_url"},
    )
    # One row. identity: the list; cursor: the next URL.
    db.table("progress").create(
        {
            "identity": str,
            "source": str,
            "title": str,
            "cursor": str,
            "total": int,
            "seeded_at": str,
        },
        pk="identity",
    )
    # The order of a list that is read from its start each time.
    db.table("positions").create({"position": int, "id": int}, pk="position")
    db.table("positions").create_index(["id"], unique=True)


@migrations()
def several_lists(db: Database) -> None:
    """Several lists in a store; when each user was first seen, last seen, and gone."""
    for column in ("first_seen", "last_seen"):
        # RFC 3339, UTC. An older store has only one date.
        db.table("github_users").add_column(column, str, not_null_default="")
        db.execute(f"UPDATE github_users SET {column} = (SELECT seeded_at FROM progress)")
    # When the user was first in no list; NULL while it is in one.
    db.table("github_users").add_column("gone_at", str)
    # One row: the world of this file.
    db.execute("CREATE TABLE world (identity TEXT PRIMARY KEY)")
    db.execute("INSERT INTO world SELECT identity FROM progress")
    db.execute("""
        CREATE TABLE lists (
            list INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL,
            title TEXT NOT NULL,
            rank INTEGER,                         -- of the chosen lists; NULL: not chosen
            total INTEGER NOT NULL DEFAULT 0,     -- the directory lists the first so many
            cursor TEXT,                          -- the next URL; NULL for a file
            reached INTEGER NOT NULL DEFAULT 0,   -- the position before the cursor
            users INTEGER NOT NULL DEFAULT 0,     -- the number of users before the cursor
            refresh_cursor TEXT,                  -- the same of a refresh;
            refresh_reached INTEGER,              -- NULL: no refresh was interrupted
            refresh_users INTEGER,
            seeded_at TEXT                        -- the time of the last change
        )""")
    db.execute("""
        CREATE TABLE members (
            id INTEGER NOT NULL,
            list INTEGER NOT NULL,
            position INTEGER,                     -- NULL: no longer in the list
            PRIMARY KEY (id, list)
        ) WITHOUT ROWID""")
    # The users between two positions of a list; a list's first N.
    db.execute("CREATE INDEX members_by_position ON members (list, position)")
    # Cached replies, for requests with If-None-Match. See `Store.cached_reply`.
    db.execute("""
        CREATE TABLE replies (
            list INTEGER NOT NULL,
            url TEXT NOT NULL,
            etag TEXT NOT NULL,
            link TEXT NOT NULL,
            after INTEGER NOT NULL,
            reached INTEGER NOT NULL,
            digest TEXT NOT NULL,
            PRIMARY KEY (list, url)
        ) WITHOUT ROWID""")
    db.execute("CREATE INDEX replies_by_place ON replies (list, after)")
    by_id = "cursor IS NOT NULL"  # the only list, if it is on GitHub
    db.execute(f"""
        INSERT INTO lists
        SELECT 1, identity, source, title, 1, total, cursor,
            CASE WHEN {by_id} THEN (SELECT coalesce(max(id), 0) FROM github_users) ELSE 0 END,
            CASE WHEN {by_id} THEN (SELECT count(*) FROM github_users) ELSE 0 END,
            NULL, NULL, NULL, seeded_at
        FROM progress""")
    db.execute("""
        INSERT INTO members (id, list, position)
        SELECT id, 1, coalesce((SELECT position FROM positions p WHERE p.id = u.id), id)
        FROM github_users u""")
    db.execute("DROP TABLE positions")
    db.execute("DROP TABLE progress")


@migrations()
def next_urls(db: Database) -> None:
    """Cached replies with the next page's address (NULL: none) instead of a Link header.

    Replies that were cached with a header are dropped: the next refresh requests them again.
    """
    db.execute("DROP TABLE replies")
    db.execute("""
        CREATE TABLE replies (
            list INTEGER NOT NULL,
            url TEXT NOT NULL,
            etag TEXT NOT NULL,
            next_url TEXT,
            after INTEGER NOT NULL,
            reached INTEGER NOT NULL,
            digest TEXT NOT NULL,
            PRIMARY KEY (list, url)
        ) WITHOUT ROWID""")
    db.execute("CREATE INDEX replies_by_place ON replies (list, after)")


class StoreFile:
    """The file at *path*, for the world *identity* or, without one, for the world of the file.

    Opening a file changes only the schema of an older one.

    Attributes:
        path: the file.
        identity: the world; "" if there is no file and no world was named.
        displaced: the new path of another world's file that was at *path*; None if there was none.
    """

    def __init__(self, path: Path, identity: str = "") -> None:
        self.path = path
        self.identity = identity
        self.displaced: Path | None = None
        self._place = path  # of this world's file, until it is moved to path
        self._db: Database | None = None
        self._lock = Lock(path.with_name(f"{path.name}.lock"))
        self._find()

    @property
    def sql(self) -> sqlite3.Connection | None:
        """The connection; None while there is no file."""
        return self._db.conn if self._db else None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection within a transaction.

        The first transaction creates the file if there is none, and moves it to `path`.
        """
        with self.errors():
            self._lock_file()
            if is_new := self._db is None:
                self._db = _connect(self._place)
            db = self._db
            try:
                if is_new:
                    migrations.apply(db)
                with db.atomic():
                    db.conn.execute("INSERT OR IGNORE INTO world VALUES (?)", [self.identity])
                    yield db.conn
            except BaseException:
                if is_new and _is_empty(db, self._place):  # nothing is stored in it
                    db.close()
                    self._db = None
                    self._place.unlink()
                raise
            if self._place != self.path:
                self._move_to_path()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translate errors of SQLite and the file system into a `StoreError`."""
        with _errors(self.path):
            yield

    def close(self) -> None:
        """Close the file, and unlock it for other processes."""
        if self._db is not None:
            self._db.close()
            self._db = None
        self._lock.release()

    def _find(self) -> None:
        """Open this world's file if there is one, and set `_place` to its path."""
        self._place, identity = self.path, self.identity
        for place in (self.path, self._other_path(identity)) if identity else (self.path,):
            db = _open(place)
            stored = _world(db, place) if db else None
            if stored and identity in ("", stored):
                self._db, self.identity, self._place = db, stored, place
                return
            if stored and place == self.path:
                self._place = self._other_path(identity)
            if db:
                db.close()

    def _other_path(self, identity: str) -> Path:
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return self.path.with_name(f"{self.path.stem}.{digest}{self.path.suffix}")

    def _lock_file(self) -> None:
        """Lock the store from the first change on until it is closed.

        No other process may use a file that is renamed meanwhile.
        """
        if self._lock.is_held:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except AlreadyLocked as exc:
            raise StoreError(
                f"another process is seeding {self.path}; wait until it ends, or use --store for"
                " another file"
            ) from exc
        if self._db is not None:
            self._db.close()
            self._db = None
        self._find()  # another process may have renamed it since it was opened

    def _move_to_path(self) -> None:
        """Move this world's file to `path`, and the file of another world out of the way."""
        if self._db is not None:
            self._db.close()
        if (other := _open(self.path)) is not None:
            stored = _world(other, self.path)
            other.close()
            if stored:
                self.displaced = self.path.rename(self._other_path(stored))
        self._place = self._place.rename(self.path)
        self._db = _connect(self.path)


def _connect(path: Path) -> Database:
    # A bake reads for a while. A seeding waits for it.
    return Database(sqlite3.connect(path, timeout=BUSY))


def _open(path: Path) -> Database | None:
    """Open the file at *path* and apply migrations. Return None if there is no file."""
    if not path.exists():
        return None
    with _errors(path):
        db = _connect(path)
        try:
            names = set(db.table_names())
            if names and Migrations.migrations_table not in names:
                raise StoreError(
                    f"{path} is a database, but not a store of users;"
                    " use --store for another file (it is created)"
                )
            migrations.apply(db)
        except BaseException:
            db.close()
            raise
    return db


def _world(db: Database, path: Path) -> str | None:
    """Return the world of a file; None if nothing was ever stored in it."""
    with _errors(path):
        row = db.execute("SELECT identity FROM world").fetchone()
    return str(row[0]) if row else None


def _is_empty(db: Database, path: Path) -> bool:
    try:
        return _world(db, path) is None
    except StoreError:  # it has no tables
        return True


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        advice = "use --store for another file"
        if "locked" in str(exc):
            advice = "another process uses it; try again when that has ended"
        elif "full" in str(exc) or "disk I/O" in str(exc):
            advice = "check whether the disk is full. Users stored before are not lost"
        raise StoreError(f"the store {path} cannot be used: {exc}; {advice}") from exc
    except OSError as exc:
        raise StoreError(f"the store {path} cannot be used: {exc.strerror or exc}") from exc

"""The store's file: its shape, who may write it, and which of several files lies where.

One file holds one world: the users of one server, whose ids tell them apart. Another world's
file (the sample's, a file's, another server's) is kept beside it under a name of its own, and
the two change places when something of that world is stored: users of different worlds never
mix, and no crawl of hours is lost to a look at a file.
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
    """The first shape of a store."""
    db.table("github_users").create(
        {"id": int, "username": str, "type": str, "avatar_url": str, "html_url": str},
        pk="id",
        not_null={"username", "type", "avatar_url", "html_url"},
    )
    # One row. identity: the list this store is of; cursor: the URL that comes next.
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
    # For a list that is read from its start each time: in which order it has the users.
    db.table("positions").create({"position": int, "id": int}, pk="position")
    db.table("positions").create_index(["id"], unique=True)


@migrations()
def several_lists(db: Database) -> None:
    """Several lists in one store; when each user was first and last seen; who is gone."""
    for column in ("first_seen", "last_seen"):
        # RFC 3339, UTC. Of a store that did not note it, the date it had.
        db.table("github_users").add_column(column, str, not_null_default="")
        db.execute(f"UPDATE github_users SET {column} = (SELECT seeded_at FROM progress)")
    # When it was found to be in no list any more; NULL for one that is in some.
    db.table("github_users").add_column("gone_at", str)
    # One row: the world that the users of this store are of.
    db.execute("CREATE TABLE world (identity TEXT PRIMARY KEY)")
    db.execute("INSERT INTO world SELECT identity FROM progress")
    db.execute("""
        CREATE TABLE lists (
            list INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL,
            title TEXT NOT NULL,
            rank INTEGER,                         -- among the directory's lists; NULL: not one
            total INTEGER NOT NULL DEFAULT 0,     -- of it the directory has the first so many
            cursor TEXT,                          -- the URL that comes next; a file has none
            reached INTEGER NOT NULL DEFAULT 0,   -- the position of the last one before the cursor
            users INTEGER NOT NULL DEFAULT 0,     -- how many there are before the cursor
            refresh_cursor TEXT,                  -- the same of a reading that is done again;
            refresh_reached INTEGER,              -- NULL: there is none under way
            refresh_users INTEGER,
            seeded_at TEXT                        -- when a user last came, changed or went
        )""")
    db.execute("""
        CREATE TABLE members (
            id INTEGER NOT NULL,
            list INTEGER NOT NULL,
            position INTEGER,                     -- NULL: no longer there
            PRIMARY KEY (id, list)
        ) WITHOUT ROWID""")
    # Whoever stands in a stretch of a list; a list's first N.
    db.execute("CREATE INDEX members_by_position ON members (list, position)")
    # What a reply said, to be asked for again with If-None-Match. See `Store.kept`.
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
    by_id = "cursor IS NOT NULL"  # the one list on GitHub that there was
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
    """Of a stored reply, the next page's address (NULL: none) instead of its Link header.

    Replies that are stored with a header are dropped: the next refresh asks for all of them.
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
    """The file at *path* for the world *identity*, or for whatever world is there.

    Opening one changes nothing but, for an old one, its shape.

    Attributes:
        path: the file.
        identity: the world; "" if there is none yet and none was named.
        displaced: where another world's file, found at *path*, was put; None if there was none.
    """

    def __init__(self, path: Path, identity: str = "") -> None:
        self.path = path
        self.identity = identity
        self.displaced: Path | None = None
        self._place = path  # where this world's file lies, until it comes forward to path
        self._db: Database | None = None
        self._lock = Lock(path.with_name(f"{path.name}.lock"))
        self._find()

    @property
    def sql(self) -> sqlite3.Connection | None:
        """The connection; None while there is no file."""
        return self._db.conn if self._db else None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection within a transaction: all that is done there comes true, or nothing.

        The first one makes the file if there is none, and brings it forward to `path`.
        """
        with self.errors():
            self._lock_out_others()
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
                if is_new and _is_void(db, self._place):  # nothing came of it
                    db.close()
                    self._db = None
                    self._place.unlink()
                raise
            if self._place != self.path:
                self._come_forward()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what goes wrong with the file into a `StoreError` that names it."""
        with _errors(self.path):
            yield

    def close(self) -> None:
        """Close the file, and let others write."""
        if self._db is not None:
            self._db.close()
            self._db = None
        self._lock.release()

    def _find(self) -> None:
        """Open this world's store, if there is one, and note where it lies or is to lie."""
        self._place, identity = self.path, self.identity
        for place in (self.path, self._aside(identity)) if identity else (self.path,):
            db = _open(place)
            found = _world(db, place) if db else None
            if found and identity in ("", found):
                self._db, self.identity, self._place = db, found, place
                return
            if found and place == self.path:
                self._place = self._aside(identity)
            if db:
                db.close()

    def _aside(self, identity: str) -> Path:
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return self.path.with_name(f"{self.path.stem}.{digest}{self.path.suffix}")

    def _lock_out_others(self) -> None:
        """Be the only one who writes, from the first write on until the store is closed.

        Stores change places; another process must not hold one by its old name meanwhile.
        """
        if self._lock.is_held:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except AlreadyLocked as exc:
            raise StoreError(
                f"another process is seeding {self.path}; wait for it to end, or name another"
                " --store"
            ) from exc
        if self._db is not None:
            self._db.close()
            self._db = None
        self._find()  # it may have moved since it was opened

    def _come_forward(self) -> None:
        """Change places with the other world's store at `path`, now that there is one of ours."""
        if self._db is not None:
            self._db.close()
        if (other := _open(self.path)) is not None:
            found = _world(other, self.path)
            other.close()
            if found:
                self.displaced = self.path.rename(self._aside(found))
        self._place = self._place.rename(self.path)
        self._db = _connect(self.path)


def _connect(path: Path) -> Database:
    # Whoever bakes reads for a while: a seeding waits for that.
    return Database(sqlite3.connect(path, timeout=BUSY))


def _open(path: Path) -> Database | None:
    """Return the store at *path*, brought to today's shape; None if there is no file."""
    if not path.exists():
        return None
    with _errors(path):
        db = _connect(path)
        try:
            names = set(db.table_names())
            if names and Migrations.migrations_table not in names:
                raise StoreError(
                    f"{path} is a database, but not a store of users;"
                    " --store names another file (it will be made)"
                )
            migrations.apply(db)
        except BaseException:
            db.close()
            raise
    return db


def _world(db: Database, path: Path) -> str | None:
    """Return whose users a store has; None for one that nothing was ever stored in."""
    with _errors(path):
        row = db.execute("SELECT identity FROM world").fetchone()
    return str(row[0]) if row else None


def _is_void(db: Database, path: Path) -> bool:
    try:
        return _world(db, path) is None
    except StoreError:  # it did not even come to its tables
        return True


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        advice = "--store names another file"
        if "locked" in str(exc):
            advice = "another process is using it; try again when it has ended"
        elif "full" in str(exc) or "disk I/O" in str(exc):
            advice = "is the disk full? What was stored before is kept"
        raise StoreError(f"the store {path} cannot be used: {exc}; {advice}") from exc
    except OSError as exc:
        raise StoreError(f"the store {path} cannot be used: {exc.strerror or exc}") from exc

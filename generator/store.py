"""The growing database of what was gathered: users, and where the gathering stands.

One store holds one list (a source, at one API). Another list's store is kept beside it under a
name of its own, and the two change places when the other list is seeded with success: neither
real users and the sample, nor two servers' users, ever mix, and no crawl of hours is lost to a
look at a file.

Every change is one transaction: interrupt it anywhere, and the store is as it was before it.
"""

import fcntl
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from function.contract import COLUMNS, Profile
from generator.errors import StoreError

BATCH = 500  # rows; SQLite binds at most 999 values to a statement on old builds

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


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the gathering of a list stands.

    Attributes:
        identity: what list it is, and of which server.
        source: the list's name for the public, "users" or "sample".
        title: the list's name for people.
        cursor: the URL that comes next; None before the first reply.
        total: how many users were asked for last.
        seeded_at: when a user last came, changed or went, RFC 3339 in UTC; None before.
    """

    identity: str
    source: str
    title: str
    cursor: str | None = None
    total: int = 0
    seeded_at: str | None = None


class Store:
    """The store at *path* of the list that *progress* names, or of whatever list is there.

    Opening one changes nothing but, for an old one, its shape.

    Attributes:
        path: the file.
        progress: where the gathering stands.
        displaced: where another list's store, found at *path*, was put; None if there was none.
    """

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self.path = path
        self.progress = progress or Progress("", "", "")
        self.displaced: Path | None = None
        self._place = path  # where this list's store lies, until it comes forward to path
        self._db: Database | None = None
        self._lock: BinaryIO | None = None
        self._find()

    def _find(self) -> None:
        """Open this list's store, if there is one, and note where it lies or is to lie."""
        self._place, identity = self.path, self.progress.identity
        for place in (self.path, self._aside(identity)) if identity else (self.path,):
            db = _open(place)
            found = _progress(db, place) if db else None
            if found and identity in ("", found.identity):
                self._db, self.progress, self._place = db, found, place
                return
            if found and place == self.path:
                self._place = self._aside(identity)
            if db:
                db.close()

    @property
    def count(self) -> int:
        """How many users are stored."""
        if self._db is None:
            return 0
        with _errors(self.path):
            return int(self._db.table("github_users").count)

    def profiles(self, limit: int) -> Iterator[Profile]:
        """Yield the list's first *limit* users, in the order of their ids.

        The first are those with the lowest ids, or those that a file has first.
        """
        if self._db is None:
            return
        with _errors(self.path):
            if self._db.table("positions").count:
                first = (
                    f"WHERE id IN (SELECT id FROM positions ORDER BY position LIMIT {limit:d})"
                    " ORDER BY id"
                )
            else:
                first = f"ORDER BY id LIMIT {limit:d}"
            for row in self._db.execute(f"SELECT {COLUMNS} FROM github_users {first}"):
                yield Profile(*row)

    def want(self, total: int) -> None:
        """Note that the directory is to list the first *total* users."""
        with self._transaction() as db:
            self._note(db, total=total)

    def add(self, profiles: Sequence[Profile], cursor: str, total: int, now: str) -> int:
        """Store one reply's users and the URL that comes after it, and commit.

        Returns how many of them were not stored before.
        """
        with self._transaction() as db:
            new, replaced = _upsert(db, profiles)
            moved = {"seeded_at": now} if new or replaced else {}
            self._note(db, cursor=cursor, total=total, **moved)
        return new

    def mirror(
        self,
        profiles: Iterable[Profile],
        total: int,
        now: str,
        advance: Callable[[int], None] = lambda read: None,
    ) -> None:
        """Store the first *total* of *profiles*, all or, if one of them fails, none.

        Stored users that stand where others stand now, or behind the end of the list, go; those
        behind *total* are kept. *advance* is told now and then how many were read.
        """
        with self._transaction() as db:
            # What changes, as it was: a list may have a user twice, and change it back.
            db.execute(
                "CREATE TEMP TABLE IF NOT EXISTS before AS SELECT * FROM github_users LIMIT 0"
            )
            db.execute("CREATE UNIQUE INDEX IF NOT EXISTS temp.before_id ON before (id)")
            db.execute("DELETE FROM before")
            new = read = 0
            rest = iter(profiles)
            while read < total and (batch := list(islice(rest, min(BATCH, total - read)))):
                added, replaced = _upsert(db, batch)
                db.conn.executemany("INSERT OR IGNORE INTO before VALUES (?, ?, ?, ?, ?)", replaced)
                new += added
                read = _place_in_order(db, batch, read)
                advance(read)
            if read < total:
                db.execute("DELETE FROM positions WHERE position > ?", [read])
            gone = db.execute(
                "DELETE FROM github_users WHERE id NOT IN (SELECT id FROM positions)"
            ).rowcount
            changed = db.execute(
                "SELECT * FROM before EXCEPT SELECT * FROM github_users"
            ).fetchone()
            moved = {"seeded_at": now} if new or gone or changed else {}
            self._note(db, total=total, **moved)

    def close(self) -> None:
        """Close the file, and let others write."""
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _aside(self, identity: str) -> Path:
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return self.path.with_name(f"{self.path.stem}.{digest}{self.path.suffix}")

    @contextmanager
    def _transaction(self) -> Iterator[Database]:
        with _errors(self.path):
            self._lock_out_others()
            if is_new := self._db is None:
                self._db = Database(self._place)
                migrations.apply(self._db)
            db = self._db
            try:
                with db.atomic():
                    yield db
            except BaseException:
                if is_new and _progress(db, self._place) is None:  # nothing came of it
                    db.close()
                    self._db = None
                    self._place.unlink()
                raise
            if self._place != self.path and self.count:
                self._come_forward()

    def _lock_out_others(self) -> None:
        """Be the only one who writes, from the first write on until the store is closed.

        Stores change places; another process must not hold one by its old name meanwhile.
        """
        if self._lock is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = self.path.with_name(f"{self.path.name}.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            lock.close()
            raise StoreError(
                f"another process is seeding {self.path}; wait for it to end, or name another"
                " --store"
            ) from exc
        self._lock = lock
        if self._db is not None:
            self._db.close()
            self._db = None
        self._find()  # it may have moved since it was opened

    def _come_forward(self) -> None:
        """Change places with the other list's store at `path`, now that there is one of ours."""
        if self._db is not None:
            self._db.close()
        if (other := _open(self.path)) is not None:
            found = _progress(other, self.path)
            other.close()
            if found:
                self.displaced = self.path.rename(self._aside(found.identity))
        self._place = self._place.rename(self.path)
        self._db = Database(self.path)

    def _note(self, db: Database, **changes: object) -> None:
        row = {**asdict(self.progress), **changes}
        db.table("progress").upsert(row, pk="identity")
        self.progress = Progress(**row)


def _place_in_order(db: Database, profiles: Sequence[Profile], read: int) -> int:
    """Give *profiles* the positions after *read*, and return the last position given.

    One that has its position from this reading (it comes twice) keeps it.
    """
    marks = ", ".join("?" * len(profiles))
    placed: dict[int, int] = dict(
        db.execute(
            f"SELECT id, position FROM positions WHERE id IN ({marks})",
            [profile.id for profile in profiles],
        )
    )
    again = {identity for identity, position in placed.items() if position <= read}
    rows = []
    for profile in profiles:
        if profile.id not in again:
            again.add(profile.id)
            read += 1
            rows.append((read, profile.id))
    db.conn.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", rows)
    return read


def _upsert(db: Database, profiles: Sequence[Profile]) -> tuple[int, list[tuple[object, ...]]]:
    """Store those of *profiles* that are new or changed.

    Returns how many are new, and the rows that changed, as they were.
    """
    latest = {profile.id: profile for profile in profiles}
    marks = ", ".join("?" * len(latest))
    stored = {
        row[0]: row
        for row in db.execute(
            f"SELECT {COLUMNS} FROM github_users WHERE id IN ({marks})",
            list(latest),
        )
    }
    differing = [p for p in latest.values() if stored.get(p.id) != astuple(p)]
    if differing:
        db.table("github_users").upsert_all([asdict(p) for p in differing], pk="id")
    return len(latest) - len(stored), [stored[p.id] for p in differing if p.id in stored]


def _open(path: Path) -> Database | None:
    """Return the store at *path*, brought to today's shape; None if there is no file."""
    if not path.exists():
        return None
    with _errors(path):
        db = Database(path)
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


def _progress(db: Database, path: Path) -> Progress | None:
    """Return where the gathering stands; None in a store that nothing was ever stored in."""
    with _errors(path):
        row = next(iter(db.table("progress").rows), None)
    return Progress(**row) if row else None


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise StoreError(
            f"the store {path} cannot be used: {exc}; --store names another file"
        ) from exc
    except OSError as exc:
        raise StoreError(f"the store {path} cannot be used: {exc.strerror or exc}") from exc

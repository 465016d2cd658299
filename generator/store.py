"""The growing database of what was gathered: users, and where the gathering stands.

One store holds one list (a source, at one API). Seeding another list sets the store aside under
a name of its own and takes it up again when its list is seeded again: neither real users and the
sample, nor two servers' users, ever mix, and no crawl of hours is lost to a look at a file.

Every change is one transaction: interrupt it anywhere, and the store is as it was before it.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from itertools import islice
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from function.contract import Profile
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
    """The store at *path*, of the list that *progress* names.

    Nothing on disk changes before the first write.

    Attributes:
        path: the file.
        progress: where the gathering stands.
        displaced: where another list's store, found at *path*, was put; None if there was none.
    """

    def __init__(self, path: Path, progress: Progress) -> None:
        self.path = path
        self.progress = progress
        self.displaced: Path | None = None
        self._db: Database | None = None
        for place in (path, self._aside(progress.identity)):
            db = _open(place)
            if db is not None and (found := _progress(db, place)).identity == progress.identity:
                self._db, self.progress = db, found
                self._place = place
                break
            if db is not None:
                db.close()

    @classmethod
    def existing(cls, path: Path) -> "Store | None":
        """Return the store at *path*, of whatever list; None if there is none with users in it."""
        db = _open(path)
        if db is None:
            return None
        progress = _progress(db, path)
        db.close()
        store = cls(path, progress)
        return store if store.count else None

    @property
    def count(self) -> int:
        """How many users are stored."""
        if self._db is None:
            return 0
        with _errors(self.path):
            return int(self._db.table("github_users").count)

    def profiles(self, limit: int) -> Iterator[Profile]:
        """Yield the *limit* users with the lowest ids, in the order of their ids."""
        if self._db is None:
            return
        with _errors(self.path):
            yield from (
                Profile(**row)
                for row in self._db.table("github_users").rows_where(
                    select="id, username, type, avatar_url, html_url", order_by="id", limit=limit
                )
            )

    def want(self, total: int) -> None:
        """Note that the directory is to list the first *total* users, and take the store up."""
        with self._transaction() as db:
            self._note(db, total=total)

    def add(self, profiles: Sequence[Profile], cursor: str, total: int, now: str) -> None:
        """Store one reply's users and the URL that comes after it, and commit."""
        with self._transaction() as db:
            changed = _upsert(db, profiles)
            self._note(db, cursor=cursor, total=total, **({"seeded_at": now} if changed else {}))

    def mirror(
        self,
        profiles: Iterable[Profile],
        total: int,
        now: str,
        advance: Callable[[int], None] = lambda read: None,
    ) -> None:
        """Store the first *total* of *profiles*, all or, if one of them fails, none.

        When they end before *total* the whole list was read, and stored users that it does not
        hold (any more) go. *advance* is told now and then how many were read.
        """
        with self._transaction() as db:
            db.execute("CREATE TEMP TABLE IF NOT EXISTS read (id INTEGER PRIMARY KEY)")
            db.execute("DELETE FROM read")
            changed = read = 0
            rest = iter(profiles)
            while read < total and (batch := list(islice(rest, min(BATCH, total - read)))):
                changed += _upsert(db, batch)
                read += db.conn.executemany(
                    "INSERT OR IGNORE INTO read VALUES (?)", [(profile.id,) for profile in batch]
                ).rowcount
                advance(read)
            if read < total:
                changed += db.execute(
                    "DELETE FROM github_users WHERE id NOT IN (SELECT id FROM read)"
                ).rowcount
            self._note(db, total=total, **({"seeded_at": now} if changed else {}))

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _aside(self, identity: str) -> Path:
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return self.path.with_name(f"{self.path.stem}.{digest}{self.path.suffix}")

    @contextmanager
    def _transaction(self) -> Iterator[Database]:
        with _errors(self.path):
            db = self._take_up()
            with db.atomic():
                yield db

    def _take_up(self) -> Database:
        """Return this list's store at `path`; another list's that was there is set aside."""
        if self._db is not None and self._place == self.path:
            return self._db
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if (other := _open(self.path)) is not None:
            identity = _progress(other, self.path).identity
            other.close()
            self.displaced = self.path.rename(self._aside(identity))
        if (aside := self._aside(self.progress.identity)).exists():
            aside.rename(self.path)
        db = Database(self.path)
        migrations.apply(db)
        self._db, self._place = db, self.path
        return db

    def _note(self, db: Database, **changes: object) -> None:
        row = {**asdict(self.progress), **changes}
        db.table("progress").upsert(row, pk="identity")
        self.progress = Progress(**row)


def _upsert(db: Database, profiles: Sequence[Profile]) -> int:
    """Store those of *profiles* that are new or changed; return how many they are."""
    table = db.table("github_users")
    latest = {profile.id: profile for profile in profiles}
    marks = ", ".join("?" * len(latest))
    stored = {
        row[0]: row
        for row in db.execute(
            "SELECT id, username, type, avatar_url, html_url FROM github_users"
            f" WHERE id IN ({marks})",
            list(latest),
        )
    }
    changed = [p for p in latest.values() if stored.get(p.id) != astuple(p)]
    if changed:
        table.upsert_all([asdict(profile) for profile in changed], pk="id")
    return len(changed)


def _open(path: Path) -> Database | None:
    """Return the store at *path*, brought to today's shape; None if there is no file."""
    if not path.exists():
        return None
    with _errors(path):
        db = Database(path)
        if {"github_users", "progress"} - set(db.table_names()) and db.table_names():
            db.close()
            raise StoreError(
                f"{path} is a database, but not a store of users;"
                " --store names another file (it will be made)"
            )
        migrations.apply(db)
    return db


def _progress(db: Database, path: Path) -> Progress:
    with _errors(path):
        row = next(iter(db.table("progress").rows), None)
    return Progress(**row) if row else Progress("", "", "")


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise StoreError(
            f"the store {path} cannot be used: {exc}; --store names another file"
        ) from exc
    except OSError as exc:
        raise StoreError(f"the store {path} cannot be used: {exc.strerror}") from exc

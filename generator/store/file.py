"""The store's file: opening it, and who may write it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from generator.errors import StoreError, reason
from generator.lock import AlreadyLocked, Lock
from generator.store.schema import SCHEMA

BUSY_TIMEOUT = 60.0  # seconds; a bake reads for a while, and a seeding waits for that

migrations = Migrations("store")


@migrations()
def lists_and_users(db: Database) -> None:
    """Make the tables of the first release."""
    for statement in SCHEMA.split(";\n"):
        db.execute(statement)


class StoreFile:
    """The file at *path*. Without one, the store is empty. The first transaction makes the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock(path.with_name(f"{path.name}.lock"))
        with self.errors():
            self.db = _open(path if path.exists() else ":memory:")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction. A first one that fails leaves no file."""
        with self.errors():
            if is_first := not self._lock.is_held:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    self._lock.acquire()
                except AlreadyLocked as exc:
                    advice = "wait until it ends, or name another file with --store"
                    raise StoreError(f"another process is seeding {self.path}; {advice}") from exc
            is_new = not self.path.exists()
            try:
                if is_first:  # another process may have made the file since
                    self.db.close()
                    self.db = _open(self.path)
                with self.db.atomic():
                    yield self.db.conn
            except BaseException:
                if is_new:
                    self.db.close()
                    self.db = _open(":memory:")
                    self.path.unlink(missing_ok=True)
                    self._lock.release()
                raise

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise a `StoreError` that names the file for an error of the system, or for damage."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError, OverflowError, OSError) as exc:
            advice = "name another file with --store"
            if not isinstance(exc, OSError):
                advice = f"delete it if it is damaged, or {advice}"
            if "locked" in str(exc):
                advice = "another process is using it; try again when that has ended"
            elif "Permission denied" in reason(exc):
                advice = "change its permissions or its folder's, or name another with --store"
            elif "full" in str(exc) or "disk I/O" in str(exc):
                advice = (
                    "make room on the disk, or repair it; the users stored before are still there"
                )
            text = "".join(c if c.isprintable() else "?" for c in reason(exc))
            raise StoreError(f"the store {self.path} cannot be used: {text}; {advice}") from exc

    def close(self) -> None:
        """Close the file, and let other processes write it."""
        self.db.close()
        self._lock.release()


def _open(path: Path | str) -> Database:
    """Open the store at *path*, and make its tables if it has none."""
    if isinstance(path, Path) and path.exists():
        path.open("rb").close()  # SQLite's own error does not name the missing permission
    sql = sqlite3.connect(path, timeout=BUSY_TIMEOUT)
    try:
        db = Database(sql)
        # https://sqlite.org/pragma.html#pragma_quick_check: 0.3 seconds for a million users.
        if db.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("the file is damaged")
        tables = set(db.table_names()) - {Migrations.migrations_table}
        if tables and "list_users" not in tables:
            if "github_users" in tables:  # a view today
                problem, advice = "was made by an older version of this program", "delete it, or "
            else:
                problem, advice = "is a database, but not a store of users", ""
            raise StoreError(f"{path} {problem}; {advice}name another file with --store")
        with closing(Database(memory=True)) as empty:
            known = {migration.name for migration in migrations.pending(empty)}
        if {migration.name for migration in migrations.applied(db)} - known:
            raise StoreError(
                f"{path} was made by a newer version of this program; update this program, or name"
                " another file with --store"
            )
        migrations.apply(db)
    except BaseException:
        sql.close()
        raise
    return db

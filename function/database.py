"""The baked directory, opened read-only, asked one `ProfileQuery` at a time."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from function.contract import (
    APPLICATION_ID,
    COLUMNS,
    MINIMUM_SQLITE_VERSION,
    SCHEMA_VERSION,
    About,
    Page,
    Profile,
)
from function.errors import DatabaseMismatch
from function.query import ORDERINGS, ProfileQuery, where


class Directory:
    """An open directory.

    Attributes:
        about: what is listed, from where, from when.
        release: the first 16 hexadecimal digits of the file's SHA-256. Site and API both carry
            it, so that anyone can see whether they were made from the same file.
        types: how many users there are of each type, in the order of ``order_by=type``.
    """

    def __init__(self, path: Path) -> None:
        """Open the file at *path*, for the life of the process.

        Raises:
            DatabaseMismatch: there is none, or it is not one that this code can read.
        """
        self._path = path
        if sqlite3.sqlite_version_info < MINIMUM_SQLITE_VERSION:
            needed = ".".join(map(str, MINIMUM_SQLITE_VERSION))
            raise DatabaseMismatch(
                f"SQLite {needed} or newer is needed; this Python has {sqlite3.sqlite_version}"
            )
        try:
            with path.open("rb") as file:
                self.release = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        except OSError as exc:
            raise DatabaseMismatch(
                f"cannot read the directory {path}: {exc.strerror};"
                " `python -m generator build` makes it, DIRECTORY_DB or --database names another"
            ) from exc
        # /var/task is a read-only mount; immutable=1 makes SQLite look for no journal and take
        # no lock. https://sqlite.org/uri.html#uriimmutable
        self._sql = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            self._check_stamps()
            about = self._sql.execute("SELECT source, title, seeded_at FROM about").fetchone()
            self.about = About(*about)
            self.types: dict[str, int] = dict(
                self._sql.execute("SELECT type, users FROM types ORDER BY type")
            )
        except DatabaseMismatch:
            self.close()
            raise
        except (sqlite3.Error, TypeError) as exc:  # TypeError: no row says what is listed
            self.close()
            raise self._damaged(exc) from exc

    @property
    def users(self) -> int:
        """How many users are listed."""
        return sum(self.types.values())

    def find(self, query: ProfileQuery) -> Page:
        """Return the page *query* asks for; without profiles when it is past the end."""
        condition, values = where(query, self.types)
        if condition:
            total = self._one(f"SELECT count(*) FROM github_users {condition}", values)
        else:
            total = self.users
        skipped = (query.page - 1) * query.pagination
        profiles: tuple[Profile, ...] = ()
        if skipped < total:  # which also keeps the page numbers that SQLite cannot count away
            profiles = tuple(
                self._profiles(
                    f"{condition} ORDER BY {ORDERINGS[query.order_by]} LIMIT ? OFFSET ?",
                    (*values, query.pagination, skipped),
                )
            )
        return Page(profiles, query.page, query.pagination, total)

    def profiles(self, order_by: str) -> Iterator[Profile]:
        """Yield every profile in one of the `ORDERINGS`, as they are read."""
        return self._profiles(f"ORDER BY {ORDERINGS[order_by]}")

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def _profiles(self, clauses: str, values: tuple[object, ...] = ()) -> Iterator[Profile]:
        try:
            for row in self._sql.execute(f"SELECT {COLUMNS} FROM github_users {clauses}", values):
                yield Profile(*row)
        except sqlite3.DatabaseError as exc:
            raise self._damaged(exc) from exc

    def _damaged(self, exc: Exception) -> DatabaseMismatch:
        return DatabaseMismatch(
            f"{self._path} is not a directory database, or a damaged one ({exc});"
            " `python -m generator bake` makes it anew"
        )

    def _check_stamps(self) -> None:
        stamps = self._one("PRAGMA application_id"), self._one("PRAGMA user_version")
        if stamps != (APPLICATION_ID, SCHEMA_VERSION):
            raise DatabaseMismatch(
                f"{self._path} is stamped {stamps[0]:#x} version {stamps[1]}, and this code reads"
                f" {APPLICATION_ID:#x} version {SCHEMA_VERSION}; `python -m generator bake` makes"
                " it anew"
            )

    def _one(self, sql: str, values: tuple[object, ...] = ()) -> int:
        try:
            return int(self._sql.execute(sql, values).fetchone()[0])
        except sqlite3.DatabaseError as exc:
            raise self._damaged(exc) from exc

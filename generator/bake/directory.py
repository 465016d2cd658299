"""The directory: a read-only SQLite file for the site and the API. Same users give same bytes.

It has the totals and the search index, so that no request has to count users.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from function.contract import APPLICATION_ID, SCHEMA, SCHEMA_VERSION, About, Profile, implied_urls
from function.query import MAX_NUMBER
from generator.bake.index_writer import IndexWriter
from generator.bake.progress import Progress, in_batches, no_progress
from generator.errors import BuildError, permission_advice, reason
from generator.jobs import cores
from generator.lock import AlreadyLocked, Lock


@dataclass
class UserSummary:
    """Facts about the users of a directory.

    Attributes:
        types: the number of users of each type. The position of a type is its code.
        longest_username: the length of the longest username, in characters.
        greatest_id: the id of the newest user.
    """

    types: Counter[str] = field(default_factory=Counter)
    longest_username: int = 0
    greatest_id: int = 0


def bake(
    profiles: Iterable[Profile],
    about: About,
    path: Path,
    progress: Progress = no_progress,
    *,
    cut_at: int | None = None,
    jobs: int | None = None,
) -> int:
    """Write *profiles* and *about* to a directory at *path*, and return the number of users.

    *cut_at* is the number of users after which a longer source was cut; None if none was. *jobs*
    processes share the work; None: one for each core. Their number does not change the bytes.

    The complete file is moved to *path*: an interrupted bake leaves the old directory as it was.
    Only one process at a time bakes a directory.

    Raises:
        BuildError: there are no profiles, or an id is out of range. Or *path* cannot be written, is
            a file that is not a directory database, or another process bakes it.
    """
    _refuse_other_files(path)
    lock = Lock(path.with_name(f"{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        with _draft(path) as draft, closing(sqlite3.connect(draft, isolation_level=None)) as sql:
            users = _write_tables(sql, profiles, about, progress, cut_at, jobs or cores())
            if not users:
                raise BuildError("there are no users to list; seed some first")
    except AlreadyLocked as exc:
        raise BuildError(
            f"another process is baking {path}; wait until it ends, or name another file"
            " with --database"
        ) from exc
    except (OSError, sqlite3.Error) as exc:
        advice = permission_advice(exc, "--database")
        raise BuildError(f"cannot write the directory {path}: {reason(exc)}{advice}") from exc
    finally:
        lock.release()
    return users


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Give a path for the new file, which is moved to *path* at the end, or removed if that fails.

    A draft that a killed bake left is replaced.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        draft.touch()  # SQLite's own error does not name a missing permission
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _refuse_other_files(path: Path) -> None:
    """Raise BuildError if *path* is a file other than a directory database: it would be lost."""
    try:
        with path.open("rb") as file:
            header = file.read(72)
    except OSError:
        return
    # https://sqlite.org/fileformat2.html#application_id
    if header and header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise BuildError(
            f"{path} is not a directory database, and was not changed; name another file"
            " with --database"
        )


def _write_tables(
    sql: sqlite3.Connection,
    profiles: Iterable[Profile],
    about: About,
    progress: Progress,
    cut_at: int | None,
    jobs: int,
) -> int:
    """Write all tables, and return the number of users. Without users, there is no index."""
    # The draft is removed if anything fails, so it needs no journal and no waiting for the disk.
    sql.execute("PRAGMA journal_mode = OFF")
    sql.execute("PRAGMA synchronous = OFF")
    sql.execute("PRAGMA cache_size = -65536")
    sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    sql.executescript(SCHEMA)
    sql.execute("BEGIN")
    summary = _write_users(sql, profiles, progress)
    users = summary.types.total()
    if users:
        id_bytes = 4 if summary.greatest_id < 1 << 32 else 8
        IndexWriter(sql, [*summary.types], id_bytes, jobs, progress).write()
        sql.execute(
            "INSERT INTO about VALUES (?, ?, ?, ?, ?)",
            (*about, summary.longest_username, id_bytes),
        )
    if cut_at is not None:  # read by `generator.reading.read_cut`
        sql.execute("CREATE TABLE cut (users INTEGER NOT NULL) STRICT")
        sql.execute("INSERT INTO cut VALUES (?)", (cut_at,))
    sql.execute("COMMIT")
    sql.execute(f"PRAGMA page_size = {page_size(users)}")
    sql.execute("VACUUM")
    return users


def _write_users(
    sql: sqlite3.Connection, profiles: Iterable[Profile], progress: Progress
) -> UserSummary:
    """Write the tables `users`, `addresses` and `types`."""
    summary = UserSummary()
    codes: dict[str, int] = {}
    for batch in in_batches(profiles, "Baking", progress):
        users, addresses = [], []
        for identity, username, type_, avatar_url, html_url in batch:
            if not 0 <= identity <= MAX_NUMBER:
                raise BuildError(f"the id of {username} is out of range: {identity}")
            code = codes.setdefault(type_, len(codes))
            # The view github_users implies no URL for a NUL, at which SQLite's || ends a text.
            has_urls = "\0" in username or implied_urls(identity, username) != (
                avatar_url,
                html_url,
            )
            users.append((identity, 2 * code + has_urls, username))
            if has_urls:
                addresses.append((identity, avatar_url, html_url))
            summary.types[type_] += 1
            summary.longest_username = max(summary.longest_username, len(username))
            summary.greatest_id = max(summary.greatest_id, identity)
        sql.executemany("INSERT INTO users VALUES (?, ?, ?)", users)
        sql.executemany("INSERT INTO addresses VALUES (?, ?, ?)", addresses)
    sql.executemany("INSERT INTO types VALUES (?, ?)", enumerate(codes))
    return summary


def page_size(users: int) -> int:
    """Return the page size of the file in bytes, for so many *users*.

    The users of a rare term lie far apart, and on large pages fewer pages hold them. A small file
    with large pages would be mostly padding. https://sqlite.org/pragma.html#pragma_page_size
    """
    for limit, size in ((5_000, 4096), (12_000, 16_384), (30_000, 32_768)):
        if users < limit:
            return size
    return 65_536

"""The database file: where the function finds it, its name in a bundle, and how to open it."""

import re
import sqlite3
from io import BufferedReader, BytesIO
from pathlib import Path

from function.contract import APPLICATION_ID, MINIMUM_SQLITE_VERSION, SCHEMA_VERSION
from function.errors import DatabaseMismatch

# What `make build-site` bakes, as seen from the project's folder.
BAKED = Path("build/directory.db")

_BUNDLED = re.compile(r"directory-[0-9a-f]{16}\.db")


def bundled_name(release: str) -> str:
    """Return the name that the database of *release* has in a bundle."""
    return f"directory-{release}.db"


def find_database(configured: str, bundle: Path, baked: Path = BAKED) -> tuple[Path, str]:
    """Return the path of the database to answer from, and its release.

    The first of three that exists: the *configured* one, the one in the *bundle*, the *baked* one.
    In a bundle the release is in the file's name, which `infra.bundle` writes. For the others it
    is "": `read_release` computes it. A cold start must not read a large file for its release.

    Args:
        configured: the path in the environment variable DIRECTORY_DB; "" if that is not set.
        bundle: the folder that holds the package `function`.
        baked: where a build puts its database.

    Raises:
        DatabaseMismatch: no database exists, or the bundle has several.
    """
    if configured:
        return Path(configured), ""
    names = sorted(name for path in bundle.iterdir() if _BUNDLED.fullmatch(name := path.name))
    if len(names) > 1:
        raise DatabaseMismatch(
            f"{bundle} has {len(names)} databases ({', '.join(names)}); remove all but one,"
            " or name one with DIRECTORY_DB"
        )
    for name in names:
        return bundle / name, name.removeprefix("directory-").removesuffix(".db")
    if baked.is_file():
        return baked, ""
    raise DatabaseMismatch(
        f"there is no database: neither directory-<release>.db in {bundle} nor {baked.absolute()};"
        " run `make build-site` to make one, or name another with DIRECTORY_DB"
    )


def read_release(path: Path) -> str:
    """Return the release of the file at *path*: the first 16 digits of its SHA-256, in hexadecimal.

    Raises:
        DatabaseMismatch: the file cannot be read.
    """
    with _open(path) as file:
        return _release(file)


def open_database(path: Path, *, use_mmap: bool) -> sqlite3.Connection:
    """Open the directory database at *path* read-only, and check its version and its size.

    Args:
        path: the file.
        use_mmap: whether SQLite maps the file into memory, and so copies no page before it reads
            it. If the file becomes shorter meanwhile, the process ends with SIGBUS.
            https://sqlite.org/mmap.html

    Raises:
        DatabaseMismatch: the file cannot be read, or is not a database that this code can read.
    """
    _check_sqlite()
    with _open(path) as file:
        size = file.seek(0, 2)
    # /var/task is a read-only mount; immutable=1 makes SQLite look for no journal and take
    # no lock. https://sqlite.org/uri.html#uriimmutable
    sql = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
    _check(sql, path, size)
    if use_mmap:
        sql.execute(f"PRAGMA mmap_size = {size}")
    return sql


def load_database(path: Path) -> tuple[sqlite3.Connection, str]:
    """Read the directory database at *path* into memory. Return it, and its release.

    No later change of the file changes an answer.

    Raises:
        DatabaseMismatch: the file cannot be read, or is not a database that this code can read.
    """
    _check_sqlite()
    with _open(path) as file:
        content = file.read()
    sql = sqlite3.connect(":memory:", check_same_thread=False)
    if content:  # sqlite3 raises MemoryError for an empty file
        sql.deserialize(content)
    _check(sql, path, len(content))
    return sql, _release(BytesIO(content))


def _release(file: BufferedReader | BytesIO) -> str:
    import hashlib  # a cold start takes the release from the file's name, and needs no hashlib

    return hashlib.file_digest(file, "sha256").hexdigest()[:16]


# What reading a damaged file raises. UnicodeDecodeError: SQLite's own message names damaged text.
READ_ERRORS = (sqlite3.Error, UnicodeDecodeError)
# What rows of another shape than the schema's raise where they are used.
SHAPE_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def damaged_database(path: Path, reason: Exception | str) -> DatabaseMismatch:
    """Return the error for a file at *path* that is no directory database, or a damaged one."""
    if "no such module: fts5" in str(reason):
        return DatabaseMismatch(
            f"this Python's SQLite {sqlite3.sqlite_version} has no FTS5, which the search"
            " needs; use a Python from python.org or Debian"
        )
    return DatabaseMismatch(
        f"{path} is not a directory database, or a damaged one ({reason});"
        " run `ghdirectory bake` to make it again"
    )


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as exc:
        advice = "run `make build-site` to make it"
        if isinstance(exc, PermissionError):
            advice = "change its permissions"
        raise DatabaseMismatch(
            f"cannot read the database {path}: {exc.strerror}; {advice}, or name another with"
            " DIRECTORY_DB or --database"
        ) from exc


def _check_sqlite() -> None:
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE_VERSION:
        required = ".".join(map(str, MINIMUM_SQLITE_VERSION))
        raise DatabaseMismatch(
            f"SQLite {required} or newer is needed; this Python has {sqlite3.sqlite_version}"
        )


def _check(sql: sqlite3.Connection, path: Path, size: int) -> None:
    """Close *sql* and raise DatabaseMismatch, unless it is a whole directory of this version."""
    try:
        _check_header(sql, path, size)
    except DatabaseMismatch:
        sql.close()
        raise


def _check_header(sql: sqlite3.Connection, path: Path, size: int) -> None:
    names = ("application_id", "user_version", "page_size", "page_count")
    try:
        application_id, version, page_size, page_count = (
            sql.execute(f"PRAGMA {name}").fetchone()[0] for name in names
        )
    except READ_ERRORS as exc:
        raise damaged_database(path, exc) from exc
    if application_id != APPLICATION_ID:
        raise damaged_database(path, "another program made it" if size else "it is empty")
    if version != SCHEMA_VERSION:
        age, advice = "an older", "run `make build-site` to make it again"
        if version > SCHEMA_VERSION:
            age, advice = "a newer", "update this program"
        raise DatabaseMismatch(f"{path} was made by {age} version of this program; {advice}")
    if size != page_size * page_count:
        raise damaged_database(path, f"{size:,} bytes, not {page_size * page_count:,}")

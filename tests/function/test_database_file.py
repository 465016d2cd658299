import errno
import hashlib
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest

from function.contract import APPLICATION_ID, SCHEMA_VERSION
from function.database import Directory
from function.database_file import bundled_name, find_database, read_release
from function.errors import DatabaseMismatch
from function.query import ProfileQuery
from tests.factories import ODD, make_directory

RELEASE = "0123456789abcdef"


@pytest.fixture
def baked(tmp_path):
    path = tmp_path / "build/directory.db"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    (folder / "function").mkdir(parents=True)
    return folder


def test_a_configured_database_comes_first_without_a_release(bundle, baked):
    (bundle / bundled_name(RELEASE)).touch()
    path, release = find_database("other.db", bundle, baked)
    assert (str(path), release) == ("other.db", "")


def test_the_database_of_the_bundle_comes_second_with_the_release_of_its_name(bundle, baked):
    (bundle / bundled_name(RELEASE)).touch()
    assert find_database("", bundle, baked) == (bundle / f"directory-{RELEASE}.db", RELEASE)


@pytest.mark.parametrize(
    "name",
    [
        "directory.db",
        "directory-Release.db",
        f"directory-{RELEASE[:-1]}.db",
        f"directory-{RELEASE}0.db",
        f"directory-{RELEASE.upper()}.db",
        f"directory-{RELEASE}.db.part",
    ],
)
def test_the_baked_database_comes_last_without_a_release(bundle, baked, name):
    (bundle / name).touch()
    assert find_database("", bundle, baked) == (baked, "")


def test_two_databases_in_a_bundle_are_an_error_that_names_both(bundle, baked):
    for release in (RELEASE, RELEASE[::-1]):
        (bundle / bundled_name(release)).touch()
    with pytest.raises(DatabaseMismatch, match=f"{RELEASE}.*{RELEASE[::-1]}.*remove all but one"):
        find_database("", bundle, baked)


def test_no_database_is_an_error_that_names_the_places_and_the_ways_out(bundle, tmp_path):
    missing = tmp_path / "build/directory.db"
    with pytest.raises(DatabaseMismatch, match="there is no database") as error:
        find_database("", bundle, missing)
    for part in (str(bundle), str(missing), "make build-site", "DIRECTORY_DB"):
        assert part in str(error.value)


def test_the_release_is_the_start_of_the_digest(tmp_path):
    with closing(make_directory(tmp_path)) as directory:
        digest = hashlib.sha256(directory.path.read_bytes()).hexdigest()
        assert directory.release == read_release(directory.path) == digest[:16]
    with closing(Directory(directory.path, in_memory=True)) as directory:
        assert directory.release == digest[:16]


def test_a_directory_opens_in_a_read_only_folder(tmp_path):
    make_directory(tmp_path).close()
    (tmp_path / "directory.db").chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        with closing(Directory(tmp_path / "directory.db")) as directory:
            assert directory.find(ProfileQuery(id=1)).profiles == (ODD[0],)
    finally:
        tmp_path.chmod(0o700)


def make_empty(path: Path, application_id: int, version: int) -> None:
    """Make an empty database with that application id and user version."""
    with closing(sqlite3.connect(path)) as sql:
        sql.execute(f"PRAGMA application_id = {application_id}")
        sql.execute(f"PRAGMA user_version = {version}")


def test_a_file_that_may_not_be_read_is_an_error_about_permissions(tmp_path, monkeypatch):
    refusal = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr(type(tmp_path), "open", Mock(side_effect=refusal))
    with pytest.raises(DatabaseMismatch, match=r"Permission denied; change its permissions, or"):
        Directory(tmp_path / "directory.db")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda path: None, "cannot read .*No such file", id="no file"),
        pytest.param(lambda path: path.mkdir(), "cannot read .*Is a directory", id="folder"),
        pytest.param(lambda path: path.write_bytes(b""), "it is empty.*bake", id="empty file"),
        pytest.param(
            lambda path: path.write_text("id,login\n" * 200),
            "not a directory database",
            id="CSV file",
        ),
        pytest.param(
            lambda path: make_empty(path, 1, 1),
            "not a directory database.*another program made it",
            id="another application",
        ),
        pytest.param(
            lambda path: make_empty(path, APPLICATION_ID, 3),
            "made by an older version .*; run `make build-site`",
            id="older version",
        ),
        pytest.param(
            lambda path: make_empty(path, APPLICATION_ID, 99),
            "made by a newer version of this program; update this program",
            id="newer version",
        ),
        pytest.param(
            lambda path: make_empty(path, APPLICATION_ID, SCHEMA_VERSION),
            "or a damaged one .no such table",
            id="no tables",
        ),
    ],
)
@pytest.mark.parametrize("in_memory", [False, True], ids=["file", "memory"])
def test_a_file_that_is_no_directory_is_an_error_that_names_it(tmp_path, make, message, in_memory):
    path = tmp_path / "other.db"
    make(path)
    with pytest.raises(DatabaseMismatch, match=message) as error:
        Directory(path, in_memory=in_memory)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("in_memory", [False, True], ids=["file", "memory"])
@pytest.mark.parametrize("change", [-4096, -1, 1, 4096])
def test_a_file_of_another_size_is_damaged(tmp_path, change, in_memory):
    make_directory(tmp_path).close()
    path = tmp_path / "directory.db"
    content = path.read_bytes()
    path.write_bytes(content[:change] if change < 0 else content + bytes(change))
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        Directory(path, in_memory=in_memory)


def test_sqlite_without_fts5_is_an_error_that_says_so(tmp_path, monkeypatch):
    make_directory(tmp_path).close()

    class WithoutFts5(sqlite3.Connection):
        def execute(self, sql, *values):
            if "MATCH" in sql:
                raise sqlite3.OperationalError("no such module: fts5")
            return super().execute(sql, *values)

    connect = partial(sqlite3.connect, factory=WithoutFts5)
    monkeypatch.setattr("function.database_file.sqlite3.connect", connect)
    with pytest.raises(DatabaseMismatch, match="has no FTS5"):
        Directory(tmp_path / "directory.db")


def test_an_older_sqlite_is_an_error_that_names_the_version_needed(tmp_path, monkeypatch):
    make_directory(tmp_path).close()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    with pytest.raises(DatabaseMismatch, match=r"SQLite 3\.38\.0 or newer is needed"):
        Directory(tmp_path / "directory.db")

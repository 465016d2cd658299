import hashlib
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from function.contract import APPLICATION_ID, SCHEMA_VERSION
from function.database import Directory
from function.database_file import bundled_name, find_database
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


def test_a_named_database_comes_first_and_is_digested(bundle, baked):
    (bundle / bundled_name(RELEASE)).touch()
    path, release = find_database("other.db", bundle, baked)
    assert (str(path), release) == ("other.db", "")


def test_the_database_of_the_bundle_comes_next_with_the_release_in_its_name(bundle, baked):
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
def test_the_baked_database_comes_last_and_is_digested(bundle, baked, name):
    (bundle / name).touch()
    assert find_database("", bundle, baked) == (baked, "")


def test_two_databases_in_a_bundle_are_an_error_that_names_both(bundle, baked):
    for release in (RELEASE, RELEASE[::-1]):
        (bundle / bundled_name(release)).touch()
    with pytest.raises(DatabaseMismatch, match=f"{RELEASE}.*{RELEASE[::-1]}.*remove all but one"):
        find_database("", bundle, baked)


def test_no_database_is_an_error_that_says_where_it_was_looked_for(bundle, tmp_path):
    missing = tmp_path / "build/directory.db"
    with pytest.raises(DatabaseMismatch, match="there is no database") as error:
        find_database("", bundle, missing)
    for part in (str(bundle), str(missing), "make build-site", "DIRECTORY_DB"):
        assert part in str(error.value)


def test_the_release_is_the_digest_of_the_file(tmp_path):
    directory = make_directory(tmp_path)
    digest = hashlib.sha256((tmp_path / "directory.db").read_bytes()).hexdigest()
    assert directory.release == digest[:16]
    directory.close()


def test_it_opens_where_nothing_can_be_written(tmp_path):
    make_directory(tmp_path).close()
    (tmp_path / "directory.db").chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        directory = Directory(tmp_path / "directory.db")
        assert directory.find(ProfileQuery(id=1)).profiles == (ODD[0],)
        directory.close()
    finally:
        tmp_path.chmod(0o700)


def stamped(path: Path, application_id: int, version: int) -> None:
    sql = sqlite3.connect(path)
    sql.execute(f"PRAGMA application_id = {application_id}")
    sql.execute(f"PRAGMA user_version = {version}")
    sql.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda path: None, "cannot read .*No such file", id="no file"),
        pytest.param(lambda path: path.mkdir(), "cannot read .*Is a directory", id="a folder"),
        pytest.param(lambda path: path.write_bytes(b""), "stamped 0x0 version 0", id="empty"),
        pytest.param(
            lambda path: path.write_text("id,login\n" * 200), "not a directory database", id="CSV"
        ),
        pytest.param(lambda path: stamped(path, 1, 1), "stamped 0x1 version 1", id="another's"),
        pytest.param(
            lambda path: stamped(path, APPLICATION_ID, 99), "version 99", id="another version"
        ),
        pytest.param(
            lambda path: stamped(path, APPLICATION_ID, SCHEMA_VERSION),
            "or a damaged one .no such table",
            id="stamped, and empty",
        ),
    ],
)
def test_a_file_that_is_not_a_directory_is_refused_by_name(tmp_path, make, says):
    path = tmp_path / "other.db"
    make(path)
    with pytest.raises(DatabaseMismatch, match=says) as refused:
        Directory(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("change", [-4096, -1, 1, 4096])
def test_a_file_that_is_cut_short_or_goes_on_is_refused(tmp_path, change):
    make_directory(tmp_path).close()
    path = tmp_path / "directory.db"
    content = path.read_bytes()
    path.write_bytes(content[:change] if change < 0 else content + bytes(change))
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        Directory(path)


def test_a_sqlite_without_fts5_is_named(tmp_path, monkeypatch):
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

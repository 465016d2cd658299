import errno
import os
import sqlite3
from contextlib import closing
from unittest.mock import Mock

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from generator.errors import StoreError
from generator.store.file import StoreFile, migrations


@pytest.fixture
def path(tmp_path):
    return tmp_path / "build" / "github_users.db"


def store(path, user=1):
    """Open a file, store a user, and return the open file."""
    file = StoreFile(path)
    with file.transaction() as sql:
        sql.execute(
            "INSERT INTO list_users (list, id, position, run, reply, username, type, avatar_url,"
            " html_url, first_seen, last_seen) VALUES (1, ?, 0, 0, 0, '', '', '', '', '', '')",
            [user],
        )
    return file


def users(path):
    file = StoreFile(path)
    try:
        return [row[0] for row in file.db.conn.execute("SELECT id FROM list_users ORDER BY id")]
    finally:
        file.close()


def test_opening_creates_no_file(path):
    file = StoreFile(path)
    assert file.db.conn.execute("SELECT * FROM github_users").fetchall() == []
    file.close()
    assert not path.parent.exists()


def test_a_failed_change_leaves_the_file_as_it_was(path):
    store(path).close()
    before = sorted(path.parent.iterdir())
    file = StoreFile(path)
    with pytest.raises(StoreError, match="no such file"), file.transaction():
        raise OSError("no such file")
    file.close()
    assert sorted(path.parent.iterdir()) == before
    assert users(path) == [1]


def test_a_failed_first_change_leaves_no_file(path):
    file = StoreFile(path)
    with pytest.raises(ZeroDivisionError), file.transaction():
        raise ZeroDivisionError
    file.close()
    assert list(path.parent.glob("*.db")) == []


def test_migrations_are_applied_once_to_an_open_file(path, monkeypatch):
    applied = []
    apply = migrations.apply

    def counted(db):
        applied.append(db)
        apply(db)

    monkeypatch.setattr("generator.store.file.migrations.apply", counted)
    file = store(path)
    for _ in range(3):
        with file.transaction():
            pass
    file.close()
    assert len(applied) == 2  # first to an empty store in memory


def test_an_interrupted_change_is_rolled_back(path):
    store(path).close()
    file = StoreFile(path)
    with pytest.raises(KeyboardInterrupt), file.transaction() as sql:
        sql.execute("DELETE FROM list_users")
        raise KeyboardInterrupt
    file.close()
    assert users(path) == [1]


def test_only_one_process_writes_at_a_time(path):
    first = store(path)
    second = StoreFile(path)
    busy = r"another process is seeding .*github_users\.db"
    with pytest.raises(StoreError, match=busy), second.transaction():
        pass
    first.close()
    with second.transaction():
        pass
    second.close()


def test_a_file_whose_creation_was_interrupted_is_completed(path):
    path.parent.mkdir()
    db = Database(path)
    Migrations("store").apply(db)  # without migrations, so only their table is created
    assert db.table_names() == ["_sqlite_migrations"]
    db.close()
    store(path).close()
    assert users(path) == [1]


def test_another_kind_of_database_is_refused_and_not_changed(tmp_path):
    path = tmp_path / "other.db"
    sql = sqlite3.connect(path)
    sql.execute("CREATE TABLE precious (x)")
    sql.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"other\.db is a database, but not a store"):
        StoreFile(path)
    assert path.read_bytes() == before


def test_a_file_that_is_not_a_database_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a.db").write_text("id,login\n1,one\n" * 100)
    with pytest.raises(StoreError, match=r"a\.db cannot be used: file is not a database"):
        StoreFile(tmp_path / "a.db")


def of_a_wrong_type(path):
    """Store a text as a number, as a damaged disk could."""
    with closing(sqlite3.connect(path)) as sql:
        sql.executescript("PRAGMA writable_schema = ON")
        sql.execute("UPDATE sqlite_schema SET sql = replace(sql, 'run INTEGER', 'run ANY')")
        sql.commit()
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("UPDATE list_users SET run = 'x'")
        sql.execute("PRAGMA writable_schema = ON")
        sql.execute("UPDATE sqlite_schema SET sql = replace(sql, 'run ANY', 'run INTEGER')")
        sql.commit()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: os.truncate(path, path.stat().st_size // 2), id="cut off"),
        pytest.param(lambda path: os.truncate(path, 50), id="only a part of the header"),
        pytest.param(lambda path: overwrite(path, 0, b"login,id"), id="another header"),
        pytest.param(lambda path: overwrite(path, 4096, bytes(4096)), id="a page of zeros"),
        pytest.param(lambda path: overwrite(path, 3000, b"\xff" * 900), id="a garbled schema"),
        pytest.param(of_a_wrong_type, id="a text as a number"),
    ],
)
def test_a_damaged_file_is_an_error_of_one_line(path, damage):
    store(path).close()
    damage(path)
    with pytest.raises(
        StoreError, match=r"github_users\.db cannot be used: .*; delete it if"
    ) as error:
        StoreFile(path)
    assert str(error.value).isprintable()


def overwrite(path, position, content):
    with path.open("r+b") as file:
        file.seek(position)
        file.write(content)


def test_a_full_disk_is_an_error_and_no_user_is_lost(path):
    store(path).close()
    file = StoreFile(path)
    with file.transaction() as sql:  # opens the file for writing
        pages = sql.execute("PRAGMA page_count").fetchone()[0]
    # SQLite raises the same error for a full disk.
    file.db.conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"), file.transaction() as sql:
        sql.execute("CREATE TABLE more AS SELECT zeroblob(100000)")
    file.close()
    assert users(path) == [1]


OLD = """
CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT);
CREATE TABLE github_users (id INTEGER PRIMARY KEY, username TEXT, gone_at TEXT);
CREATE TABLE lists (list INTEGER PRIMARY KEY, identity TEXT);
"""


def test_a_store_of_an_earlier_version_is_refused_with_advice(tmp_path):
    path = tmp_path / "old.db"
    sql = sqlite3.connect(path)
    sql.executescript(OLD)
    sql.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"old\.db was made by an older version.*; delete it, or"):
        StoreFile(path)
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_is_refused_with_advice(path):
    store(path).close()
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('store', 'of_the_future', '')"
        )
    with pytest.raises(StoreError, match=r"github_users\.db was made by a newer.*; update this"):
        StoreFile(path)


def test_a_store_that_may_not_be_read_is_an_error_about_permissions(path, monkeypatch):
    store(path).close()
    refusal = PermissionError(errno.EACCES, "Permission denied", str(path))
    monkeypatch.setattr(type(path), "open", Mock(side_effect=refusal))
    with pytest.raises(StoreError, match=r"Permission denied.*; change its permissions"):
        StoreFile(path)


def test_a_file_that_another_process_made_meanwhile_is_used(path):
    waiting = StoreFile(path)
    store(path, 1).close()
    with waiting.transaction() as sql:
        assert sql.execute("SELECT id FROM list_users").fetchall() == [(1,)]
    waiting.close()

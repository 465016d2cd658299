import sqlite3

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from generator.errors import StoreError
from generator.store.file import StoreFile, migrations

WORLD, OTHER_WORLD = "https://api.test/users?since=0", "https://else.test/users?since=0"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "build" / "github_users.db"


def store(path, identity=WORLD, user=1):
    """Open a file, store a user, and return the open file."""
    file = StoreFile(path, identity)
    with file.transaction() as sql:
        sql.execute(
            "INSERT OR IGNORE INTO github_users (id, username, type, avatar_url, html_url)"
            " VALUES (?, '', '', '', '')",
            [user],
        )
    return file


def users(path, identity=""):
    file = StoreFile(path, identity)
    try:
        rows = file.sql.execute("SELECT id FROM github_users ORDER BY id") if file.sql else []
        return [row[0] for row in rows]
    finally:
        file.close()


def test_opening_creates_no_file(path):
    file = StoreFile(path, WORLD)
    assert file.sql is None
    file.close()
    assert not path.parent.exists()


def test_each_world_has_a_file_of_its_own(path):
    store(path, WORLD, 1).close()
    second = store(path, OTHER_WORLD, 2)
    second.close()
    assert second.displaced is not None
    assert (users(path), users(path, WORLD), users(path, OTHER_WORLD)) == ([2], [1], [2])
    store(path, WORLD, 3).close()
    assert (users(path), users(path, OTHER_WORLD)) == ([1, 3], [2])
    assert len(list(path.parent.glob("*.db"))) == 2


def test_a_failed_change_leaves_the_file_of_the_other_world_in_place(path):
    store(path, WORLD).close()
    before = sorted(path.parent.iterdir())
    file = StoreFile(path, OTHER_WORLD)
    with pytest.raises(StoreError, match="no such file"), file.transaction():
        raise OSError("no such file")
    file.close()
    assert sorted(path.parent.iterdir()) == before
    assert users(path) == [1]


def test_a_failed_first_change_leaves_no_file(path):
    file = StoreFile(path, WORLD)
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
    assert len(applied) == 1


def test_an_interrupted_change_is_rolled_back(path):
    store(path).close()
    file = StoreFile(path, WORLD)
    with pytest.raises(KeyboardInterrupt), file.transaction() as sql:
        sql.execute("DELETE FROM github_users")
        raise KeyboardInterrupt
    file.close()
    assert users(path) == [1]


def test_only_one_process_writes_at_a_time(path):
    first = store(path, WORLD, 1)
    second = StoreFile(path, OTHER_WORLD)
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
    Migrations("github_users").apply(db)  # without migrations, so only their table is created
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
        StoreFile(path, WORLD)
    assert path.read_bytes() == before


def test_a_file_that_is_not_a_database_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a.db").write_text("id,login\n1,one\n" * 100)
    with pytest.raises(StoreError, match=r"a\.db cannot be used: file is not a database"):
        StoreFile(tmp_path / "a.db", WORLD)


def test_a_full_disk_is_an_error_and_no_user_is_lost(path):
    store(path).close()
    file = StoreFile(path, WORLD)
    with file.transaction() as sql:  # opens the file for writing
        pages = sql.execute("PRAGMA page_count").fetchone()[0]
    # SQLite raises the same error for a full disk.
    file.sql.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"), file.transaction() as sql:
        sql.execute("CREATE TABLE more AS SELECT zeroblob(100000)")
    file.close()
    assert users(path) == [1]


def create_old(path, identity, cursor, positions=()):
    """Create a store of the first schema."""
    path.parent.mkdir()
    db = Database(path)
    migrations.apply(db, stop_before="several_lists")
    db.table("github_users").insert_all(
        {"id": n, "username": f"u{n}", "type": "User", "avatar_url": "a", "html_url": "h"}
        for n in (5, 7, 9)
    )
    db.table("progress").insert(
        {"identity": identity, "source": "s", "title": "T", "cursor": cursor, "total": 2}
        | {"seeded_at": "2026-01-01T00:00:00Z"}
    )
    db.table("positions").insert_all(
        {"position": place, "id": n} for place, n in enumerate(positions, 1)
    )
    db.close()


@pytest.mark.parametrize(
    ("cursor", "positions", "expected"),
    [
        ("https://api.test/users?since=9", (), [(5, 5), (7, 7), (9, 9)]),
        (None, (9, 5, 7), [(5, 2), (7, 3), (9, 1)]),
    ],
)
def test_migrations_bring_an_old_store_to_the_current_schema(path, cursor, positions, expected):
    create_old(path, WORLD, cursor, positions)
    file = StoreFile(path, WORLD)
    sql = file.sql
    assert sql.execute("SELECT id, position FROM members ORDER BY id").fetchall() == expected
    assert sql.execute(
        "SELECT DISTINCT first_seen, last_seen, gone_at FROM github_users"
    ).fetchall() == [("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", None)]
    row = sql.execute(
        "SELECT source, total, rank, cursor, reached, users, refresh_cursor, seeded_at FROM lists"
    ).fetchone()
    assert row == ("s", 2, 1, cursor, *((9, 3) if cursor else (0, 0)), None, "2026-01-01T00:00:00Z")
    file.close()
    assert file.identity == WORLD

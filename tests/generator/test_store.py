import sqlite3

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from generator.errors import StoreError
from generator.store import Progress, Store
from tests.factories import ODD, make_profile

USERS = Progress("https://api.test/users?since=0", "users", "GitHub users")
SAMPLE = Progress("sample", "sample", "Sample users")
ONE, TWO, THREE = (make_profile(number) for number in (1, 2, 3))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "build" / "github_users.db"


def stored(path, progress=USERS, limit=1000):
    store = Store(path, progress)
    found = list(store.profiles(limit))
    store.close()
    return found


def existing(path):
    store = Store(path)
    store.close()
    return store.progress


def add(path, profiles, progress=USERS, cursor="next", total=150, now="t1"):
    store = Store(path, progress)
    store.add(profiles, cursor, total, now)
    store.close()


def test_nothing_is_made_before_there_is_something_to_keep(path):
    store = Store(path, USERS)
    assert (store.count, list(store.profiles(10)), store.progress) == (0, [], USERS)
    store.close()
    assert not path.parent.exists()


def test_what_is_added_is_there_for_the_next_run_with_its_cursor(path):
    add(path, [TWO, ONE], cursor="page 2")
    store = Store(path, USERS)
    assert list(store.profiles(10)) == [ONE, TWO]
    assert (store.progress.cursor, store.progress.total, store.progress.seeded_at) == (
        *("page 2", 150),
        "t1",
    )
    store.close()


def test_the_table_has_the_promised_columns(path):
    add(path, [ONE])
    sql = sqlite3.connect(path)
    columns = [row[1] for row in sql.execute("PRAGMA table_info(github_users)")]
    sql.close()
    assert columns == ["id", "username", "type", "avatar_url", "html_url"]


def test_every_text_is_kept_as_it_was_sent(path):
    add(path, ODD)
    assert stored(path) == sorted(ODD, key=lambda profile: profile.id)


def test_an_account_is_known_by_its_id_so_two_may_swap_names(path):
    add(path, [make_profile(1, "a"), make_profile(2, "b")])
    add(path, [make_profile(1, "b"), make_profile(2, "a")], now="t2")
    assert [profile.username for profile in stored(path)] == ["b", "a"]


def test_the_date_moves_only_when_something_changed(path):
    add(path, [ONE], now="t1")
    add(path, [ONE], now="t2")
    assert existing(path).seeded_at == "t1"
    add(path, [TWO], now="t3")
    assert existing(path).seeded_at == "t3"


def test_a_lower_limit_gives_the_lowest_ids(path):
    add(path, [THREE, TWO, ONE])
    assert stored(path, limit=2) == [ONE, TWO]


def mirror(path, profiles, total=150, now="t1"):
    store = Store(path, SAMPLE)
    try:
        store.mirror(profiles, total, now)
    finally:
        store.close()


def test_a_mirrored_list_loses_what_its_source_lost(path):
    mirror(path, [ONE, TWO, THREE])
    mirror(path, [ONE, make_profile(3, "renamed")], now="t2")
    assert [(p.id, p.username) for p in stored(path, SAMPLE)] == [(1, "user-1"), (3, "renamed")]


def test_a_smaller_total_keeps_what_is_stored(path):
    mirror(path, [ONE, TWO, THREE])
    mirror(path, [ONE, TWO, THREE], total=1)
    assert len(stored(path, SAMPLE)) == 3
    assert existing(path).total == 1


def test_a_list_that_fails_half_way_changes_nothing(path):
    def broken():
        yield from (make_profile(number) for number in range(4, 2000))
        raise ValueError("line 2000")

    mirror(path, [ONE, TWO])
    with pytest.raises(ValueError, match="line 2000"):
        mirror(path, broken(), total=5000)
    assert stored(path, SAMPLE) == [ONE, TWO]


def test_the_first_of_a_list_are_counted_by_id(path):
    mirror(path, [ONE, ONE, TWO, THREE], total=2)
    assert stored(path, SAMPLE) == [ONE, TWO]


def test_lists_never_mix_and_none_is_lost(path):
    add(path, [ONE, TWO], cursor="page 2")
    mirror(path, [THREE])
    assert stored(path, SAMPLE) == [THREE]
    assert existing(path).source == "sample"
    store = Store(path, USERS)
    assert (store.count, store.progress.cursor) == (2, "page 2")
    store.add([THREE], "page 3", 150, "t9")
    assert list(store.profiles(10)) == [ONE, TWO, THREE]
    assert store.displaced is not None
    store.close()
    assert existing(path).source == "users"
    assert stored(path, SAMPLE) == [THREE]


def test_a_store_that_is_missing_is_empty(path):
    store = Store(path)
    assert (store.count, list(store.profiles(10)), store.progress.total) == (0, [], 0)
    store.close()
    assert not path.exists()


def test_a_list_that_fails_at_once_displaces_nothing(path):
    def missing():
        raise OSError("no such file")
        yield

    add(path, [ONE, TWO])
    before = sorted(path.parent.iterdir())
    with pytest.raises(StoreError, match="no such file"):
        mirror(path, missing())
    assert sorted(path.parent.iterdir()) == before
    assert existing(path).source == "users"


def test_an_empty_list_displaces_nothing(path):
    mirror(path, [ONE])
    add(path, [])
    assert existing(path).source == "sample"
    add(path, [TWO])
    assert existing(path).source == "users"


def test_adding_says_how_many_are_new(path):
    store = Store(path, USERS)
    assert store.add([ONE, TWO], "next", 150, "t1") == 2
    assert store.add([make_profile(1, "renamed"), THREE], "next", 150, "t1") == 1
    store.close()


def test_only_one_writes_at_a_time(path):
    first, second = Store(path, USERS), Store(path, SAMPLE)
    first.add([ONE], "next", 150, "t1")
    with pytest.raises(StoreError, match=r"another process is seeding .*github_users\.db"):
        second.mirror([TWO], 150, "t1")
    first.close()
    second.mirror([TWO], 150, "t1")
    second.close()
    assert (stored(path), stored(path, SAMPLE)) == ([ONE], [TWO])


def test_a_list_that_has_a_user_twice_is_of_the_same_date_when_read_again(path):
    twice = [make_profile(1, "old"), *(make_profile(n) for n in range(2, 700)), ONE]
    mirror(path, twice, total=1000, now="t1")
    mirror(path, twice, total=1000, now="t2")
    assert stored(path, SAMPLE)[0] == ONE
    assert existing(path).seeded_at == "t1"


def test_a_list_that_fails_at_first_leaves_no_store(path):
    with pytest.raises(ZeroDivisionError):
        mirror(path, (1 // 0 for _ in range(1)))
    assert list(path.parent.glob("*.db")) == []


def test_what_a_shorter_reading_does_not_reach_is_kept_but_what_it_replaces_goes(path):
    mirror(path, [make_profile(n) for n in (9, 8, 1, 2)], total=4)
    mirror(path, [make_profile(n) for n in (7, 9)], total=2)
    assert [p.id for p in stored(path, SAMPLE)] == [1, 2, 7, 9]
    assert [p.id for p in stored(path, SAMPLE, limit=2)] == [7, 9]


def test_the_first_of_a_list_are_those_it_has_first(path):
    mirror(path, [make_profile(n) for n in (9, 8, 1, 2)], total=4)
    assert [p.id for p in stored(path, SAMPLE, limit=2)] == [8, 9]


def test_a_store_cut_off_while_it_was_made_is_taken_up(path):
    path.parent.mkdir()
    db = Database(path)
    Migrations("github_users").apply(db)  # a set without steps: only the table of steps is made
    assert db.table_names() == ["_sqlite_migrations"]
    db.close()
    add(path, [ONE])
    assert stored(path) == [ONE]


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    sql = sqlite3.connect(path)
    sql.execute("CREATE TABLE precious (x)")
    sql.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"other\.db is a database, but not a store"):
        Store(path, USERS)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path):
    (tmp_path / "a.db").write_text("id,login\n1,one\n" * 100)
    with pytest.raises(StoreError, match=r"a\.db cannot be used: file is not a database"):
        Store(tmp_path / "a.db", USERS)


def test_a_transaction_cut_off_before_its_commit_leaves_the_store_as_it_was(path):
    add(path, [ONE])
    store = Store(path, USERS)
    with pytest.raises(KeyboardInterrupt), store._transaction() as db:
        db.table("github_users").delete_where()
        raise KeyboardInterrupt
    store.close()
    assert stored(path) == [ONE]

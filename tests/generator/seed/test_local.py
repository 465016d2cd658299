import sqlite3
from contextlib import closing

import pytest

from function.contract import COLUMNS, Profile
from generator.errors import SourceError
from generator.seed.local import MAX_EXAMPLES, contradictions, load
from generator.seed.sources import Source
from tests.factories import make_profile
from tests.fake_github import FakeGitHub
from tests.generator.seed.runs import placed

ONE, TWO, THREE = (make_profile(number) for number in (1, 2, 3))
MANY = 10**9


def local_list(records):
    return Source("file:x", "GitHub users", "file:/x", records=lambda: records)


@pytest.fixture
def unique():
    """A function that returns the users of profiles, which are on lines from 1, and the warning."""

    def unique(*profiles, total=MANY):
        records = ((f"line {number}", user) for number, user in enumerate(profiles, 1))
        with closing(sqlite3.connect("")) as sql:
            load(sql, records, total)
            rows = sql.execute(f"SELECT {COLUMNS} FROM users ORDER BY position LIMIT ?", [total])
            return [Profile(*row) for row in rows], contradictions(sql)

    return unique


def test_equal_records_are_one_user_without_a_word(unique):
    assert unique(TWO, ONE, TWO, TWO) == ([TWO, ONE], "")


def test_the_last_values_of_an_id_count_at_its_first_position(unique):
    users, warning = unique(make_profile(1, "old"), TWO, ONE)
    assert users == [ONE, TWO]
    assert warning == "line 1 and line 3: different values for id 1"


def test_an_id_that_changes_back_is_compared_with_its_last_values(unique):
    users, warning = unique(ONE, make_profile(1, "other"), ONE)
    assert users == [ONE]
    assert warning.splitlines() == [
        "line 1 and line 2: different values for id 1",
        "line 2 and line 3: different values for id 1",
    ]


def test_the_last_id_of_a_login_is_listed(unique):
    users, warning = unique(ONE, TWO, make_profile(9, ONE.username))
    assert [user.id for user in users] == [2, 9]
    assert warning == f"line 1 and line 3: login {ONE.username} for id 1 and id 9"


def test_each_id_of_a_login_is_named_with_the_next(unique):
    users, warning = unique(*(make_profile(number, "anna") for number in (1, 2, 3)))
    assert [user.id for user in users] == [3]
    assert warning.splitlines() == [
        "line 1 and line 2: login anna for id 1 and id 2",
        "line 2 and line 3: login anna for id 2 and id 3",
    ]


def test_a_login_that_moves_to_another_id_is_no_contradiction_of_logins(unique):
    users, warning = unique(make_profile(1, "a"), make_profile(1, "b"), make_profile(2, "a"))
    assert {user.id: user.username for user in users} == {1: "b", 2: "a"}
    assert warning == "line 1 and line 2: different values for id 1"


def test_logins_that_differ_only_in_case_are_one_login(unique):
    users, warning = unique(make_profile(1, "Anna"), make_profile(2, "anna"))
    assert [user.id for user in users] == [2]
    assert warning == "line 1 and line 2: login Anna for id 1 and id 2"


def test_a_login_in_another_case_is_another_value(unique):
    users, warning = unique(make_profile(1, "Anna"), make_profile(1, "anna"))
    assert [user.username for user in users] == ["anna"]
    assert warning == "line 1 and line 2: different values for id 1"


def test_the_total_counts_users_not_records(unique):
    assert unique(ONE, ONE, TWO, THREE, total=2)[0] == [ONE, TWO]
    again = make_profile(9, ONE.username)
    assert unique(ONE, again, TWO, THREE, total=2)[0] == [again, TWO]


def test_records_are_read_until_the_total_is_reached():
    records = ((f"line {n}", make_profile(n % 600)) for n in range(5000))
    with closing(sqlite3.connect("")) as sql:
        assert load(sql, records, 599) == 600
    assert 0 < len([*records]) < 5000


@pytest.mark.parametrize(("total", "is_complete"), [(1, False), (2, True), (3, True)])
def test_a_list_is_complete_if_no_record_is_left(run, total, is_complete):
    run(FakeGitHub([]), total, source=local_list(placed([ONE, TWO])))
    assert run.progress.is_complete == is_complete


def test_only_some_contradictions_are_described(unique):
    many = [make_profile(n, name) for name in ("a{}", "b{}") for n in range(1, 2001)]
    users, warning = unique(*(u._replace(username=u.username.format(u.id)) for u in many))
    assert (len(users), users[0].username) == (2000, "b1")
    assert warning.splitlines()[MAX_EXAMPLES:] == [f"and {2000 - MAX_EXAMPLES:,} more"]


def test_a_record_that_fails_is_an_error(run):
    def broken():
        yield "line 1", ONE
        raise SourceError("line 2")

    with pytest.raises(SourceError, match="line 2"):
        run(FakeGitHub([]), source=local_list(broken()))
    assert run.ids == []


def test_an_empty_list_is_an_error_and_leaves_the_stored_users(run):
    users = [make_profile(1)]
    local = Source("file:x", "GitHub users", "file:/x", records=lambda: placed(users))
    run(FakeGitHub([]), 10, source=local)
    users.clear()
    with pytest.raises(SourceError, match="file:x lists no users"):
        run(FakeGitHub([]), 10, source=local)
    assert run.ids == [1]


def test_the_first_users_of_a_local_list_are_stored(run):
    profiles = [make_profile(number) for number in (5, 3, 9)]
    local = Source("file:x", "GitHub users", "file:/x", records=lambda: placed(profiles))
    run(FakeGitHub([]), 2, source=local)
    assert run.ids == [3, 5]
    run(FakeGitHub([]), 100, source=local)
    assert run.ids == [3, 5, 9]
    assert run.progress.seeded_at == "2026-11-24T12:00:00Z"

"""The changes that `bake` takes from a store."""

import sqlite3
from contextlib import closing

import pytest

from generator.changes import Change
from generator.store import ListProgress, Store

NOON = "2026-11-24T12:00:00Z"
EVENING = "2026-11-24T20:00:00Z"
NEXT_DAY = "2026-11-25T12:00:00Z"
LISTS = [ListProgress(f"list-{number}", "users", "", 1000) for number in (1, 2, 3)]


@pytest.fixture
def changes_of(tmp_path):
    """A function that stores rows, and returns the changes of the lists 1 and 2.

    It takes changes (list, time, what, id, before, after), and users (list, id, first seen, gone).
    """

    def changes_of(*changes, users=()):
        path = tmp_path / "github_users.db"
        with closing(Store(path)) as store:
            for lists in (LISTS, LISTS[:2]):
                store.choose(lists)
                store.commit_choice()
        with closing(sqlite3.connect(path)) as sql, sql:
            sql.executemany(
                "INSERT INTO changes (list, changed_at, what, id, before, after)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                changes,
            )
            sql.executemany(
                "INSERT INTO list_users VALUES (?, ?, 1, 1, 1, '', '', '', '', ?, ?, ?)",
                [(list_, user, seen, seen, gone) for list_, user, seen, gone in users],
            )
        with closing(Store(path)) as store:
            return store.changes()

    return changes_of


def test_changes_of_the_chosen_lists_are_read_the_newest_first(changes_of):
    assert changes_of(
        (1, NOON, "renamed", 1, "anna", "anna-p"),
        (3, NOON, "renamed", 2, "bea", "bea-q"),
        (2, NEXT_DAY, "retyped", 4, "User", "Organization"),
    ) == [
        Change(NEXT_DAY, "retyped", 4, "User", "Organization"),
        Change(NOON, "renamed", 1, "anna", "anna-p"),
    ]


def test_a_user_who_is_gone_is_not_named(changes_of):
    assert changes_of((1, NOON, "gone", 1, "anna", None)) == [Change(NOON, "gone", 1, None, None)]


def test_a_changed_address_is_left_out(changes_of):
    assert changes_of((1, NOON, "changed", 1, "https://a.test", "https://b.test")) == []


def test_a_change_that_two_lists_show_on_a_day_is_one(changes_of):
    rename = ("renamed", 1, "anna", "anna-p")
    assert changes_of((1, NOON, *rename), (2, EVENING, *rename)) == [Change(EVENING, *rename)]


def test_a_user_of_one_list_who_joins_another_is_not_new(changes_of):
    new = (1, NEXT_DAY, "new", 1, None, "anna")
    assert changes_of(new, users=[(2, 1, NOON, None)]) == []


@pytest.mark.parametrize(
    "user",
    [
        pytest.param((2, 1, NOON, EVENING), id="gone before"),
        pytest.param((3, 1, NOON, None), id="of a list that is not chosen"),
        pytest.param((2, 2, NOON, None), id="another user"),
        pytest.param((2, 1, NEXT_DAY, None), id="seen at the same time"),
    ],
)
def test_a_user_whom_no_other_chosen_list_had_is_new(changes_of, user):
    new = (1, NEXT_DAY, "new", 1, None, "anna")
    assert changes_of(new, users=[user]) == [Change(*new[1:])]


def test_changes_90_days_older_than_the_newest_are_left_out(changes_of):
    assert changes_of(
        (1, "2026-08-26T11:59:59Z", "renamed", 1, "anna", "anna-p"),
        (1, "2026-08-26T12:00:00Z", "renamed", 2, "bea", "bea-q"),
        (1, NOON, "renamed", 3, "carlo", "carl"),
    ) == [
        Change(NOON, "renamed", 3, "carlo", "carl"),
        Change("2026-08-26T12:00:00Z", "renamed", 2, "bea", "bea-q"),
    ]

"""Cases that random sequences rarely have, and in which a rule that is nearly right fails."""

import sqlite3

import pytest

from generator.errors import Refused
from tests.fake_github import FakeGitHub, FakeReply, user
from tests.generator.seed.runs import USERS, Run

KEY = "/orgs/acme/members"
MEMBERS = [user(number, f"u{number}") for number in range(1, 400)]


def ids(users):
    return {user["id"] for user in users}


def interrupt(run, fake, request, *arguments, **options):
    """Refuse the request number *request* of this run."""
    count = len(fake.requests)
    fake.fault = lambda n: FakeReply(401, {}, b"{}") if n == count + request else None
    with pytest.raises(Refused):
        run(fake, *arguments, **options)
    fake.fault = lambda n: None


def test_a_refresh_beyond_the_lists_cursor_is_continued_after_a_plain_reading(run):
    fake = FakeGitHub(USERS, remaining=10**6)
    run(fake, 100)
    interrupt(run, fake, 3, 330, refresh=True)
    run(fake, 330)
    fake.users = USERS[:250] + USERS[251:]
    run(fake, 330, refresh=True)
    assert set(run.ids) == ids(fake.users)


def test_a_list_by_page_that_lost_users_is_read_on_after_a_refresh_of_its_first(run):
    fake = FakeGitHub([], lists={KEY: MEMBERS}, remaining=10**6)
    run(fake, 100, "org:acme")
    fake.lists[KEY] = MEMBERS[20:]
    run(fake, 100, "org:acme", refresh=True)
    run(fake, 200, "org:acme")
    assert set(run.ids) == ids(MEMBERS[20:220])


def test_users_that_left_the_last_page_come_last(run):
    fake = FakeGitHub([], lists={KEY: MEMBERS[:150]}, remaining=10**6)
    run(fake, 1000, "org:acme")
    fake.lists[KEY] = MEMBERS[:100] + MEMBERS[120:150] + MEMBERS[200:240]
    run(fake, 1000, "org:acme")
    run(fake, 170, "org:acme")
    assert set(run.ids) == ids(fake.lists[KEY])


def test_rows_of_an_older_run_do_not_complete_a_cached_reply(run):
    first = [user(number, f"u{number}") for number in range(1, 301)]
    # 101 has left the second page, and 900 has joined.
    second = [*first[:100], *first[101:200], user(900, "new"), *first[200:]]
    # 151 is on the first page now, renamed, while the list moves.
    third = [user(151, "renamed"), *first[:99], *second[100:]]
    fake = FakeGitHub([], lists={KEY: first}, remaining=10**6)
    run(fake, 1000, "org:acme", token="good")
    fake.lists[KEY] = second
    interrupt(run, fake, 3, 1000, "org:acme", token="good", refresh=True)
    fake.lists[KEY] = third
    before = len(fake.requests)

    def move(request):
        fake.lists[KEY] = second if request == before + 2 else third
        return FakeReply(401, {}, b"{}") if request == before + 3 else None

    fake.fault = move
    with pytest.raises(Refused):
        run(fake, 1000, "org:acme", token="good", refresh=True)
    sql = sqlite3.connect(run.path)
    rows = sql.execute(
        "SELECT id, username, run FROM list_users WHERE id IN (101, 151) ORDER BY id"
    ).fetchall()
    sql.close()
    assert rows == [(101, "u101", 1), (151, "u151", 3)]
    # The second page has no standing reply, so it is requested without an ETag.
    assert "if-none-match" not in fake.headers[before + 1]


def test_a_user_read_by_a_newer_refresh_keeps_its_place(tmp_path):
    run, fake = Run(tmp_path / "a.db"), FakeGitHub([], lists={KEY: MEMBERS[:350]})
    run(fake, 200, "org:acme")
    fake.lists[KEY] = [MEMBERS[300], *MEMBERS[:300], *MEMBERS[301:350]]
    run(fake, 100, "org:acme", refresh=True)
    fake.lists[KEY] = MEMBERS[:350]
    run(fake, 350, "org:acme")
    assert set(run.ids) == ids(MEMBERS[:350])

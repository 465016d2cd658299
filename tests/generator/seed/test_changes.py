"""The table `changes`: what refreshes find."""

import sqlite3
from contextlib import closing

from generator.seed.sources import Source
from generator.store import readings
from tests.factories import make_profile
from tests.fake_github import FakeGitHub, user
from tests.generator.seed.runs import CHANGED, MEMBERS, USERS, github, placed


def changes(run):
    """Return list, id, what, before and after of each change."""
    with closing(sqlite3.connect(run.path)) as sql:
        return sql.execute(
            "SELECT list, id, what, before, after FROM changes ORDER BY change"
        ).fetchall()


def test_a_first_reading_is_no_change(run):
    run(github(), 150, refresh=True)
    run(github(), 330, "org:acme", refresh=True)
    assert changes(run) == []


def test_a_refresh_remembers_its_changes(run):
    run(github(), 120)
    run(github(CHANGED), 120, refresh=True)
    ids = [user["id"] for user in USERS]
    assert changes(run) == [
        (1, ids[1], "renamed", "user-2", "user-3"),
        (1, ids[2], "renamed", "user-3", "user-2"),
        (1, ids[3], "retyped", "User", "Organization"),
        (1, ids[4], "gone", "user-5", None),
    ]
    with closing(sqlite3.connect(run.path)) as sql:
        times = sql.execute("SELECT DISTINCT changed_at FROM changes").fetchall()
    assert times == [("2026-11-24T12:00:00Z",)]


def test_users_whom_a_larger_total_brings_are_no_change(run):
    run(github(), 100)
    run(github(), 330)
    run(github(), 330, "org:acme")
    assert changes(run) == []
    run(FakeGitHub(USERS), 50)
    run(github(), 330, refresh=True)
    assert changes(run) == []


def test_a_refresh_with_a_larger_total_remembers_no_unread_users(run):
    run(github(), 100)
    run(github(), 330, refresh=True)
    run(github(), 100, "org:acme")
    run(github(), 330, "org:acme", refresh=True)
    assert changes(run) == []


def test_new_users_of_a_list_that_was_read_to_its_end_are_changes(run):
    fake = github()
    run(fake, 1000)
    run(fake, 1000, "org:acme")
    fake.users = [*USERS, *(user(9000 + n, f"new-{n}") for n in range(150))]
    fake.lists["/orgs/acme/members"] = [*MEMBERS, user(9000, "new-0")]
    run(fake, 1000, refresh=True)
    assert [(what, after) for _, _, what, _, after in changes(run)] == [
        ("new", f"new-{n}") for n in range(150)
    ]
    run(fake, 1000, "org:acme", refresh=True)
    assert changes(run)[150:] == [(2, 9000, "new", None, "new-0")]


def test_a_plain_reading_remembers_no_change(run):
    fake = github()
    run(fake, 1000, "org:acme")
    fake.lists["/orgs/acme/members"] = [
        *MEMBERS[:249],
        user(MEMBERS[249]["id"], "renamed"),
        user(9000, "new"),
    ]
    run(fake, 1000, "org:acme")
    assert (len(run.ids), changes(run)) == (251, [])


def test_a_file_that_is_read_again_is_compared(run):
    def seed(*users, total=1000):
        records = placed(users)
        source = Source("file:x", "GitHub users", "file:/x", records=lambda: records)
        run(FakeGitHub([]), total, source)

    seed(make_profile(1), make_profile(2), make_profile(3), total=2)
    seed(make_profile(1), make_profile(2), make_profile(3))
    assert changes(run) == []
    seed(make_profile(1), make_profile(2, avatar_url="https://a.test/new"), make_profile(4))
    assert changes(run) == [
        (1, 2, "changed", make_profile(2).avatar_url, "https://a.test/new"),
        (1, 4, "new", None, "user-4"),
        (1, 3, "gone", "user-3", None),
    ]


def test_only_the_newest_changes_are_remembered(run, monkeypatch):
    monkeypatch.setattr(readings, "MAX_CHANGES", 5)
    run(github(), 330)
    renamed = [one | {"login": f"renamed-{one['id']}"} for one in USERS]
    run(github(renamed), 330, refresh=True)
    assert [row[1] for row in changes(run)] == [one["id"] for one in USERS[-5:]]

import json

import pytest

from generator.store import Tally
from tests.fake_github import FakeGitHub, FakeReply, user
from tests.generator.seed.runs import MEMBERS, USERS, first, github, members


@pytest.mark.parametrize(
    ("total", "sizes"),
    [(1, [1]), (30, [30]), (100, [100]), (150, [100, 50]), (330, [100, 100, 100, 30])],
)
def test_only_missing_users_are_requested(run, total, sizes):
    fake = github()
    run(fake, total)
    assert run.ids == first(total)
    assert [int(url.rpartition("per_page=")[2]) for url in fake.requests] == sizes


def test_each_request_starts_after_the_last_user(run):
    fake = github()
    run(fake, 250)
    assert [url.split("&")[0] for url in fake.requests] == [
        f"/users?since={since}" for since in (0, USERS[99]["id"], USERS[199]["id"])
    ]


def test_a_second_run_continues_after_the_first(run):
    fake = github()
    run(fake, 150)
    run(fake, 330)
    assert run.ids == first(330)
    assert len(fake.requests) == 2 + 2


def test_stored_users_are_not_requested_again(run):
    fake = github()
    run(fake, 150)
    run(fake, 100)
    assert len(fake.requests) == 2
    assert (run.stored, run.ids) == (150, first(100))
    assert run.progress.total == 100


def test_a_later_run_reads_users_that_joined_since(run):
    run(FakeGitHub(USERS[:120]), 1000)
    fake = github()
    run(fake, 1000)
    assert run.ids == first(330)
    assert fake.requests[0].startswith(f"/users?since={USERS[119]['id']}&")


def test_a_reply_may_have_more_users_than_requested(run):
    everything = FakeReply(200, {}, json.dumps(USERS).encode())
    run(FakeGitHub(USERS, fault=lambda request: everything), 150)
    assert (run.stored, run.ids) == (330, first(150))


def test_progress_is_reported_after_each_reply(run):
    run(github(), 250)
    assert run.steps == [100, 200, 250]


@pytest.mark.parametrize(("total", "requests"), [(50, 1), (100, 1), (150, 2), (1000, 3)])
def test_a_list_by_page_is_read_in_its_own_order(run, total, requests):
    fake = github()
    run(fake, total, "org:acme")
    assert (run.ids, len(fake.requests)) == (members(total), requests)
    assert all("per_page=100" in url for url in fake.requests)


def test_a_list_by_page_continues_and_its_last_page_is_requested_again(run):
    fake = github()
    run(fake, 100, "org:acme")
    run(fake, 1000, "org:acme")
    assert [url.partition("page=100")[2] for url in fake.requests] == ["", "&page=2", "&page=3"]
    fake.lists["/orgs/acme/members"] = [*MEMBERS, user(9000, "newcomer")]
    outcome = run(fake, 1000, "org:acme")
    assert (len(fake.requests), run.ids) == (4, [*members(1000), 9000])
    assert outcome.tally == Tally(new=1, unchanged=50)


def test_anonymous_contributors_are_not_listed(run):
    anonymous = {"type": "Anonymous", "email": "a@b.test", "name": "A"}
    fake = FakeGitHub(USERS, lists={"/repos/a/b/contributors": [USERS[0], anonymous, USERS[1]]})
    outcome = run(fake, 150, "repo:a/b")
    assert run.ids == first(2)
    assert any("anonymous" in note for note in outcome.notes)

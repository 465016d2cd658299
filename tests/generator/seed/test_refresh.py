import json

import pytest

from generator.errors import Refused, SourceError
from generator.store import Tally
from tests.fake_github import FakeGitHub, FakeReply, user
from tests.generator.seed.runs import API, CHANGED, MEMBERS, USERS, Run, first, github, members


@pytest.mark.parametrize("token", ["good", None])
def test_a_refresh_counts_changes_and_equals_a_new_seeding(run, token, tmp_path):
    run(github(), 120, token=token)
    outcome = run(github(CHANGED), 120, token=token, refresh=True)
    assert outcome.tally == Tally(new=1, renamed=2, retyped=1, gone=1, unchanged=116)
    fresh = Run(tmp_path / "fresh.db")
    fresh(github(CHANGED), 120)
    assert run.names == fresh.names


def test_a_refresh_gets_304_for_unchanged_replies(run):
    fake = github()
    run(fake, 330, token="good")
    outcome = run(fake, 330, token="good", refresh=True)
    assert (outcome.requests, outcome.not_modified) == (4, 4)
    assert outcome.tally == Tally(unchanged=330)
    fake.users = [*USERS[:100], USERS[100] | {"login": "renamed"}, *USERS[101:]]
    outcome = run(fake, 330, token="good", refresh=True)
    assert (outcome.not_modified, outcome.tally) == (3, Tally(renamed=1, unchanged=329))


def test_a_refresh_with_another_token_gets_no_304(run):
    run(github(), 330)
    outcome = run(github(), 330, token="good", refresh=True)
    assert (outcome.not_modified, outcome.tally) == (0, Tally(unchanged=330))


def test_a_refresh_of_a_list_by_page_tells_moved_users_from_gone_ones(run):
    fake = github()
    run(fake, 1000, "org:acme")
    fake.lists["/orgs/acme/members"] = [*MEMBERS[200:], *MEMBERS[:50], *MEMBERS[60:200]]
    outcome = run(fake, 1000, "org:acme", refresh=True)
    assert outcome.tally == Tally(gone=10, unchanged=240)
    assert run.ids == sorted(user["id"] for user in fake.lists["/orgs/acme/members"])


def test_reading_only_the_last_page_again_makes_no_user_gone(run):
    fake = github()
    run(fake, 1000, "org:acme")
    fake.lists["/orgs/acme/members"] = MEMBERS[20:]
    outcome = run(fake, 1000, "org:acme")
    assert (outcome.tally["gone"], run.ids) == (0, members(1000))
    outcome = run(fake, 1000, "org:acme", refresh=True)
    assert (outcome.tally["gone"], run.ids) == (20, sorted(user["id"] for user in MEMBERS[20:]))


def test_an_interrupted_refresh_of_a_list_by_page_starts_again(run):
    fake = github()
    run(fake, 1000, "org:acme")
    fake.fault = lambda request: FakeReply(401, {}, b"{}") if request == 5 else None
    with pytest.raises(Refused):
        run(fake, 1000, "org:acme", refresh=True)
    fake.lists["/orgs/acme/members"] = MEMBERS[5:]
    run(fake, 1000, "org:acme", refresh=True)
    assert run.ids == sorted(user["id"] for user in MEMBERS[5:])


def test_a_new_user_does_not_remove_one_on_an_uncached_page(run):
    hundred_and_one = USERS[:101]
    fake = FakeGitHub(USERS, lists={"/orgs/acme/members": hundred_and_one})
    run(fake, 200, "org:acme", token="good")
    fake.lists["/orgs/acme/members"] = [user(5000, "newcomer"), *hundred_and_one]
    run(fake, 200, "org:acme", token="good")
    for _ in range(2):
        run(fake, 200, "org:acme", token="good", refresh=True)
        assert len(run.ids) == 102


def test_after_an_unchanged_last_page_a_further_page_is_requested(run):
    fake = FakeGitHub(USERS, lists={"/orgs/acme/members": USERS[:100]})
    run(fake, 200, "org:acme", token="good")
    fake.lists["/orgs/acme/members"] = USERS[:101]
    statuses = answer_etags_with_304(fake)
    run(fake, 200, "org:acme", token="good", refresh=True)
    assert (len(run.ids), statuses) == (101, [304])


def answer_etags_with_304(fake):
    """Make *fake* answer any ETag with 304, without a Link header. Return a list of these 304s."""
    answer, statuses = fake.answer, []

    def answered(target, headers, base):
        if "if-none-match" in headers:
            fake.requests.append(target)
            statuses.append(304)
            return FakeReply(304, {"ETag": headers["if-none-match"]})
        return answer(target, headers, base)

    fake.answer = answered
    return statuses


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(FakeReply(200, {}, b"[]"), id="an empty page"),
        pytest.param(FakeReply(204), id="no content"),
        pytest.param(FakeReply(200, {}, json.dumps(USERS[100:200]).encode()), id="a full page"),
    ],
)
def test_an_early_end_is_requested_again_before_users_are_gone(run, reply):
    fake = github()
    run(fake, 330)
    fake.fault = lambda request: reply if request == 6 else None
    outcome = run(fake, 330, refresh=True)
    assert (outcome.tally, run.ids) == (Tally(unchanged=330), first(330))


def test_users_after_a_confirmed_end_are_gone(run):
    run(github(), 330)
    outcome = run(github(USERS[:200]), 330, refresh=True)
    assert (outcome.tally["gone"], run.ids) == (130, first(200))
    assert outcome.requests == 3


def test_an_incomplete_search_makes_no_user_gone(run):
    fake = FakeGitHub(USERS, lists={"/search/users": USERS[:50]})
    run(fake, 150, "search:x")
    short = {"total_count": 1, "incomplete_results": True, "items": USERS[:1]}
    fake.fault = lambda request: FakeReply(200, {}, json.dumps(short).encode())
    outcome = run(fake, 150, "search:x", refresh=True)
    assert (outcome.tally["gone"], len(run.ids)) == (0, 50)
    assert any("incomplete" in note for note in outcome.notes)


def test_a_list_that_became_empty_leaves_the_stored_users_and_warns(run):
    fake = github()
    run(fake, 1000, "org:acme")
    fake.lists["/orgs/acme/members"] = []
    run(fake, 1000, "org:acme", refresh=True)
    assert (run.ids, len(run.warnings)) == (members(1000), 1)
    assert "org:acme lists no users now" in run.warnings[0]


def test_after_a_gone_user_the_later_replies_are_still_cached(run):
    fake = github()
    run(fake, 330, token="good")
    fake.users = USERS[:5] + USERS[6:]
    outcome = run(fake, 329, token="good", refresh=True)
    assert (outcome.tally, outcome.not_modified) == (Tally(gone=1, unchanged=329), 3)
    outcome = run(fake, 329, token="good", refresh=True)
    assert (outcome.tally, outcome.not_modified) == (Tally(unchanged=329), 4)


def test_a_refresh_of_the_first_users_leaves_the_rest(run):
    fake = github()
    run(fake, 330)
    run(fake, 50, refresh=True)
    outcome = run(fake, 330)
    assert (outcome.requests, run.ids) == (0, first(330))


def test_only_a_refresh_sends_etags(run):
    fake = github()
    run(fake, 1000, token="good")
    run(fake, 1000, token="good")
    assert not any("if-none-match" in headers for headers in fake.headers)


def test_users_beyond_the_total_of_a_refresh_are_not_gone(run):
    run(github(), 330)
    outcome = run(github(CHANGED), 50, refresh=True)
    assert (outcome.tally["gone"], run.stored) == (1, 329)


@pytest.mark.parametrize(("failing", "left"), [(1, 2), (2, 1)])
def test_an_interrupted_refresh_of_a_list_by_id_continues(run, failing, left):
    run(github(), 330)
    fake = github(CHANGED)
    fake.fault = lambda request: FakeReply(401, {}, b"{}") if request == failing else None
    with pytest.raises(Refused):
        run(fake, 330, refresh=True)
    run(fake, 330, refresh=True)
    assert len(fake.requests) == failing + left
    assert (run.ids, run.progress.refresh) == ([user["id"] for user in CHANGED], None)


def test_a_refresh_without_users_leaves_the_stored_ones(run):
    run(github(), 150)
    with pytest.raises(SourceError):
        run(github(fault=lambda request: FakeReply(200, {}, b"{}")), 150, refresh=True)
    run(github([]), 150, refresh=True)
    assert run.ids == first(150)


def test_an_empty_page_with_a_next_page_makes_no_user_gone(run):
    run(github(), 330)
    empty = FakeReply(200, {"Link": f'<{API}/users?since=9999>; rel="next"'}, b"[]")
    run(github(fault=lambda request: empty if request == 2 else None), 330, refresh=True)
    assert (run.stored, len(run.warnings)) == (330, 1)

import json
import os
import resource
import shutil
import signal
import sqlite3
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from generator.errors import RateLimitExceeded, Refused, SourceError, StoreError, Unreachable
from generator.github import Client
from generator.seed import sources
from generator.seed.crawl import copy, crawl, requests_needed
from generator.seed.sources import Source, parse_source
from generator.store import ListProgress, Store, Tally
from tests.factories import make_profile
from tests.fake_github import Answer, FakeGitHub, transport, user

API = "https://api.test"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
# As on GitHub: ascending ids with gaps.
USERS = [user(number * 7 // 5, f"user-{number}") for number in range(1, 331)]
# In an order of its own.
MEMBERS = USERS[300:150:-1] + USERS[:100]


def github(users=USERS, **options):
    return FakeGitHub(users, lists={"/orgs/acme/members": MEMBERS}, **options)


class Run:
    """Seeds from a fake GitHub into one store, and has what it then holds and what was said."""

    def __init__(self, path):
        self.path = path

    def __call__(self, github, total=150, source="users", token=None, *, refresh=False, **options):
        found = source if isinstance(source, Source) else parse_source(source, API)
        self.said, self.steps, self.waits = [], [], []
        client = Client(
            API,
            token,
            transport=transport(github, API),
            wait=lambda seconds, why: self.waits.append(seconds),
            jitter=lambda: 1.0,
            **options,
        )
        store = Store(self.path, sources.world([found], API))
        store.choose([ListProgress(found.identity, found.name, found.title)], total)
        try:
            if found.url is None:
                self.outcome = copy(found, store, total, lambda: NOW, self.steps.append)
            else:
                self.outcome = crawl(
                    *(found, store, total, client, lambda: NOW, self.steps.append),
                    self.said.append,
                    refresh=refresh,
                )
        finally:
            self.ids = [profile.id for profile in store.profiles()]
            self.names = {profile.id: profile.username for profile in store.profiles()}
            self.progress = store.progress(found.identity)
            self.stored = store.count(found.identity, 10**6)
            store.close()
            client.close()
        return self.outcome


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "users.db")


def first(total):
    return [user["id"] for user in USERS[:total]]


@pytest.mark.parametrize(
    ("total", "sizes"),
    [(1, [1]), (30, [30]), (100, [100]), (150, [100, 50]), (330, [100, 100, 100, 30])],
)
def test_no_more_is_asked_for_than_is_wanted(run, total, sizes):
    asked = github()
    run(asked, total)
    assert run.ids == first(total)
    assert [int(url.rpartition("per_page=")[2]) for url in asked.requests] == sizes


def test_every_request_goes_on_after_the_last_user(run):
    asked = github()
    run(asked, 250)
    assert [url.split("&")[0] for url in asked.requests] == [
        f"/users?since={since}" for since in (0, USERS[99]["id"], USERS[199]["id"])
    ]


def test_a_second_run_goes_on_where_the_first_stopped(run):
    asked = github()
    run(asked, 150)
    run(asked, 330)
    assert run.ids == first(330)
    assert len(asked.requests) == 2 + 2


def test_nothing_is_asked_for_that_is_stored(run):
    asked = github()
    run(asked, 150)
    run(asked, 100)
    assert len(asked.requests) == 2
    assert (run.stored, run.ids) == (150, first(100))
    assert run.progress.total == 100


def test_a_list_without_users_on_github_is_an_error_too(run, tmp_path):
    with pytest.raises(SourceError, match="users lists no users"):
        run(FakeGitHub([]), 150)
    assert not list(tmp_path.glob("*.db"))


def test_the_end_of_the_list_is_the_end(run):
    asked = github()
    run(asked, 1000)
    assert run.ids == first(330)
    assert len(asked.requests) == 4
    assert run.said == []


def test_users_who_join_later_are_met_by_a_later_run(run):
    run(FakeGitHub(USERS[:120]), 1000)
    asked = github()
    run(asked, 1000)
    assert run.ids == first(330)
    assert asked.requests[0].startswith(f"/users?since={USERS[119]['id']}&")


def test_an_empty_page_is_the_end_even_with_a_next_link(run):
    empty = Answer(200, {"Link": f'<{API}/users?since=9999>; rel="next"'}, b"[]")
    asked = github(fault=lambda request: empty if request == 2 else None)
    run(asked, 330)
    assert run.ids == first(100)
    assert len(asked.requests) == 2


@pytest.mark.parametrize("since", ["0", "100", "140", "x"])
def test_a_list_that_does_not_go_on_is_left_with_a_word(run, since):
    stuck = Answer(
        200,
        {"Link": f'<{API}/users?since={since}>; rel="next"'},
        json.dumps(USERS[100:101]).encode(),
    )
    asked = github(fault=lambda request: stuck if request > 1 else None)
    run(asked, 330)
    assert run.ids == first(101)
    assert len(asked.requests) == 2
    assert "does not continue" in run.said[0]


def test_the_same_page_again_is_left_with_a_word(run):
    def same(request):
        link = f'<{API}/users?since={request * 1000}>; rel="next"'
        return Answer(200, {"Link": link}, json.dumps(USERS[:100]).encode())

    asked = github(fault=same)
    run(asked, 330)
    assert run.ids == first(100)
    assert len(asked.requests) == 2
    assert "does not continue" in run.said[0]


def test_users_that_come_again_are_counted_once(run):
    again = Answer(
        200,
        {"Link": f'<{API}/users?since={USERS[199]["id"]}>; rel="next"'},
        json.dumps(USERS[50:200]).encode(),
    )
    outcome = run(github(fault=lambda request: again if request == 2 else None), 330)
    assert (outcome.tally, run.ids) == (Tally(new=330), first(330))


def test_a_next_page_on_another_host_is_asked_of_the_api_itself(run):
    asked = github()
    base = "https://elsewhere.test"
    answer = asked.answer
    asked.answer = lambda target, headers, _: answer(target, headers, base)
    run(asked, 250, token="good")
    assert run.ids == first(250)
    assert len(asked.requests) == 3
    assert run.progress.cursor.url.startswith(API)


def test_a_page_of_nulls_is_no_end(run):
    link = f'<{API}/users?since={USERS[99]["id"]}>; rel="next"'
    nulls = Answer(200, {"Link": link}, b"[null, null]")
    asked = github(fault=lambda request: nulls if request == 1 else None)
    run(asked, 100)
    assert run.ids == [user["id"] for user in USERS[100:200]]


def linked(link):
    odd = Answer(200, {"Link": f'<{link}>; rel="next"'}, json.dumps(USERS[:100]).encode())
    return FakeGitHub(USERS, fault=lambda request: odd if request == 1 else None)


def test_a_next_page_that_is_no_address_is_an_error_that_names_it(run):
    with pytest.raises(SourceError, match=r"its next page is 'http://\[bad/users\?since=9'"):
        run(linked("http://[bad/users?since=9"), 250)


def test_a_next_page_on_no_port_is_asked_of_the_api_all_the_same(run):
    run(linked(f"http://x:y/users?since={USERS[99]['id']}"), 250)
    assert run.ids == first(250)


def test_a_list_without_users_is_an_error_that_keeps_what_is_stored(run):
    users = [make_profile(1)]
    local = Source("file:x", "GitHub users", "file:/x", profiles=lambda: iter(users))
    run(FakeGitHub([]), 10, source=local)
    users.clear()
    with pytest.raises(SourceError, match="file:x lists no users"):
        run(FakeGitHub([]), 10, source=local)
    assert run.ids == [1]


def test_a_server_that_gives_more_than_asked_for_is_survived(run):
    everything = Answer(200, {}, json.dumps(USERS).encode())
    run(FakeGitHub(USERS, fault=lambda request: everything), 150)
    assert (run.stored, run.ids) == (330, first(150))


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failure_keeps_what_came_before_and_the_next_run_goes_on(run, failing):
    broken = Answer(502, {}, b"<html>Bad Gateway")
    asked = github(fault=lambda request: broken if request >= failing else None)
    with pytest.raises(SourceError, match="502"):
        run(asked, 330)
    assert run.ids == first((failing - 1) * 100)
    asked.fault = lambda request: None
    run(asked, 330)
    assert run.ids == first(330)


def test_a_used_up_limit_that_may_not_be_waited_for_keeps_what_came(run):
    asked = github(remaining=2)
    with pytest.raises(RateLimitExceeded, match="limit of 60 requests an hour is used up until"):
        run(asked, 330, max_wait=0)
    assert (run.ids, run.waits) == (first(200), [])
    run(asked, 330, token="good")
    assert run.ids == first(330)


def test_a_limit_is_waited_out_and_nothing_is_lost(run):
    asked = github(remaining=2)

    def renew(request):
        if request == 4:
            asked.remaining = 60

    asked.fault = renew
    run(asked, 330, max_wait=10**6)
    assert (run.ids, len(run.waits), len(asked.requests)) == (first(330), 1, 5)


def test_a_bad_token_is_refused_at_once(run):
    with pytest.raises(SourceError, match=r"401 .*GITHUB_TOKEN is invalid"):
        run(github(), 330, token="bad")


def unplugged(after):
    def fault(request):
        if request > after:
            raise httpx.ConnectError("no route to host")

    return github(fault=fault)


def test_unreachable_is_said_only_when_nothing_was_reached(run):
    with pytest.raises(Unreachable):
        run(unplugged(after=0), 330, insist=False)
    assert run.waits == []
    with pytest.raises(SourceError, match="run the same command again to continue") as broke_off:
        run(unplugged(after=1), 330, insist=False)
    assert not isinstance(broke_off.value, Unreachable)
    assert run.ids == first(100)


def test_every_reply_is_told_as_progress(run):
    run(github(), 250)
    assert run.steps == [100, 200, 250]


def test_a_list_on_this_machine_is_cut_at_the_total(run):
    profiles = [make_profile(number) for number in (5, 3, 9)]
    local = Source("file:x", "GitHub users", "file:/x", profiles=lambda: iter(profiles))
    run(FakeGitHub([]), 2, source=local)
    assert run.ids == [3, 5]
    run(FakeGitHub([]), 100, source=local)
    assert run.ids == [3, 5, 9]
    assert run.progress.seeded_at == "2026-11-24T12:00:00Z"


def members(total):
    return sorted(user["id"] for user in MEMBERS[:total])


@pytest.mark.parametrize(("total", "requests"), [(50, 1), (100, 1), (150, 2), (1000, 3)])
def test_a_list_by_page_is_read_in_its_own_order(run, total, requests):
    asked = github()
    run(asked, total, "org:acme")
    assert (run.ids, len(asked.requests)) == (members(total), requests)
    assert all("per_page=100" in url for url in asked.requests)


def test_a_list_by_page_goes_on_where_it_stopped_and_its_end_is_asked_for_again(run):
    asked = github()
    run(asked, 100, "org:acme")
    run(asked, 1000, "org:acme")
    assert [url.partition("page=100")[2] for url in asked.requests] == ["", "&page=2", "&page=3"]
    asked.lists["/orgs/acme/members"] = [*MEMBERS, user(9000, "newcomer")]
    outcome = run(asked, 1000, "org:acme")
    assert (len(asked.requests), run.ids) == (4, [*members(1000), 9000])
    assert outcome.tally == Tally(new=1, unchanged=50)


def test_a_timeout_asks_for_fewer_and_misses_nobody(run):
    slow = Answer(504, {}, b"")
    asked = github(fault=lambda request: slow if request in (1, 2, 4) else None)
    run(asked, 330)
    assert run.ids == first(330)
    sizes = [int(url.rpartition("per_page=")[2]) for url in asked.requests]
    assert sizes == [100, 50, 25, 25, 12, 12, 24, 48, 96, 100, 13]
    asked = github(fault=lambda request: slow if request in (2, 3, 5) else None)
    run(asked, 1000, "org:acme")
    assert run.ids == members(1000)
    assert [url.partition("?per_page=")[2] for url in asked.requests][1:9] == [
        *("100&page=2", "50&page=3", "25&page=5", "25&page=6", "5&page=26", "5&page=27"),
        *("9&page=16", "18&page=9"),
    ]


def test_a_search_stops_where_github_does(run):
    many = [user(number, f"user-{number}") for number in range(1, 1201)]
    asked = FakeGitHub(many, lists={"/search/users": many}, found=1200)
    outcome = run(asked, 5000, "search:location:iceland")
    assert (len(run.ids), len(asked.requests), run.said) == (1000, 10, [])
    assert any("found 1,200 users" in note for note in outcome.notes)


def test_an_empty_repository_lists_nobody(run):
    with pytest.raises(SourceError, match="repo:a/b lists no users"):
        run(github(fault=lambda request: Answer(204)), 150, "repo:a/b")


def test_what_github_does_not_have_is_said_with_its_name(run):
    with pytest.raises(
        Refused, match=r"404 \(Not Found\) to https://api\.test/orgs/nobody/members"
    ):
        run(github(), 150, "org:nobody")


CHANGED = [
    USERS[0],
    USERS[1] | {"login": USERS[2]["login"]},  # two swap names
    USERS[2] | {"login": USERS[1]["login"]},
    USERS[3] | {"type": "Organization"},
    *USERS[5:120],
    user(10_000_000, "far-behind"),
]


@pytest.mark.parametrize("token", ["good", None])
def test_a_refresh_notes_what_changed_and_ends_like_a_seeding_from_the_first(run, token, tmp_path):
    run(github(), 120, token=token)
    outcome = run(github(CHANGED), 120, token=token, refresh=True)
    assert outcome.tally == Tally(new=1, renamed=2, retyped=1, gone=1, unchanged=116)
    fresh = Run(tmp_path / "fresh.db")
    fresh(github(CHANGED), 120)
    assert run.names == fresh.names


def test_a_refresh_asks_for_nothing_that_has_not_changed(run):
    asked = github()
    run(asked, 330, token="good")
    outcome = run(asked, 330, token="good", refresh=True)
    assert (outcome.requests, outcome.not_modified) == (4, 4)
    assert outcome.tally == Tally(unchanged=330)
    asked.users = [*USERS[:100], USERS[100] | {"login": "renamed"}, *USERS[101:]]
    outcome = run(asked, 330, token="good", refresh=True)
    assert (outcome.not_modified, outcome.tally) == (3, Tally(renamed=1, unchanged=329))


def test_a_refresh_with_another_token_gets_everything_again(run):
    run(github(), 330)
    outcome = run(github(), 330, token="good", refresh=True)
    assert (outcome.not_modified, outcome.tally) == (0, Tally(unchanged=330))


def test_a_refresh_of_a_list_by_page_sees_who_moved_and_who_left(run):
    asked = github()
    run(asked, 1000, "org:acme")
    asked.lists["/orgs/acme/members"] = [*MEMBERS[200:], *MEMBERS[:50], *MEMBERS[60:200]]
    outcome = run(asked, 1000, "org:acme", refresh=True)
    assert outcome.tally == Tally(gone=10, unchanged=240)
    assert run.ids == sorted(user["id"] for user in asked.lists["/orgs/acme/members"])


def test_who_moves_to_another_page_is_not_gone_for_a_run_that_reads_the_last_one_alone(run):
    asked = github()
    run(asked, 1000, "org:acme")
    asked.lists["/orgs/acme/members"] = MEMBERS[20:]
    outcome = run(asked, 1000, "org:acme")
    assert (outcome.tally.gone, run.ids) == (0, members(1000))
    outcome = run(asked, 1000, "org:acme", refresh=True)
    assert (outcome.tally.gone, run.ids) == (20, sorted(one["id"] for one in MEMBERS[20:]))


def test_an_interrupted_refresh_of_a_list_by_page_begins_again(run):
    asked = github()
    run(asked, 1000, "org:acme")
    asked.fault = lambda request: Answer(401, {}, b"{}") if request == 5 else None
    with pytest.raises(Refused):
        run(asked, 1000, "org:acme", refresh=True)
    asked.lists["/orgs/acme/members"] = MEMBERS[5:]
    run(asked, 1000, "org:acme", refresh=True)
    assert run.ids == sorted(one["id"] for one in MEMBERS[5:])


def test_a_newcomer_is_not_the_end_of_another_whom_no_etag_tells_of(run):
    hundred = USERS[:101]
    asked = FakeGitHub(USERS, lists={"/orgs/acme/members": hundred})
    run(asked, 200, "org:acme", token="good")
    asked.lists["/orgs/acme/members"] = [user(5000, "newcomer"), *hundred]
    run(asked, 200, "org:acme", token="good")
    for _ in range(2):
        run(asked, 200, "org:acme", token="good", refresh=True)
        assert len(run.ids) == 102


def test_a_page_that_is_what_it_was_may_have_one_after_it_now(run):
    asked = FakeGitHub(USERS, lists={"/orgs/acme/members": USERS[:100]})
    run(asked, 200, "org:acme", token="good")
    asked.lists["/orgs/acme/members"] = USERS[:101]
    etag = hide_links(asked)
    run(asked, 200, "org:acme", token="good", refresh=True)
    assert (len(run.ids), etag) == (101, [304])


def hide_links(asked):
    """Let 304 be answered to any If-None-Match, without a Link; note the statuses."""
    answer, seen = asked.answer, []

    def answered(target, headers, base):
        if "if-none-match" in headers:
            asked.requests.append(target)
            seen.append(304)
            return Answer(304, {"ETag": headers["if-none-match"]})
        return answer(target, headers, base)

    asked.answer = answered
    return seen


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(Answer(200, {}, b"[]"), id="an empty page"),
        pytest.param(Answer(204), id="no content"),
        pytest.param(Answer(200, {}, json.dumps(USERS[100:200]).encode()), id="a full page"),
    ],
)
def test_an_end_in_the_middle_is_asked_for_again_before_anybody_is_gone(run, odd):
    asked = github()
    run(asked, 330)
    asked.fault = lambda request: odd if request == 6 else None
    outcome = run(asked, 330, refresh=True)
    assert (outcome.tally, run.ids) == (Tally(unchanged=330), first(330))


def test_an_end_that_is_confirmed_is_one(run):
    run(github(), 330)
    outcome = run(github(USERS[:200]), 330, refresh=True)
    assert (outcome.tally.gone, run.ids) == (130, first(200))
    assert outcome.requests == 3


def test_a_search_that_ran_out_of_time_makes_nobody_gone(run):
    asked = FakeGitHub(USERS, lists={"/search/users": USERS[:50]})
    run(asked, 150, "search:x")
    short = {"total_count": 1, "incomplete_results": True, "items": USERS[:1]}
    asked.fault = lambda request: Answer(200, {}, json.dumps(short).encode())
    outcome = run(asked, 150, "search:x", refresh=True)
    assert (outcome.tally.gone, len(run.ids)) == (0, 50)
    assert any("incomplete" in note for note in outcome.notes)


def test_a_list_that_has_become_empty_is_kept_with_a_word(run):
    asked = github()
    run(asked, 1000, "org:acme")
    asked.lists["/orgs/acme/members"] = []
    run(asked, 1000, "org:acme", refresh=True)
    assert (run.ids, len(run.said)) == (members(1000), 1)
    assert "org:acme lists no users now" in run.said[0]


def test_one_who_is_gone_does_not_shift_what_follows(run):
    asked = github()
    run(asked, 330, token="good")
    asked.users = USERS[:5] + USERS[6:]
    outcome = run(asked, 329, token="good", refresh=True)
    assert (outcome.tally, outcome.not_modified) == (Tally(gone=1, unchanged=329), 3)
    outcome = run(asked, 329, token="good", refresh=True)
    assert (outcome.tally, outcome.not_modified) == (Tally(unchanged=329), 4)


def test_a_refresh_of_a_few_forgets_nothing_of_the_rest(run):
    asked = github()
    run(asked, 330)
    run(asked, 50, refresh=True)
    outcome = run(asked, 330)
    assert (outcome.requests, run.ids) == (0, first(330))


def test_what_is_asked_for_without_a_refresh_is_asked_for_without_an_etag(run):
    asked = github()
    run(asked, 1000, token="good")
    run(asked, 1000, token="good")
    assert not any("if-none-match" in headers for headers in asked.headers)


def test_anonymous_contributors_are_no_error_and_not_listed(run):
    anonymous = {"type": "Anonymous", "email": "a@b.test", "name": "A"}
    asked = FakeGitHub(USERS, lists={"/repos/a/b/contributors": [USERS[0], anonymous, USERS[1]]})
    outcome = run(asked, 150, "repo:a/b")
    assert run.ids == first(2)
    assert any("anonymous" in note for note in outcome.notes)


def test_a_search_is_left_at_its_thousandth_user_whatever_it_links_to(run):
    many = [user(number, f"user-{number}") for number in range(1, 1301)]
    asked = FakeGitHub([], lists={"/orgs/x/members": many})
    answer = asked.answer

    def search(target, headers, base):
        found = answer(target.replace("/search/users", "/orgs/x/members"), headers, base)
        items = {"total_count": 1300, "items": json.loads(found.body)}
        return Answer(found.status, found.headers, json.dumps(items).encode())

    asked.answer = search
    run(asked, 5000, "search:x")
    assert (len(run.ids), len(asked.requests)) == (1000, 10)


def limited_to(size, work):
    """Do *work* in a process that can write no file larger than *size* bytes."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            work()
        except SourceError:
            os._exit(2)
        except StoreError:
            os._exit(1)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_disk_that_is_full_loses_nothing(run):
    asked = github()
    assert limited_to(70_000, lambda: run(asked, 330)) == 1
    run(asked, 330)
    assert (run.ids, len(asked.requests)) == (first(330), 3)
    assert limited_to(10, lambda: Run(run.path.with_name("new.db"))(asked, 330)) == 1
    assert not run.path.with_name("new.db").exists()


def test_beyond_what_a_refresh_reads_nobody_is_gone(run):
    run(github(), 330)
    outcome = run(github(CHANGED), 50, refresh=True)
    assert (outcome.tally.gone, run.stored) == (1, 329)


@pytest.mark.parametrize(("failing", "left"), [(1, 2), (2, 1)])
def test_an_interrupted_refresh_is_taken_up_by_the_next_run(run, failing, left):
    run(github(), 330)
    asked = github(CHANGED)
    asked.fault = lambda request: Answer(401, {}, b"{}") if request == failing else None
    with pytest.raises(Refused):
        run(asked, 330, refresh=True)
    run(asked, 330, refresh=True)
    assert len(asked.requests) == failing + left
    assert (run.ids, run.progress.refresh) == ([user["id"] for user in CHANGED], None)


def test_a_refresh_that_finds_nobody_leaves_what_is_stored(run):
    run(github(), 150)
    with pytest.raises(SourceError):
        run(github(fault=lambda request: Answer(200, {}, b"{}")), 150, refresh=True)
    run(github([]), 150, refresh=True)
    assert run.ids == first(150)


def test_a_page_that_is_empty_although_a_next_one_is_named_makes_nobody_gone(run):
    run(github(), 330)
    empty = Answer(200, {"Link": f'<{API}/users?since=9999>; rel="next"'}, b"[]")
    run(github(fault=lambda request: empty if request == 2 else None), 330, refresh=True)
    assert (run.stored, len(run.said)) == (330, 1)


@pytest.mark.parametrize(
    ("source", "total", "needed"),
    [
        ("users", 150, (150, 2)),
        ("users", 1000, (1000, 10)),
        ("org:acme", 150, (150, 2)),
        ("search:x", 5000, (1000, 10)),
        ("file:x.csv", 150, (0, 0)),
    ],
)
def test_what_a_seeding_takes_is_known_before(source, total, needed, tmp_path):
    store = Store(tmp_path / "none.db")
    assert requests_needed(parse_source(source, API), store, total, refresh=False) == needed


def test_what_is_stored_is_not_asked_for_unless_it_is_refreshed(run):
    run(github(), 150)
    users, store = parse_source("users", API), Store(run.path)
    assert requests_needed(users, store, 150, refresh=False) == (0, 0)
    assert requests_needed(users, store, 330, refresh=False) == (180, 2)
    assert requests_needed(users, store, 330, refresh=True) == (330, 4)
    store.close()


def killed_at(statement, work):
    """Do *work* in a process that is killed as SQLite starts its statement number *statement*.

    Returns whether it was.
    """
    child = os.fork()
    if child == 0:
        connect, count = sqlite3.connect, 0

        def trace(sql):
            nonlocal count
            count += 1
            if count == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        def traced(*arguments, **options):
            sql = connect(*arguments, **options)
            sql.set_trace_callback(trace)
            return sql

        sqlite3.connect = traced
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] != 0


@pytest.mark.slow
@pytest.mark.parametrize("source", ["users", "org:acme"])
@pytest.mark.parametrize("refresh", [False, True])
def test_killed_at_any_statement_the_next_run_ends_like_one_that_was_not(tmp_path, source, refresh):
    asked = github()
    Run(tmp_path / "before.db")(asked, 330, source)
    asked.users = CHANGED
    asked.lists["/orgs/acme/members"] = MEMBERS[20:] + MEMBERS[10:20]

    def seed(path):
        if refresh and not path.exists():
            shutil.copy(tmp_path / "before.db", path)
        run = Run(path)
        run(asked, 330, source, refresh=refresh)
        return run.names, run.stored

    expected = seed(tmp_path / "whole.db")
    statement = 1
    while killed_at(statement, partial(seed, path := tmp_path / f"{statement}.db")):
        assert seed(path) == expected, statement
        statement += 11
    assert statement > 100

import json
from datetime import UTC, datetime

import httpx
import pytest

from generator.client import Client
from generator.errors import RateLimitExceeded, SourceError, Unreachable
from generator.seed import copy, crawl
from generator.sources import Source, parse
from generator.store import Progress, Store
from tests.factories import make_profile
from tests.fake_github import Answer, FakeGitHub, user

API = "https://api.test"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
# As on GitHub: ascending ids with gaps.
USERS = [user(number * 7 // 5, f"user-{number}") for number in range(1, 331)]


@pytest.fixture
def run(tmp_path):
    """Seed from a fake GitHub into one store, and give what it then holds and was said."""

    def run(github, total=150, source="users", token=None):
        def answer(request):
            headers = {name.lower(): value for name, value in request.headers.items()}
            found = github.answer(request.url.raw_path.decode(), headers, API)
            return httpx.Response(found.status, headers=dict(found.headers), content=found.body)

        found = source if isinstance(source, Source) else parse(source, API)
        client = Client(API, token, httpx.MockTransport(answer))
        store = Store(tmp_path / "users.db", Progress(found.identity, found.name, found.title))
        run.said, run.steps = [], []
        try:
            if found.url is None:
                copy(found, store, total, lambda: NOW, run.steps.append)
            else:
                crawl(found, store, total, client, lambda: NOW, run.steps.append, run.said.append)
        finally:
            run.ids = [profile.id for profile in store.profiles(10**6)]
            run.progress = store.progress
            store.close()
            client.close()

    return run


def first(total):
    return [user["id"] for user in USERS[:total]]


@pytest.mark.parametrize(
    ("total", "sizes"),
    [(1, [1]), (30, [30]), (100, [100]), (150, [100, 50]), (330, [100, 100, 100, 30])],
)
def test_no_more_is_asked_for_than_is_wanted(run, total, sizes):
    github = FakeGitHub(USERS)
    run(github, total)
    assert run.ids == first(total)
    assert [int(url.rpartition("per_page=")[2]) for url in github.requests] == sizes


def test_every_request_goes_on_after_the_last_user(run):
    github = FakeGitHub(USERS)
    run(github, 250)
    assert [url.split("&")[0] for url in github.requests] == [
        f"/users?since={since}" for since in (0, USERS[99]["id"], USERS[199]["id"])
    ]


def test_a_second_run_goes_on_where_the_first_stopped(run):
    github = FakeGitHub(USERS)
    run(github, 150)
    run(github, 330)
    assert run.ids == first(330)
    assert len(github.requests) == 2 + 2


def test_nothing_is_asked_for_that_is_stored(run):
    github = FakeGitHub(USERS)
    run(github, 150)
    run(github, 100)
    assert len(github.requests) == 2
    assert len(run.ids) == 150
    assert run.progress.total == 100


def test_a_list_without_users_on_github_is_an_error_too(run, tmp_path):
    with pytest.raises(SourceError, match="users lists no users"):
        run(FakeGitHub([]), 150)
    assert not list(tmp_path.iterdir())


def test_the_end_of_the_list_is_the_end(run):
    github = FakeGitHub(USERS)
    run(github, 1000)
    assert run.ids == first(330)
    assert len(github.requests) == 4
    assert run.said == []


def test_users_who_join_later_are_met_by_a_later_run(run):
    run(FakeGitHub(USERS[:120]), 1000)
    github = FakeGitHub(USERS)
    run(github, 1000)
    assert run.ids == first(330)
    assert github.requests[0].startswith(f"/users?since={USERS[119]['id']}&")


def test_an_empty_page_is_the_end_even_with_a_next_link(run):
    empty = Answer(200, {"Link": f'<{API}/users?since=9999>; rel="next"'}, b"[]")
    github = FakeGitHub(USERS, fault=lambda request: empty if request == 2 else None)
    run(github, 330)
    assert run.ids == first(100)
    assert len(github.requests) == 2


@pytest.mark.parametrize("since", ["0", "100", "140", "x"])
def test_a_list_that_does_not_go_on_is_left_with_a_word(run, since):
    stuck = Answer(
        200,
        {"Link": f'<{API}/users?since={since}>; rel="next"'},
        json.dumps(USERS[100:101]).encode(),
    )
    github = FakeGitHub(USERS, fault=lambda request: stuck if request > 1 else None)
    run(github, 330)
    assert run.ids == first(101)
    assert len(github.requests) == 2
    assert "does not go on" in run.said[0]


def test_the_same_page_again_is_left_with_a_word(run):
    def same(request):
        link = f'<{API}/users?since={request * 1000}>; rel="next"'
        return Answer(200, {"Link": link}, json.dumps(USERS[:100]).encode())

    github = FakeGitHub(USERS, fault=same)
    run(github, 330)
    assert run.ids == first(100)
    assert len(github.requests) == 2
    assert "does not go on" in run.said[0]


def test_a_next_page_on_another_host_is_asked_of_the_api_itself(run):
    github = FakeGitHub(USERS)
    base = "https://elsewhere.test"
    answer = github.answer
    github.answer = lambda target, headers, _: answer(target, headers, base)
    run(github, 250, token="good")
    assert run.ids == first(250)
    assert len(github.requests) == 3
    assert run.progress.cursor.startswith(API)


def test_a_page_of_nulls_is_no_end(run):
    link = f'<{API}/users?since={USERS[99]["id"]}>; rel="next"'
    nulls = Answer(200, {"Link": link}, b"[null, null]")
    github = FakeGitHub(USERS, fault=lambda request: nulls if request == 1 else None)
    run(github, 100)
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
    assert run.ids == first(330)
    assert run.progress.total == 150


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failure_keeps_what_came_before_and_the_next_run_goes_on(run, failing):
    broken = Answer(502, {}, b"<html>Bad Gateway")
    github = FakeGitHub(USERS, fault=lambda request: broken if request == failing else None)
    with pytest.raises(SourceError, match="502"):
        run(github, 330)
    assert run.ids == first((failing - 1) * 100)
    run(github, 330)
    assert run.ids == first(330)
    assert len(github.requests) == 5


def test_a_used_up_limit_is_an_error_that_keeps_what_came(run):
    github = FakeGitHub(USERS, remaining=2)
    with pytest.raises(RateLimitExceeded, match="limit of 60 requests an hour is used up until"):
        run(github, 330)
    assert run.ids == first(200)
    run(github, 330, token="good")
    assert run.ids == first(330)


def test_a_bad_token_is_refused_at_once(run):
    with pytest.raises(SourceError, match=r"401 .*GITHUB_TOKEN is invalid"):
        run(FakeGitHub(USERS), 330, token="bad")


def unplugged(after):
    def fault(request):
        if request > after:
            raise httpx.ConnectError("no route to host")

    return FakeGitHub(USERS, fault=fault)


def test_unreachable_is_said_only_when_nothing_was_reached(run):
    with pytest.raises(Unreachable):
        run(unplugged(after=0), 330)
    with pytest.raises(SourceError, match="goes on where it stopped") as broke_off:
        run(unplugged(after=1), 330)
    assert not isinstance(broke_off.value, Unreachable)
    assert run.ids == first(100)


def test_every_reply_is_told_as_progress(run):
    run(FakeGitHub(USERS), 250)
    assert run.steps == [100, 200, 250]


def test_a_list_on_this_machine_is_cut_at_the_total(run):
    profiles = [make_profile(number) for number in (5, 3, 9)]
    local = Source("file:x", "GitHub users", "file:/x", profiles=lambda: iter(profiles))
    run(FakeGitHub([]), 2, source=local)
    assert run.ids == [3, 5]
    run(FakeGitHub([]), 100, source=local)
    assert run.ids == [3, 5, 9]
    assert run.progress.seeded_at == "2026-11-24T12:00:00Z"

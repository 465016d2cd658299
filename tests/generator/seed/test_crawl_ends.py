import json

import pytest

from generator.errors import SourceError
from generator.store import Tally
from tests.fake_github import PAGES_LIMITED, FakeGitHub, FakeReply, user
from tests.generator.seed.runs import API, USERS, first, github


def test_an_empty_list_is_an_error_and_leaves_no_file(run, tmp_path):
    with pytest.raises(SourceError, match="users lists no users"):
        run(FakeGitHub([]), 150)
    assert not list(tmp_path.glob("*.db"))


def test_reading_ends_without_a_warning_at_the_end_of_the_list(run):
    fake = github()
    run(fake, 1000)
    assert run.ids == first(330)
    assert len(fake.requests) == 4
    assert run.warnings == []


def test_an_empty_page_with_a_next_page_ends_the_reading(run):
    empty = FakeReply(200, {"Link": f'<{API}/users?since=9999>; rel="next"'}, b"[]")
    fake = github(fault=lambda request: empty if request == 2 else None)
    run(fake, 330)
    assert run.ids == first(100)
    assert len(fake.requests) == 2


@pytest.mark.parametrize("since", ["0", "100", "140", "x"])
def test_a_next_page_that_is_not_later_ends_the_reading_with_a_warning(run, since):
    page = FakeReply(
        200,
        {"Link": f'<{API}/users?since={since}>; rel="next"'},
        json.dumps(USERS[100:101]).encode(),
    )
    fake = github(fault=lambda request: page if request > 1 else None)
    run(fake, 330)
    assert run.ids == first(101)
    assert len(fake.requests) == 2
    assert "does not continue" in run.warnings[0]


def test_a_repeated_page_ends_the_reading_with_a_warning(run):
    def repeat(request):
        link = f'<{API}/users?since={request * 1000}>; rel="next"'
        return FakeReply(200, {"Link": link}, json.dumps(USERS[:100]).encode())

    fake = github(fault=repeat)
    run(fake, 330)
    assert run.ids == first(100)
    assert len(fake.requests) == 2
    assert "does not continue" in run.warnings[0]


def test_repeated_users_are_counted_once(run):
    overlapping = FakeReply(
        200,
        {"Link": f'<{API}/users?since={USERS[199]["id"]}>; rel="next"'},
        json.dumps(USERS[50:200]).encode(),
    )
    outcome = run(github(fault=lambda request: overlapping if request == 2 else None), 330)
    assert (outcome.tally, run.ids) == (Tally(new=330), first(330))


def test_a_next_page_on_another_host_is_requested_from_the_api(run):
    fake = github()
    base = "https://elsewhere.test"
    answer = fake.answer
    fake.answer = lambda target, headers, _: answer(target, headers, base)
    run(fake, 250, token="good")
    assert run.ids == first(250)
    assert len(fake.requests) == 3
    assert run.progress.cursor.url.startswith(API)


def test_a_page_of_nulls_is_not_the_end(run):
    link = f'<{API}/users?since={USERS[99]["id"]}>; rel="next"'
    nulls = FakeReply(200, {"Link": link}, b"[null, null]")
    fake = github(fault=lambda request: nulls if request == 1 else None)
    run(fake, 100)
    assert run.ids == [user["id"] for user in USERS[100:200]]


def with_next_page(url):
    page = FakeReply(200, {"Link": f'<{url}>; rel="next"'}, json.dumps(USERS[:100]).encode())
    return FakeGitHub(USERS, fault=lambda request: page if request == 1 else None)


def test_an_invalid_next_page_is_an_error_that_names_it(run):
    with pytest.raises(SourceError, match=r"its next page is 'http://\[bad/users\?since=9'"):
        run(with_next_page("http://[bad/users?since=9"), 250)


def test_a_next_page_with_an_invalid_port_is_requested_from_the_api(run):
    run(with_next_page(f"http://x:y/users?since={USERS[99]['id']}"), 250)
    assert run.ids == first(250)


def test_a_search_ends_at_githubs_maximum(run):
    users = [user(number, f"user-{number}") for number in range(1, 1201)]
    fake = FakeGitHub(users, lists={"/search/users": users}, total_count=1200)
    outcome = run(fake, 5000, "search:location:iceland")
    assert (len(run.ids), len(fake.requests), run.warnings) == (1000, 10, [])
    assert "GitHub counts 1,200 users in this list; 1,000 of them were read" in outcome.notes


def test_a_list_ends_at_githubs_last_page_with_its_words_and_is_asked_again_there(run):
    fake = FakeGitHub([], lists={"/repos/a/b/stargazers": USERS}, max_pages=2)
    for requests in (3, 4):  # the second run asks only for the page that GitHub refused
        run(fake, 330, "stargazers:a/b")
        assert (run.ids, len(fake.requests)) == (first(200), requests)
        assert [PAGES_LIMITED in warning for warning in run.warnings] == [True]
        assert "page=3" in run.warnings[0]
    fake.max_pages = 400
    run(fake, 330, "stargazers:a/b")
    assert (run.ids, run.warnings) == (first(330), [])


def test_users_gone_from_the_pages_that_github_lists_are_gone(run):
    fake = FakeGitHub([], lists={"/repos/a/b/stargazers": USERS}, max_pages=2)
    run(fake, 330, "stargazers:a/b")
    fake.lists["/repos/a/b/stargazers"] = USERS[1:]
    outcome = run(fake, 330, "stargazers:a/b", refresh=True)
    assert outcome.tally == Tally(new=1, gone=1, unchanged=199)
    assert run.ids == first(201)[1:]
    assert [PAGES_LIMITED in warning for warning in run.warnings] == [True]


def test_deleted_accounts_are_left_out_and_counted(run):
    deleted = [user(number, "x") | {"login": None} for number in (2, 3)]
    fake = FakeGitHub([], lists={"/repos/a/b/stargazers": [*deleted, *USERS[:150]]})
    outcome = run(fake, 330, "stargazers:a/b")
    assert outcome.tally == Tally({"new": 150, "left out": 2})
    assert run.ids == first(150)


def test_an_account_that_was_deleted_since_is_gone(run):
    fake = github()
    run(fake, 330)
    fake.users = [USERS[0] | {"login": None}, *USERS[1:]]
    assert run(fake, 330, refresh=True).tally == Tally({"gone": 1, "left out": 1, "unchanged": 329})


def test_githubs_count_is_noted_where_fewer_users_came(run):
    fake = FakeGitHub([], lists={"/search/users": USERS[:120]}, total_count=123)
    note = "GitHub counts 123 users in this list; {} of them were read"
    assert note.format(100) in run(fake, 100, "search:x").notes
    assert note.format(120) in run(fake, 1000, "search:x").notes
    fake.total_count = 120
    assert len(run(fake, 1000, "search:x").notes) == 1


def test_an_empty_repository_is_an_error(run):
    with pytest.raises(SourceError, match="repo:a/b lists no users"):
        run(github(fault=lambda request: FakeReply(204)), 150, "repo:a/b")


def test_a_search_ends_at_1000_users_even_with_a_next_page(run):
    users = [user(number, f"user-{number}") for number in range(1, 1301)]
    fake = FakeGitHub([], lists={"/orgs/x/members": users})
    answer = fake.answer

    def search(target, headers, base):
        reply = answer(target.replace("/search/users", "/orgs/x/members"), headers, base)
        items = {"total_count": 1300, "items": json.loads(reply.body)}
        return FakeReply(reply.status, reply.headers, json.dumps(items).encode())

    fake.answer = search
    run(fake, 5000, "search:x")
    assert (len(run.ids), len(fake.requests)) == (1000, 10)

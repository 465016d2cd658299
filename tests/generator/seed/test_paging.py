import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import UnexpectedReply
from generator.github import read_search, read_users
from generator.seed.paging import read_page, request_url
from generator.store import Cursor, Step
from tests.factories import make_reply
from tests.fake_github import user

URL = "https://api.test/users?since=0&per_page=100"
PAGE = "https://api.test/orgs/a/members?per_page=100"
NEXT = "https://api.github.com/users?per_page=100&since=135"


def by_id(cursor, ids, next=None, requested=URL, required=1000):
    reply = make_reply([user(number, f"u{number}") for number in ids], url=requested, next=next)
    return read_page(cursor, read_users(reply), required, set(), is_by_id=True)


@pytest.mark.parametrize(
    ("target", "url"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(NEXT, NEXT, id="absolute"),
        pytest.param("/users?since=3", "https://api.github.com/users?since=3", id="relative"),
    ],
)
def test_the_next_page_is_the_target_of_rel_next(target, url):
    requested = "https://api.github.com/users?since=0"
    step = by_id(Cursor(requested), [1], target, requested).step
    assert (step.is_last, step.is_end) == (url is None, url is None)
    assert step.is_last or step.cursor.url == url


def test_an_invalid_next_page_is_an_error_that_names_it():
    with pytest.raises(UnexpectedReply, match=r"its next page is 'http://\[bad/users\?since=9'"):
        by_id(Cursor(URL), [1], "http://[bad/users?since=9")


def test_a_list_by_id_continues_after_the_highest_id():
    page = by_id(Cursor(URL), [1, 5, 9], "https://api.test/users?since=9")
    cursor = Cursor("https://api.test/users?since=9", 9, 3)
    assert page.step == Step({1: 1, 5: 5, 9: 9}, 9, cursor, is_by_id=True)
    assert (page.users, page.problem) == (3, None)


def test_after_its_end_a_list_by_id_continues_with_newer_users():
    step = by_id(Cursor(URL, 9, 3), [12]).step
    assert (step.is_last, step.is_end) == (True, True)
    assert step.cursor == Cursor("https://api.test/users?per_page=100&since=12", 12, 4)


def test_repeated_users_are_counted_once():
    next = "https://api.test/users?since=13"
    step = by_id(Cursor(URL, 9, 3), [8, 9, 13], next, requested=URL.replace("=0", "=5")).step
    assert (step.cursor.position, step.cursor.users) == (13, 4)


def test_ids_that_the_server_skips_do_not_count_as_read():
    step = by_id(Cursor(URL), [1, 5], "https://api.test/users?since=50").step
    assert (step.reached, step.cursor.position) == (5, 50)


@pytest.mark.parametrize(("required", "is_last"), [(3, True), (4, False)])
def test_a_reading_ends_when_enough_users_are_read(required, is_last):
    next = "https://api.test/users?since=13"
    step = by_id(Cursor(URL, 9, 1), [12, 13], next, required=required).step
    assert (step.is_last, step.is_end, step.cursor) == (is_last, False, Cursor(next, 13, 3))


@pytest.mark.parametrize(
    ("requested", "next"),
    [
        pytest.param("?since=5", "?since=5", id="the same"),
        pytest.param("?since=5", "?since=4", id="earlier"),
        pytest.param("?since=0", "", id="without since"),
        pytest.param("", "?since=0", id="the first page again"),
    ],
)
def test_a_next_page_that_does_not_lead_to_higher_ids_ends_the_reading(requested, next):
    users = "https://api.test/users"
    page = by_id(Cursor(users + requested, 5), [6, 9], users + next, requested=users + requested)
    assert (page.step.is_last, page.step.is_end) == (True, False)
    assert "does not continue" in page.problem


def by_page(cursor, ids, next=None, requested=PAGE, already_read=()):
    reply = make_reply([user(number, f"u{number}") for number in ids], url=requested, next=next)
    return read_page(cursor, read_users(reply), 1000, set(already_read), is_by_id=False)


def test_positions_in_a_list_by_page_count_its_users():
    second = f"{PAGE}&page=2"
    cursor = Cursor(second, 3, 3)
    assert by_page(Cursor(PAGE), [9, 5, 7], second).step == Step({9: 1, 5: 2, 7: 3}, 3, cursor)
    end = by_page(cursor, [5, 8], requested=second, already_read=[5])
    # The last page is requested again: it may have grown.
    assert end.step == Step({8: 4}, 4, cursor, is_end=True, is_last=True)
    assert end.users == 4


@pytest.mark.parametrize("page", ["page=1", "page=2", "per_page=100"])
def test_a_next_page_that_is_not_later_ends_the_reading(page):
    requested = f"{PAGE}&page=2"
    url = requested if page == "per_page=100" else f"https://api.test/orgs/a/members?{page}"
    page = by_page(Cursor(requested, 3, 3), [1], url, requested=requested)
    assert (page.step.is_last, page.step.is_end) == (True, False)
    assert "does not continue" in page.problem


def test_a_page_without_new_users_ends_the_reading():
    next = f"{PAGE}&page=3"
    page = by_page(
        Cursor(PAGE, 3, 3), [1, 2], next, requested=f"{PAGE}&page=2", already_read=[1, 2]
    )
    assert "does not continue" in page.problem
    assert (page.step.is_last, page.step.is_end) == (True, False)


@pytest.mark.parametrize("read", [by_id, by_page])
def test_an_empty_page_with_a_next_page_is_not_the_end_of_the_list(read):
    page = read(Cursor(URL, 9, 3), [], f"{URL}&page=7&since=99")
    assert (page.step.is_last, page.step.is_end) == (True, False)
    assert "is empty" in page.problem


def test_the_next_page_is_requested_from_the_same_host():
    page = by_page(Cursor(PAGE), [1], "https://else.test/organizations/9/members?page=2")
    assert page.step.cursor.url == "https://api.test/organizations/9/members?page=2"


def test_only_a_list_by_id_requests_no_more_users_than_are_missing():
    assert request_url(Cursor(URL, 9, 120), 150, 100, is_by_id=True).endswith("per_page=30")
    assert request_url(Cursor(URL, 9, 120), 150, 25, is_by_id=True).endswith("per_page=25")
    assert request_url(Cursor(PAGE, 120, 120), 150, 100, is_by_id=False) == PAGE


@pytest.mark.parametrize(
    ("url", "size", "requested"),
    [
        ("https://a.test/x?per_page=25&page=5", 50, "https://a.test/x?per_page=50&page=3"),
        ("https://a.test/x?per_page=25&page=5", 100, "https://a.test/x?per_page=100&page=2"),
        ("https://a.test/x?per_page=7&page=2", 100, "https://a.test/x?per_page=7&page=2"),
        ("https://a.test/x?per_page=5&page=29", 40, "https://a.test/x?per_page=35&page=5"),
        ("https://a.test/x?per_page=100&page=2", 25, "https://a.test/x?per_page=100&page=2"),
        ("https://a.test/x?page=2", 100, "https://a.test/x?page=2"),
    ],
)
def test_the_page_size_grows_where_a_larger_page_starts_at_the_same_user(url, size, requested):
    assert request_url(Cursor(url, 125, 125), 1000, size, is_by_id=False) == requested


@pytest.mark.parametrize(
    ("ids", "is_certain"),
    [
        pytest.param([1, 5], True, id="a page that is not full"),
        pytest.param(range(1, 101), False, id="a full page"),
        pytest.param([], False, id="an empty page"),
    ],
)
def test_an_end_that_may_be_an_error_of_the_server_is_to_be_confirmed(ids, is_certain):
    end = by_id(Cursor(URL), ids)
    assert (end.step.is_end, end.confirm_at) == (True, None if is_certain else end.step.cursor)
    end = by_page(Cursor(PAGE), ids)
    assert end.step.is_end
    page = f"{PAGE}&page={2 if ids else 1}"
    assert end.confirm_at == (None if is_certain else Cursor(page, len(ids), len(ids)))


def test_an_incomplete_search_is_not_the_end_of_the_list():
    body = {"total_count": 1, "incomplete_results": True, "items": [user(1, "one")]}
    batch = read_search(make_reply(body, url=PAGE))
    assert not read_page(Cursor(PAGE), batch, 1000, set(), is_by_id=False).step.is_end


IDS = st.lists(st.integers(0, 50), max_size=30)


@given(IDS, st.sets(st.integers(0, 50)), st.integers(0, 1000))
def test_positions_in_a_list_by_page_number_new_users_without_gaps(ids, already_read, position):
    cursor = Cursor(PAGE, position, position)
    positions = by_page(cursor, ids, already_read=already_read).step.positions
    new = [number for number in dict.fromkeys(ids) if number not in already_read]
    assert positions == {number: position + place for place, number in enumerate(new, 1)}

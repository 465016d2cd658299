import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import UnexpectedReply
from generator.github import (
    Cursor,
    int_parameter,
    next_size,
    ordinals,
    read_search,
    read_users,
    request_url,
    smaller_page,
    step_by_id,
    step_by_page,
)
from generator.github.paging import next_url
from tests.factories import make_profile, make_reply
from tests.fake_github import user

URL = "https://api.test/users?since=0&per_page=100"
PAGE = "https://api.test/orgs/a/members?per_page=100"
NEXT = "https://api.github.com/users?per_page=100&since=135"


@pytest.mark.parametrize(
    ("target", "url"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(NEXT, NEXT, id="absolute"),
        pytest.param("/users?since=3", "https://api.github.com/users?since=3", id="relative"),
    ],
)
def test_the_next_page_is_the_target_of_rel_next(target, url):
    assert next_url(make_reply([], next=target)) == url


def test_an_invalid_next_page_is_an_error_that_names_it():
    with pytest.raises(UnexpectedReply, match=r"its next page is 'http://\[bad/users\?since=9'"):
        next_url(make_reply([], next="http://[bad/users?since=9"))


def by_id(cursor, ids, next=None, requested=URL):
    reply = make_reply([user(number, f"u{number}") for number in ids], next=next)
    return step_by_id(cursor, requested, reply, read_users(reply))


def test_a_list_by_id_continues_after_the_highest_id():
    step = by_id(Cursor(URL), [1, 5, 9], "https://api.test/users?since=9")
    assert step.positions == {1: 1, 5: 5, 9: 9}
    assert (step.after, step.reached, step.is_by_id, step.is_end, step.problem) == (
        *(0, 9, True, False),
        None,
    )
    assert step.cursor == Cursor("https://api.test/users?since=9", 9, 3)
    assert step.next_url == step.cursor.url


def test_after_its_end_a_list_by_id_continues_with_newer_users():
    step = by_id(Cursor(URL, 9, 3), [12])
    assert (step.next_url, step.is_end, step.reached) == (None, True, 12)
    assert step.cursor == Cursor("https://api.test/users?per_page=100&since=12", 12, 4)


def test_repeated_users_are_counted_once():
    next = "https://api.test/users?since=13"
    step = by_id(Cursor(URL, 9, 3), [8, 9, 13], next, requested=URL.replace("=0", "=5"))
    assert (step.cursor.position, step.cursor.users) == (13, 4)


def test_ids_that_the_server_skips_do_not_count_as_read():
    step = by_id(Cursor(URL), [1, 5], "https://api.test/users?since=50")
    assert (step.reached, step.cursor.position) == (5, 50)


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
    step = by_id(Cursor(users + requested, 5), [6, 9], users + next, requested=users + requested)
    assert (step.next_url, step.is_end) == (None, False)
    assert "does not continue" in step.problem


def by_page(cursor, ids, next=None, requested=PAGE, already_read=()):
    reply = make_reply([user(number, f"u{number}") for number in ids], next=next)
    return step_by_page(cursor, requested, reply, read_users(reply), set(already_read))


def test_positions_in_a_list_by_page_count_its_users():
    second = f"{PAGE}&page=2"
    step = by_page(Cursor(PAGE), [9, 5, 7], second)
    assert step.positions == {9: 1, 5: 2, 7: 3}
    assert (step.cursor, step.is_by_id, step.is_end) == (Cursor(second, 3, 3), False, False)
    end = by_page(step.cursor, [5, 8], requested=second, already_read=[5])
    assert end.positions == {8: 4}
    assert (end.next_url, end.is_end, end.reached) == (None, True, 4)
    assert end.cursor == Cursor(second, 3, 3)  # it is requested again: it may have grown


@pytest.mark.parametrize("page", ["page=1", "page=2", "per_page=100"])
def test_a_next_page_that_is_not_later_ends_the_reading(page):
    requested = f"{PAGE}&page=2"
    url = requested if page == "per_page=100" else f"https://api.test/orgs/a/members?{page}"
    step = by_page(Cursor(requested, 3, 3), [1], url, requested=requested)
    assert (step.next_url, step.is_end) == (None, False)
    assert "does not continue" in step.problem


def test_a_page_without_new_users_ends_the_reading():
    next = f"{PAGE}&page=3"
    step = by_page(
        Cursor(PAGE, 3, 3), [1, 2], next, requested=f"{PAGE}&page=2", already_read=[1, 2]
    )
    assert "does not continue" in step.problem
    assert not step.is_end


@pytest.mark.parametrize("read", [by_id, by_page])
def test_an_empty_page_with_a_next_page_is_not_the_end_of_the_list(read):
    step = read(Cursor(URL, 9, 3), [], f"{URL}&page=7&since=99")
    assert (step.next_url, step.is_end) == (None, False)
    assert "is empty" in step.problem


def test_the_next_page_is_requested_from_the_same_host():
    step = by_page(Cursor(PAGE), [1], "https://else.test/organizations/9/members?page=2")
    assert step.next_url == "https://api.test/organizations/9/members?page=2"


def test_only_a_list_by_id_requests_no_more_users_than_are_missing():
    assert request_url(Cursor(URL, 9, 120), 150, 100, by_id=True).endswith("per_page=30")
    assert request_url(Cursor(URL, 9, 120), 150, 25, by_id=True).endswith("per_page=25")
    assert request_url(Cursor(PAGE, 120, 120), 150, 100, by_id=False) == PAGE


@pytest.mark.parametrize(
    ("url", "size", "requested"),
    [
        ("https://a.test/x?per_page=25&page=5", 50, "https://a.test/x?per_page=50&page=3"),
        ("https://a.test/x?per_page=25&page=5", 100, "https://a.test/x?per_page=100&page=2"),
        ("https://a.test/x?per_page=7&page=2", 100, "https://a.test/x?per_page=7&page=2"),
        ("https://a.test/x?per_page=5&page=29", 40, "https://a.test/x?per_page=35&page=5"),
        ("https://a.test/x?per_page=100&page=2", 25, "https://a.test/x?per_page=100&page=2"),
    ],
)
def test_the_page_size_grows_where_a_larger_page_starts_at_the_same_user(url, size, requested):
    assert request_url(Cursor(url, 125, 125), 1000, size, by_id=False) == requested


def test_the_page_size_shrinks_after_a_timeout_and_doubles_afterwards():
    full, small = "https://a.test/x?per_page=100", "https://a.test/x?per_page=25"
    assert next_size(100, full, small) == 25
    assert next_size(25, small, small) == 50
    assert next_size(100, full, full) == 100


@pytest.mark.parametrize(
    ("ids", "next", "is_certain"),
    [
        pytest.param([1, 5], None, True, id="a page that is not full"),
        pytest.param(range(1, 101), None, False, id="a full page"),
        pytest.param([], None, False, id="an empty page"),
    ],
)
def test_an_end_that_may_be_an_error_of_the_server_is_to_be_confirmed(ids, next, is_certain):
    step = by_id(Cursor(URL), ids, next)
    assert (step.is_end, step.confirm_at) == (True, None if is_certain else step.cursor)
    step = by_page(Cursor(PAGE), ids, next)
    assert step.is_end
    page = f"{PAGE}&page={2 if ids else 1}"
    assert step.confirm_at == (None if is_certain else Cursor(page, len(ids), len(ids)))


def test_an_incomplete_search_is_not_the_end_of_the_list():
    body = {"total_count": 1, "incomplete_results": True, "items": [user(1, "one")]}
    reply = make_reply(body)
    assert not step_by_page(Cursor(PAGE), PAGE, reply, read_search(reply), set()).is_end


@pytest.mark.parametrize(
    ("url", "smaller"),
    [
        ("https://a.test/users?since=5&per_page=100", "https://a.test/users?since=5&per_page=50"),
        ("https://a.test/users?since=5&per_page=2", "https://a.test/users?since=5&per_page=1"),
        ("https://a.test/users?since=5&per_page=1", "https://a.test/users?since=5&per_page=1"),
        ("https://a.test/x?per_page=100", "https://a.test/x?per_page=50"),
        ("https://a.test/x?per_page=100&page=3", "https://a.test/x?per_page=50&page=5"),
        ("https://a.test/x?per_page=25&page=1", "https://a.test/x?per_page=12&page=1"),
        ("https://a.test/x?per_page=25&page=2", "https://a.test/x?per_page=5&page=6"),
        ("https://a.test/x?per_page=7&page=2", "https://a.test/x?per_page=1&page=8"),
    ],
)
def test_a_smaller_page_has_at_most_half_the_size(url, smaller):
    assert smaller_page(url) == smaller


@given(st.integers(1, 100), st.integers(1, 10**6))
def test_a_smaller_page_starts_at_the_same_user(size, page):
    smaller = smaller_page(f"https://a.test/x?per_page={size}&page={page}")
    new_size, new_page = int_parameter(smaller, "per_page"), int_parameter(smaller, "page")
    assert (new_page - 1) * new_size == (page - 1) * size
    assert new_size <= max(1, size // 2)


IDS = st.lists(st.integers(0, 50), max_size=30)


@given(IDS, st.sets(st.integers(0, 50)), st.integers(0, 1000))
def test_ordinals_number_new_users_in_order_without_gaps(ids, already_read, position):
    positions = ordinals([make_profile(number) for number in ids], already_read, position)
    new = [number for number in dict.fromkeys(ids) if number not in already_read]
    assert positions == {number: position + place for place, number in enumerate(new, 1)}

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import UnexpectedReply
from generator.github import (
    Cursor,
    ask,
    fewer,
    next_size,
    ordinals,
    parameter,
    read_search,
    read_users,
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


def test_a_next_page_that_is_no_address_is_an_error_that_names_it():
    with pytest.raises(UnexpectedReply, match=r"its next page is 'http://\[bad/users\?since=9'"):
        next_url(make_reply([], next="http://[bad/users?since=9"))


def by_id(cursor, ids, next=None, asked=URL):
    reply = make_reply([user(number, f"u{number}") for number in ids], next=next)
    return step_by_id(cursor, asked, reply, read_users(reply))


def test_a_list_by_id_goes_on_after_the_last_id_that_was_read():
    step = by_id(Cursor(URL), [1, 5, 9], "https://api.test/users?since=9")
    assert step.positions == {1: 1, 5: 5, 9: 9}
    assert (step.after, step.reached, step.settled, step.whole, step.stuck) == (
        *(0, 9, True, False),
        None,
    )
    assert step.cursor == Cursor("https://api.test/users?since=9", 9, 3)
    assert step.url == step.cursor.url


def test_the_end_of_a_list_by_id_is_where_newer_users_will_be():
    step = by_id(Cursor(URL, 9, 3), [12])
    assert (step.url, step.whole, step.reached) == (None, True, 12)
    assert step.cursor == Cursor("https://api.test/users?per_page=100&since=12", 12, 4)


def test_users_that_come_again_are_not_counted_again():
    next = "https://api.test/users?since=13"
    step = by_id(Cursor(URL, 9, 3), [8, 9, 13], next, asked=URL.replace("=0", "=5"))
    assert (step.cursor.position, step.cursor.users) == (13, 4)


def test_what_a_server_skips_is_not_taken_for_read():
    step = by_id(Cursor(URL), [1, 5], "https://api.test/users?since=50")
    assert (step.reached, step.cursor.position) == (5, 50)


def by_page(cursor, ids, next=None, asked=PAGE, met=()):
    reply = make_reply([user(number, f"u{number}") for number in ids], next=next)
    return step_by_page(cursor, asked, reply, read_users(reply), set(met))


def test_a_list_by_page_counts_its_users():
    second = f"{PAGE}&page=2"
    step = by_page(Cursor(PAGE), [9, 5, 7], second)
    assert step.positions == {9: 1, 5: 2, 7: 3}
    assert (step.cursor, step.settled, step.whole) == (Cursor(second, 3, 3), False, False)
    end = by_page(step.cursor, [5, 8], asked=second, met=[5])
    assert end.positions == {8: 4}
    assert (end.url, end.whole, end.reached) == (None, True, 4)
    assert end.cursor == Cursor(second, 3, 3)  # it is asked again: it may have grown


@pytest.mark.parametrize("page", ["page=1", "page=2", "per_page=100"])
def test_a_list_by_page_that_does_not_go_on_is_left(page):
    asked = f"{PAGE}&page=2"
    url = asked if page == "per_page=100" else f"https://api.test/orgs/a/members?{page}"
    step = by_page(Cursor(asked, 3, 3), [1], url, asked=asked)
    assert (step.url, step.whole) == (None, False)
    assert "does not go on" in step.stuck


def test_a_page_of_nobody_new_is_a_circle():
    next = f"{PAGE}&page=3"
    step = by_page(Cursor(PAGE, 3, 3), [1, 2], next, asked=f"{PAGE}&page=2", met=[1, 2])
    assert "does not go on" in step.stuck
    assert not step.whole


@pytest.mark.parametrize("step", [by_id, by_page])
def test_an_empty_page_that_names_a_next_one_is_not_taken_for_the_end_of_the_list(step):
    found = step(Cursor(URL, 9, 3), [], f"{URL}&page=7&since=99")
    assert (found.url, found.whole) == (None, False)
    assert "is empty" in found.stuck


def test_the_next_page_is_asked_of_the_host_that_was_asked_before():
    step = by_page(Cursor(PAGE), [1], "https://else.test/organizations/9/members?page=2")
    assert step.url == "https://api.test/organizations/9/members?page=2"


def test_no_more_is_asked_for_than_is_wanted_where_the_size_is_free():
    assert ask(Cursor(URL, 9, 120), 150, 100, by_id=True).endswith("per_page=30")
    assert ask(Cursor(URL, 9, 120), 150, 25, by_id=True).endswith("per_page=25")
    assert ask(Cursor(PAGE, 120, 120), 150, 100, by_id=False) == PAGE


@pytest.mark.parametrize(
    ("url", "size", "asked"),
    [
        ("https://a.test/x?per_page=25&page=5", 50, "https://a.test/x?per_page=50&page=3"),
        ("https://a.test/x?per_page=25&page=5", 100, "https://a.test/x?per_page=100&page=2"),
        ("https://a.test/x?per_page=7&page=2", 100, "https://a.test/x?per_page=7&page=2"),
        ("https://a.test/x?per_page=5&page=29", 40, "https://a.test/x?per_page=35&page=5"),
        ("https://a.test/x?per_page=100&page=2", 25, "https://a.test/x?per_page=100&page=2"),
    ],
)
def test_pages_grow_again_where_a_larger_one_starts(url, size, asked):
    assert ask(Cursor(url, 125, 125), 1000, size, by_id=False) == asked


def test_after_a_slow_answer_less_is_asked_for_and_then_more_and_more():
    full, small = "https://a.test/x?per_page=100", "https://a.test/x?per_page=25"
    assert next_size(100, full, small) == 25
    assert next_size(25, small, small) == 50
    assert next_size(100, full, full) == 100


@pytest.mark.parametrize(
    ("ids", "next", "sure"),
    [
        pytest.param([1, 5], None, True, id="a page that is not full"),
        pytest.param(range(1, 101), None, False, id="a full page"),
        pytest.param([], None, False, id="an empty page"),
    ],
)
def test_an_end_that_a_failing_server_may_come_to_is_to_be_confirmed(ids, next, sure):
    step = by_id(Cursor(URL), ids, next)
    assert (step.whole, step.confirm) == (True, None if sure else step.cursor)
    step = by_page(Cursor(PAGE), ids, next)
    assert step.whole
    page = f"{PAGE}&page={2 if ids else 1}"
    assert step.confirm == (None if sure else Cursor(page, len(ids), len(ids)))


def test_what_a_search_had_no_time_for_is_not_missing():
    body = {"total_count": 1, "incomplete_results": True, "items": [user(1, "one")]}
    reply = make_reply(body)
    assert not step_by_page(Cursor(PAGE), PAGE, reply, read_search(reply), set()).whole


@pytest.mark.parametrize(
    ("url", "smaller"),
    [
        ("https://a.test/users?since=5&per_page=100", "https://a.test/users?since=5&per_page=50"),
        ("https://a.test/users?since=5&per_page=1", "https://a.test/users?since=5&per_page=1"),
        ("https://a.test/x?per_page=100", "https://a.test/x?per_page=50"),
        ("https://a.test/x?per_page=100&page=3", "https://a.test/x?per_page=50&page=5"),
        ("https://a.test/x?per_page=25&page=1", "https://a.test/x?per_page=12&page=1"),
        ("https://a.test/x?per_page=25&page=2", "https://a.test/x?per_page=5&page=6"),
        ("https://a.test/x?per_page=7&page=2", "https://a.test/x?per_page=1&page=8"),
    ],
)
def test_fewer_users_are_asked_for_from_the_same_place_on(url, smaller):
    assert fewer(url) == smaller


@given(st.integers(1, 100), st.integers(1, 10**6))
def test_a_smaller_page_starts_where_the_larger_one_did(size, page):
    smaller = fewer(f"https://a.test/x?per_page={size}&page={page}")
    less, there = parameter(smaller, "per_page"), parameter(smaller, "page")
    assert (there - 1) * less == (page - 1) * size
    assert less <= max(1, size // 2)


IDS = st.lists(st.integers(0, 50), max_size=30)


@given(IDS, st.sets(st.integers(0, 50)), st.integers(0, 1000))
def test_ordinals_are_gapless_and_in_order_and_for_those_who_are_new(ids, met, position):
    positions = ordinals([make_profile(number) for number in ids], met, position)
    new = [number for number in dict.fromkeys(ids) if number not in met]
    assert positions == {number: position + place for place, number in enumerate(new, 1)}

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.query import ProfileQuery
from generator.site import (
    Build,
    Listing,
    choose_types,
    parse_orders,
    parse_page_sizes,
    same_place,
    type_pages,
    window,
)
from generator.site.build import TypePages

BUILD = Build(
    "0123456789abcdef",
    150,
    (10, 25, 50, 100),
    ("id", "-id", "type"),
    (TypePages("User", "user", 140), TypePages("Bot", "bot", 10)),
    "users",
    "2026-11-24",
)


@pytest.mark.parametrize(
    ("listing", "key"),
    [
        (Listing(), "users/3.html"),
        (Listing("id", 10), "users/by-id/10/3.html"),
        (Listing("type", 25), "users/by-type/25/3.html"),
        (Listing("type", 100), "users/by-type/100/3.html"),
        (Listing("-id", 25), "users/by-id-desc/25/3.html"),
        (Listing("id", 25, "bot"), "users/type-bot/by-id/25/3.html"),
        (Listing("-id", 10, "bot"), "users/type-bot/by-id-desc/10/3.html"),
    ],
)
def test_pages_have_the_keys_of_the_address_table(listing, key):
    assert listing.key(3) == key


def test_a_build_lists_exactly_its_own_pages():
    keys = [
        listing.key(page)
        for listing in BUILD.listings()
        for page in range(1, BUILD.pages(listing) + 1)
    ]
    assert len(keys) == len(set(keys)) == BUILD.page_count()
    assert len(keys) == 3 * (15 + 6 + 3 + 2) + 2 * (14 + 6 + 3 + 2) + 2 * 4
    assert all(BUILD.has_page(key) for key in keys)


@pytest.mark.parametrize(
    "key",
    [
        *("users/7.html", "users/0.html", "users/01.html", "users/by-id/25/1.html"),
        *("users/by-id/7/1.html", "users/by-name/10/1.html", "users/by-id/10/16.html"),
        *("users/type-bot/by-id/10/2.html", "users/type-bot/by-type/10/1.html"),
        *("users/type-cat/by-id/10/1.html", "users/type-bot/1.html", "users/by-/10/1.html"),
        *("index.html", "users/1.html.part", "users/by-id/010/1.html", "users/1.htm"),
    ],
)
def test_a_build_does_not_list_other_keys(key):
    assert not BUILD.has_page(key)


def test_build_json_reads_back_as_itself_and_has_the_promised_members():
    assert Build.from_json(BUILD.to_json()) == BUILD
    assert list(json.loads(BUILD.to_json())) == [
        *("release", "users", "page_sizes", "orders", "types", "source", "seeded_at")
    ]


NEVER = BUILD.to_json().replace(b"150", b"1e400")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"release": "x", "users": "many"}',
        b"\xff",
        b"[" * 100_000,
        NEVER,
    ],
)
def test_what_is_no_build_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".+"):
        Build.from_json(text)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("10,25,50,100", (10, 25, 50, 100)),
        ("100, 10", (10, 25, 100)),
        ("7", (7, 25)),
        ("1-100", tuple(range(1, 101))),
        ("1-3,25", (1, 2, 3, 25)),
    ],
)
def test_page_sizes_are_read_and_25_is_among_them(text, sizes):
    assert parse_page_sizes(text) == sizes


@pytest.mark.parametrize("text", ["", "0", "101", "x", "10,", "5-3", "1-1000", "-5", "1.5", "٣"])
def test_a_page_size_that_is_none_is_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match="numbers from 1 to 100"):
        parse_page_sizes(text)


def test_orders_are_read_and_id_is_among_them():
    assert parse_orders("type") == parse_orders("id,type") == ("id", "type")
    assert parse_orders("-id, type") == ("id", "-id", "type")
    assert parse_orders("id") == ("id",)
    with pytest.raises(ValueError, match="id, type, -id or -type; 'name' is not one"):
        parse_orders("id,name")


def test_types_are_listed_as_the_api_has_them_the_commonest_first():
    types = {"User": 5, "user": 6, "Bot": 20, "": 99, "A & B <i>": 1, "a-b-i": 2}
    found = type_pages(types)
    assert [(one.name, one.users) for one in found] == [
        *[("Bot", 20), ("user", 11), ("a-b-i", 2), ("A & B <i>", 1)]
    ]
    assert [one.slug for one in found[:3]] == ["bot", "user", "a-b-i"]
    assert re.fullmatch("a-b-i-[0-9a-f]{8}", found[3].slug)


def test_a_type_called_like_anothers_pages_has_others():
    (one,) = type_pages({"x y": 1})
    assert {found.slug for found in type_pages({"x y": 1, one.slug: 1})} > {one.slug}


@given(st.dictionaries(st.text(max_size=50), st.integers(1, 9), max_size=20))
def test_no_two_types_share_their_pages_and_every_key_is_plain(types):
    slugs = [one.slug for one in type_pages(types)]
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch("[a-z0-9-]+", slug) for slug in slugs)
    build = Build("", 9, (25,), ("id",), type_pages(types), "", "")
    assert all(build.has_page(listing.key(1)) for listing in build.listings())


def test_types_are_chosen_by_name():
    found = type_pages({f"T{number}": 100 - number for number in range(20)})
    assert choose_types("none", found) == ()
    assert choose_types("all", found) == found[:8]
    assert choose_types("t3, T1", found) == (found[1], found[3])
    with pytest.raises(ValueError, match="no users of the type 'cat'; there is 'T0', 'T1'"):
        choose_types("Cat", found)


def test_a_page_is_asked_of_the_api_by_the_same_words():
    assert BUILD.query(Listing("-id", 10, "bot"), 1) == ProfileQuery(1, 10, "-id", type="Bot")


sizes = st.integers(1, 100)


@given(page=st.integers(1, 10**6), size=sizes, other=sizes)
def test_the_same_place_shows_the_same_first_user(page, size, other):
    first = (page - 1) * size
    assert first // other + 1 == same_place(page, size, other)


@given(last=st.integers(1, 200), data=st.data())
def test_the_window_has_the_ends_the_page_and_its_neighbours(last, data):
    page = data.draw(st.integers(1, last))
    shown = window(page, last)
    numbers = [number for number in shown if number is not None]
    assert numbers == sorted(set(numbers))
    assert {1, last, page} <= set(numbers) <= set(range(1, last + 1))
    assert set(range(max(1, page - 2), min(last, page + 2) + 1)) <= set(numbers)
    assert len(shown) <= 9
    for before, gap, after in zip(shown, shown[1:], shown[2:], strict=False):
        if gap is None:
            assert after - before > 2

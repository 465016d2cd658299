import json

import pytest

from function.query import ProfileQuery
from generator.site import Build, ListedType, Listing, Slice

BUILD = Build(
    "0123456789abcdef",
    150,
    (10, 25, 50, 100),
    ("id", "-id", "type"),
    (ListedType("User", "user", 140), ListedType("Bot", "bot", 10)),
    "users",
    "2026-11-24",
)


def test_listings_have_the_pages_of_the_build():
    keys = [
        listing.key(page)
        for listing in BUILD.listings()
        for page in range(1, BUILD.page_count(listing) + 1)
    ]
    assert len(keys) == len(set(keys)) == BUILD.total_pages()
    assert len(keys) == 3 * (15 + 6 + 3 + 2) + 2 * (14 + 6 + 3 + 2) + 2 * 4
    assert all(BUILD.has_page(key) for key in keys)


@pytest.mark.parametrize("users", [1, 7, 40, 150, 1000])
def test_each_page_begins_in_one_slice(users):
    keys = [
        Listing(order_by, size, slug).key(page)
        for order_by, slug, start, stop in BUILD.slices(users)
        for size in BUILD.page_sizes
        for page in Slice(order_by, slug, start, stop).pages(size)
    ]
    assert sorted(keys) == sorted(
        listing.key(page)
        for listing in BUILD.listings()
        for page in range(1, BUILD.page_count(listing) + 1)
    )


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
def test_build_has_no_other_pages(key):
    assert not BUILD.has_page(key)


def test_build_json_has_the_documented_members_and_can_be_read():
    below = BUILD._replace(base_path="/people/")
    assert Build.from_json(below.to_json()) == below
    assert list(json.loads(BUILD.to_json())) == [
        *("release", "users", "page_sizes", "orders", "types", "source", "seeded_at"),
        *("cut_at", "base_path"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{}", b"[]", b"null", b"\xff"),
        pytest.param(b'{"release": "x", "users": "many"}', id="no number"),
        pytest.param(BUILD.to_json().replace(b"150", b"1e400"), id="infinite number"),
        pytest.param(BUILD.to_json().replace(b"base_path", b"path"), id="an older version"),
        pytest.param(b"[" * 100_000, id="deeply nested"),
    ],
)
def test_invalid_build_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".+"):
        Build.from_json(text)


def test_query_asks_the_api_for_the_users_of_a_page():
    assert BUILD.query(Listing("-id", 10, "bot"), 1) == ProfileQuery(1, 10, "-id", type="Bot")

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.site import Build, Listing, Route, route
from generator.site.build import TypePages
from generator.site.router import address, nearest

TYPES = (TypePages("User", "user", 140), TypePages("A & B", "a-b-0", 10))
BUILD = Build(
    "0123456789abcdef",
    150,
    (10, 25, 50, 100),
    ("id", "-id", "type"),
    TYPES,
    "users",
    "2026-11-24",
)


def ask(url: str, build: Build = BUILD) -> Route:
    parts = urlsplit(url)
    return route(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), build)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("/", "index.html"),
        ("/?pagination=10", "index.html"),
        ("/users", "users/1.html"),
        ("/users/", "users/1.html"),
        ("/users/1", "users/1.html"),
        ("/users/6/", "users/6.html"),
        ("/users?pagination=25", "users/1.html"),
        ("/users?pagination=", "users/1.html"),
        ("/users?pagination=50", "users/by-id/50/1.html"),
        ("/users/2?pagination=100", "users/by-id/100/2.html"),
        ("/users/2?pagination=10&order_by=type", "users/by-type/10/2.html"),
        ("/users/2?order_by=type", "users/by-type/25/2.html"),
        ("/users/2?order_by=id&page=9&x=y", "users/2.html"),
        ("/users/2?order_by=-id", "users/by-id-desc/25/2.html"),
        ("/users/2?type=user", "users/type-user/by-id/25/2.html"),
        ("/users/2?type=USER&order_by=-id", "users/type-user/by-id-desc/25/2.html"),
        ("/users?type=a%20%26%20b&pagination=10", "users/type-a-b-0/by-id/10/1.html"),
        ("/users?type=", "users/1.html"),
        ("/users/3.html", "users/3.html"),
        ("/robots.txt", "robots.txt"),
    ],
)
def test_an_address_leads_to_its_object(url, key):
    assert ask(url) == Route(200, key)


@pytest.mark.parametrize(
    ("url", "location"),
    [
        pytest.param("/users?pagination=7", "/users/1?pagination=10", id="the nearest size"),
        pytest.param("/users/9?pagination=7", "/users/6?pagination=10", id="the same first user"),
        pytest.param("/users/2?pagination=30", "/users/2", id="25 is not named"),
        pytest.param("/users?pagination=75", "/users/1?pagination=100", id="of two the larger"),
        pytest.param("/users?pagination=1000", "/users/1?pagination=100", id="too large"),
        pytest.param(
            "/users?pagination=" + "9" * 50, "/users/1?pagination=100", id="far too large"
        ),
        pytest.param("/users/2?pagination=abc", "/users/2", id="no number"),
        pytest.param("/users/2?pagination=0", "/users/2", id="zero"),
        pytest.param("/users/2?pagination=-5", "/users/2", id="negative"),
        pytest.param("/users/2?pagination=٣", "/users/2", id="other digits"),
        pytest.param("/users/2?order_by=name", "/users/2", id="an unknown order"),
        pytest.param("/users/2?order_by=-type", "/users/2", id="an order that is not rendered"),
        pytest.param("/users/2?type=cat&order_by=-id", "/users/2?order_by=-id", id="no such type"),
        pytest.param(
            "/users/2?type=user&order_by=type", "/users/2?type=User", id="one type needs no order"
        ),
        pytest.param(
            "/users/1?type=a+%26+b&pagination=7",
            "/users/1?pagination=10&type=A+%26+B",
            id="the type is kept",
        ),
        pytest.param(
            "/users/2?order_by=type&pagination=9",
            "/users/1?pagination=10&order_by=type",
            id="the order is kept",
        ),
        pytest.param(
            "/users/2?order_by=x&pagination=10", "/users/2?pagination=10", id="the size is kept"
        ),
    ],
)
def test_what_is_not_rendered_leads_to_what_is(url, location):
    assert ask(url) == Route(302, location=location)


@pytest.mark.parametrize(
    "url",
    [
        "/users/0",
        "/users/00",
        "/users/7",
        "/users/3?pagination=100",
        "/users/2?type=a %26 b",
        f"/users/{'9' * 50}",
    ],
)
def test_a_page_that_is_not_there_is_404(url):
    assert ask(url) == Route(404)


@pytest.mark.parametrize("url", ["/users/x", "/users/-1", "/users/1/2", "/user", "//users/1"])
def test_another_path_is_nobodys_page(url):
    assert not BUILD.has_page(route(url, {}, BUILD).key)


builds = st.builds(
    Build,
    release=st.just(""),
    users=st.integers(1, 500),
    page_sizes=st.sets(st.integers(1, 100)).map(lambda sizes: tuple(sorted({25, *sizes}))),
    orders=st.sampled_from([("id",), ("id", "type"), ("id", "-id", "type", "-type")]),
    types=st.sampled_from([(), TYPES]),
    source=st.just(""),
    seeded_at=st.just(""),
)


@given(build=builds)
def test_every_page_is_reached_by_its_address(build):
    for listing in build.listings():
        for page in {1, build.pages(listing)}:
            assert ask(address(build, listing, page), build) == Route(200, listing.key(page))


@given(
    build=builds,
    page=st.integers(0, 600),
    size=st.integers(-5, 200) | st.just(""),
    order_by=st.sampled_from(["", "id", "type", "-id", "-type", "name"]),
    type_=st.sampled_from(["", "user", "a %26 B", "cat"]),
)
def test_every_address_leads_to_a_page_that_exists_or_to_404(build, page, size, order_by, type_):
    found = ask(f"/users/{page}?pagination={size}&order_by={order_by}&type={type_}", build)
    if found.location:
        found = ask(found.location, build)
        assert not found.location, "a redirect leads to its end at once"
    assert found == Route(404) or build.has_page(found.key)


@given(build=builds, size=st.integers(1, 200), data=st.data())
def test_a_redirect_keeps_the_first_user_in_view(build, size, data):
    page = data.draw(st.integers(1, -(-build.users // size)))
    found = ask(f"/users/{page}?pagination={size}", build)
    if found.location:
        rendered = nearest(size, build.page_sizes)
        shown = int(urlsplit(found.location).path.rpartition("/")[2])
        first = (page - 1) * size
        assert (shown - 1) * rendered <= first < shown * rendered
        assert ask(found.location, build) == Route(200, Listing("id", rendered).key(shown))

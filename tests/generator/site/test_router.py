from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.site import Build, ListedType, Listing, Route, route
from generator.site.router import nearest, page_url

TYPES = (ListedType("User", "user", 140), ListedType("A & B", "a-b-0", 10))
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
        ("/?x=y", "index.html"),
        ("/?q=jo&t=user&p=2", "index.html"),
        ("/?page=1&pagination=25", "index.html"),
        ("/?pagination=10", "users/by-id/10/1.html"),
        ("/?type=user", "users/type-user/by-id/25/1.html"),
        ("/?page=2", "users/2.html"),
        ("/users?page=2", "users/2.html"),
        ("/users?page=", "users/1.html"),
        ("/users?page=2&pagination=50", "users/by-id/50/2.html"),
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
def test_url_is_answered_with_its_file(url, key):
    assert ask(url) == Route(200, key)


@pytest.mark.parametrize(
    ("url", "location"),
    [
        pytest.param("/users?pagination=7", "/users/1?pagination=10", id="nearest size"),
        pytest.param("/users/9?pagination=7", "/users/6?pagination=10", id="the same first user"),
        pytest.param("/users/2?pagination=30", "/users/2", id="no parameter for the default size"),
        pytest.param("/?pagination=7&page=9", "/users/6?pagination=10", id="page as a parameter"),
        pytest.param("/users?pagination=75", "/users/1?pagination=100", id="the larger of two"),
        pytest.param("/users?pagination=1000", "/users/1?pagination=100", id="too large"),
        pytest.param(
            "/users?pagination=" + "9" * 50, "/users/1?pagination=100", id="far too large"
        ),
        pytest.param("/users/2?pagination=abc", "/users/2", id="not a number"),
        pytest.param("/users/2?pagination=0", "/users/2", id="zero"),
        pytest.param("/users/2?pagination=-5", "/users/2", id="negative"),
        pytest.param("/users/2?pagination=٣", "/users/2", id="digits of another script"),
        pytest.param("/users/2?order_by=name", "/users/2", id="unknown order"),
        pytest.param("/users/2?order_by=-type", "/users/2", id="order that is not rendered"),
        pytest.param("/users/2?type=cat&order_by=-id", "/users/2?order_by=-id", id="unknown type"),
        pytest.param(
            "/users/2?type=user&order_by=type",
            "/users/2?type=User",
            id="order by type",
        ),
        pytest.param(
            "/users/1?type=a+%26+b&pagination=7",
            "/users/1?pagination=10&type=A+%26+B",
            id="the type stays",
        ),
        pytest.param(
            "/users/2?order_by=type&pagination=9",
            "/users/1?pagination=10&order_by=type",
            id="the order stays",
        ),
        pytest.param(
            "/users/2?order_by=x&pagination=10", "/users/2?pagination=10", id="the size stays"
        ),
    ],
)
def test_url_that_is_not_rendered_redirects_to_the_nearest(url, location):
    assert ask(url) == Route(302, location=location)


@pytest.mark.parametrize(
    "url",
    [
        "/users/0",
        "/users/00",
        "/users/7",
        "/users?page=0",
        "/users?page=7",
        "/users?page=abc",
        "/?page=-1",
        "/users/3?pagination=100",
        "/users/2?type=a %26 b",
        f"/users/{'9' * 50}",
    ],
)
def test_page_out_of_range_is_404(url):
    assert ask(url) == Route(404)


@pytest.mark.parametrize("url", ["/users/x", "/users/-1", "/users/1/2", "/user", "//users/1"])
def test_other_paths_are_no_page(url):
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
def test_every_page_is_at_its_url(build):
    for listing in build.listings():
        for page in {1, build.page_count(listing)}:
            assert ask(page_url(build, listing, page), build) == Route(200, listing.key(page))


@given(
    build=builds,
    page=st.integers(0, 600),
    size=st.integers(-5, 200) | st.just(""),
    order_by=st.sampled_from(["", "id", "type", "-id", "-type", "name"]),
    type_=st.sampled_from(["", "user", "a %26 B", "cat"]),
)
def test_every_url_is_a_page_or_404_after_at_most_one_redirect(build, page, size, order_by, type_):
    response = ask(f"/users/{page}?pagination={size}&order_by={order_by}&type={type_}", build)
    if response.location:
        response = ask(response.location, build)
        assert not response.location, "the target of a redirect redirects again"
    assert response == Route(404) or build.has_page(response.key)


@given(build=builds, size=st.integers(1, 200), data=st.data())
def test_redirect_is_to_the_page_with_the_same_first_user(build, size, data):
    page = data.draw(st.integers(1, -(-build.users // size)))
    response = ask(f"/users/{page}?pagination={size}", build)
    if response.location:
        rendered = nearest(size, build.page_sizes)
        shown = int(urlsplit(response.location).path.rpartition("/")[2])
        first = (page - 1) * size
        assert (shown - 1) * rendered <= first < shown * rendered
        assert ask(response.location, build) == Route(200, Listing("id", rendered).key(shown))

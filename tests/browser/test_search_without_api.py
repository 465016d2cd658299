"""A search on a static host, which has no API: it reads the site's own data."""

import json
import re

import pytest

from tests.browser.conftest import users_named
from tests.browser.search_page import (
    API,
    box,
    expect,
    expect_found,
    fail,
    heading,
    link,
    names,
    usernames,
)

pytestmark = pytest.mark.slow

DATA = "**/data/profiles.ndjson"
NOT_FOUND = fail(404, "<h1>Not found</h1>", "text/html")
PAGE = fail(200, "<h1>Welcome</h1>", "text/html")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(NOT_FOUND, id="404"),
        pytest.param(fail(404, '{"error": "no such path"}'), id="404 in JSON"),
        pytest.param(PAGE, id="a page for any address"),
        pytest.param(fail(403, "<Error>AccessDenied</Error>", "application/xml"), id="403"),
    ],
)
def test_a_site_without_an_api_searches_its_data(page, answer):
    page.route(API, answer)
    page.goto("/")
    box(page).fill("MEMBER-1")
    expect_found(page, "100 users found for “MEMBER-1”")
    assert names(page) == usernames(users_named("member-1"))[:25]
    link(page, "4").click()
    expect(heading(page)).to_contain_text("Page 4 of 4")
    assert names(page) == usernames(users_named("member-1"))[75:]
    expect(link(page, "as JSON")).to_have_count(0)


SEARCHES = [
    *("?q=member", "?q=e&p=2", "?q=MEMBER-2&p=99", "?q=copperkettle", "?q=%C3%BCn%C3%AFc"),
    *("?q=44", "?q=2044", "?q=9223372036854775807", "?q=m&t=bot", "?q=l&t=USER", "?q=44&t=Bot"),
    *("?q=%F0%9F%98%80", "?q=%5C", "?q=%22", "?q=%3C", "?q=nul", "?q=no+such+name&t=Bot"),
]


def test_the_data_answers_as_the_api_does(new_page):
    shown = """(results) => {
      results.querySelector('[data-to="api"]')?.remove();
      const below = results.querySelector(".below");
      if (!below?.childElementCount) below?.remove();
      return results.innerHTML.replace(/\\s+/g, " ");
    }"""

    def answers(page):
        for search in SEARCHES:
            page.goto(f"/{search}")
            expect(heading(page)).to_contain_text("found for")
            yield search, page.locator("#results").evaluate(shown)

    without_api = new_page()
    without_api.route(API, NOT_FOUND)
    assert dict(answers(without_api)) == dict(answers(new_page()))


def test_the_data_is_read_once_and_the_api_is_not_asked_again(page):
    asked = []
    page.on("request", lambda request: asked.append(re.sub(r".*/|\?.*", "", request.url)))
    page.route(API, NOT_FOUND)
    page.goto("/")
    assert "profiles.ndjson" not in asked
    for term, text in [("errfree", "1 user"), ("member", "280 users"), ("e", "users")]:
        box(page).fill(term)
        expect(heading(page)).to_contain_text(text)
        expect(heading(page)).to_contain_text(f"“{term}”")
    assert [name for name in asked if name.startswith("profiles")] == [
        "profiles",
        "profiles.ndjson",
    ]


def test_a_site_with_an_api_does_not_read_its_data(page):
    page.route(DATA, lambda route: pytest.fail("the data was read"))
    page.goto("/?q=member")
    expect_found(page, "280 users found for “member”")


@pytest.mark.parametrize(
    ("users", "is_searched"), [(20_000, True), (20_001, False)], ids=["20,000", "more"]
)
def test_a_site_without_an_api_searches_up_to_20_000_users(page, users, is_searched):
    page.route(API, NOT_FOUND)
    page.route(
        "**/build.json",
        lambda route: route.fulfill(json=json.loads(route.fetch().text()) | {"users": users}),
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    box(page).fill("errfree")
    if is_searched:
        expect_found(page, "1 user found for “errfree”")
    else:
        expect_need_of_the_api(page)
    assert any("/data/" in url for url in asked) == is_searched


@pytest.mark.parametrize("answer", [NOT_FOUND, PAGE], ids=["404", "a page for any address"])
def test_a_site_with_neither_api_nor_data_says_so(page, answer):
    page.route(API, answer)
    page.route(DATA, answer)
    page.goto("/?q=errfree")
    expect_need_of_the_api(page)
    box(page).fill("member")
    expect(page.get_by_role("status")).to_contain_text("needs the API")
    page.locator("#listing").get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))


def expect_need_of_the_api(page):
    expect(page.locator("#results .alert")).to_contain_text("Search needs the API")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    expect(page.locator("#listing h1")).to_be_visible()


@pytest.mark.parametrize(
    "answer", [lambda route: route.abort(), fail(500, "")], ids=["no connection", "500"]
)
def test_data_that_cannot_be_read_is_tried_again(page, answer):
    page.route(API, NOT_FOUND)
    page.route(DATA, answer)
    page.goto("/?q=errfree")
    expect(page.locator("#results .alert")).to_contain_text("The search cannot be reached")
    page.unroute(DATA)
    page.get_by_role("button", name="Try again").click()
    expect_found(page, "1 user found for “errfree”")

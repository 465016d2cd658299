"""A search when the API or the views fail."""

import re

import pytest

from generator.render.templates import STATIC
from tests.browser.search_page import (
    API,
    VIEWS,
    box,
    expect,
    expect_found,
    expect_listing,
    fail,
    heading,
    link,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda route: route.abort(), id="no connection"),
        pytest.param(fail(500, '{"error": "internal error"}'), id="500"),
        pytest.param(fail(429, '{"message": "Too Many Requests"}'), id="429"),
        pytest.param(fail(503, "<h1>Unavailable</h1>", "text/html"), id="503"),
        pytest.param(fail(200, '{"message": "hello"}'), id="other JSON"),
        pytest.param(fail(200, "null"), id="null"),
    ],
)
def test_a_failing_api_is_reported_and_the_pages_still_work(page, answer):
    page.route(API, answer)
    page.goto("/")
    box(page).fill("errfree")
    alert = page.locator("#results .alert")
    expect(alert).to_contain_text("The search cannot be reached")
    expect(page.get_by_role("status")).to_contain_text("The search cannot be reached")
    expect(box(page)).to_be_focused()
    page.locator("#listing").get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))
    expect_listing(page)


def test_a_failed_search_can_be_tried_again(page):
    page.route(API, lambda route: route.abort())
    page.goto("/?q=errfree")
    again = page.get_by_role("button", name="Try again")
    again.click()
    expect(page.locator("#results .alert div")).to_be_focused()
    page.unroute(API)
    again.click()
    expect_found(page, "1 user found for “errfree”")
    expect(heading(page)).to_be_focused()
    expect(page.locator("#listing")).to_be_hidden()


def test_an_api_without_an_answer_is_given_up_after_10_seconds(page_with_clock):
    page = page_with_clock
    page.route(API, lambda route: None)
    page.goto("/")
    with page.expect_request(API):
        box(page).fill("errfree")
        page.clock.run_for(200)
    expect(page.locator("#main")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#listing h1")).to_be_visible()
    page.clock.run_for(10_000)
    expect(page.locator("#results .alert")).to_be_visible()
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")


@pytest.mark.parametrize("address", ["/", "/?q=errfree"])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda route: route.abort(), id="no connection"),
        pytest.param(
            lambda route: route.fulfill(status=404, path=STATIC / "search.html"), id="404"
        ),
        pytest.param(fail(200, "<h1>Welcome</h1>", "text/html"), id="other HTML"),
        pytest.param(fail(200, "<template", "text/plain"), id="no HTML"),
    ],
)
def test_failing_views_are_reported_and_the_pages_still_work(page, address, answer):
    page.route(VIEWS, answer)
    page.goto(address)
    box(page).fill("errfree")
    box(page).press("Enter")
    expect(page.locator("#results")).to_have_text(
        "The search cannot be reached at the moment. The pages work as before."
    )
    expect(page.get_by_role("status")).to_contain_text("The search cannot be reached")
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    expect(box(page)).to_be_focused()
    page.locator("#listing").get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))
    expect_listing(page)


def test_the_next_search_loads_failed_views_again(page):
    page.route(VIEWS, lambda route: route.abort())
    page.goto("/")
    box(page).fill("errfree")
    expect(page.locator("#results")).to_contain_text("cannot be reached")
    page.unroute(VIEWS)
    box(page).press("Enter")
    expect_found(page, "1 user found for “errfree”")
    expect(page.locator("#listing")).to_be_hidden()


def test_views_are_loaded_once_and_only_for_a_search(page):
    asked = []
    is_views = re.compile(r"/assets/search-\w+\.html$").search
    page.on("request", lambda request: is_views(request.url) and asked.append(request.url))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert asked == []
    with page.expect_request(VIEWS):
        box(page).focus()
    box(page).fill("member")
    expect_found(page, "280 users found for “member”")
    link(page, "Next").click()
    expect(heading(page)).to_contain_text("Page 2")
    link(page, "Clear search").click()
    expect_listing(page)
    box(page).fill("errfree")
    expect_found(page, "1 user found for “errfree”")
    assert len(asked) == 1

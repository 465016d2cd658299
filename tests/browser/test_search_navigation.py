"""Pages of search results, their addresses, the browser's history, and the way back."""

import re

import pytest

from tests.browser.conftest import users_named
from tests.browser.search_page import (
    box,
    expect,
    expect_found,
    expect_listing,
    heading,
    link,
    names,
    usernames,
)

pytestmark = pytest.mark.slow


def test_links_turn_the_pages_of_results(page):
    page.goto("/")
    box(page).fill("member")
    found = usernames(users_named("member"))
    for press, number in [
        (None, 1), ("Next", 2), ("Next", 3), ("Previous", 2), ("12", 12), ("1", 1), ("3", 3),
    ]:  # fmt: skip
        if press:
            link(page, press).click()
        expect(heading(page)).to_have_text(f"280 users found for “member”, Page {number} of 12")
        assert names(page) == found[25 * number - 25 : 25 * number]
        for name, is_offered in {"Previous": number > 1, "Next": number < 12}.items():
            expect(link(page, name)).to_have_count(int(is_offered))
        if press:
            expect(heading(page)).to_be_focused()


def test_a_link_to_a_page_of_results_works_as_an_address(page):
    page.goto("/users/2.html?q=member")
    page.goto(link(page, "Next").get_attribute("href"))
    expect(page).to_have_url(re.compile(r"/users/2\.html\?q=member&p=2$"))
    expect(heading(page)).to_have_text("280 users found for “member”, Page 2 of 12")


def test_the_address_of_a_page_of_results_can_be_shared(page):
    page.goto("/about.html")
    box(page).fill("member-1")
    expect_found(page, "100 users found for “member-1”")
    link(page, "4").click()
    expect(page).to_have_url(re.compile(r"/about\.html\?q=member-1&p=4$"))
    other = page.context.new_page()
    other.goto(page.url)
    assert names(other) == usernames(users_named("member-1")[75:])
    expect(box(other)).to_have_value("member-1")
    expect(other).to_have_title(re.compile("^member-1 - Users found - "))


@pytest.mark.parametrize("address", ["/?q=member-27&p=99", "/?p=2&q=%20member-27%20"])
def test_a_page_past_the_end_shows_the_last_page(page, address):
    page.goto(address)
    expect_found(page, "10 users found for “member-27”")
    expect(page).to_have_url(re.compile(r"\?q=member-27$"))


def test_back_and_forward_lead_through_searches_and_pages(page):
    page.goto("/users/2.html")
    title = page.title()
    box(page).press_sequentially("memb")
    expect_found(page, "280 users found for “memb”")
    box(page).press_sequentially("er")  # one search, typed on
    expect_found(page, "280 users found for “member”")
    link(page, "Next").click()
    expect(heading(page)).to_contain_text("Page 2 of 12")

    page.go_back()
    expect(heading(page)).to_contain_text("Page 1 of 12")
    page.go_back()
    expect_listing(page)
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))
    expect(page).to_have_title(title)
    expect(box(page)).to_have_value("")

    page.go_forward()
    expect_found(page, "280 users found for “member”")
    expect(box(page)).to_have_value("member")
    expect(page).to_have_title(re.compile("^member - Users found"))


def test_a_link_within_the_page_starts_no_search(page):
    page.goto("/?q=errfree")
    expect_found(page, "1 user found for “errfree”")
    asked = []
    page.on("request", lambda request: "/api/" in request.url and asked.append(request.url))
    box(page).fill("err")
    page.evaluate("location.hash = 'main'")
    expect(box(page)).to_have_value("err")
    expect_found(page, "2 users found for “err”")
    assert len(asked) == 1


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda page: box(page).press("Escape"), id="Escape"),
        pytest.param(lambda page: link(page, "errfree").press("Escape"), id="Escape elsewhere"),
        pytest.param(lambda page: box(page).fill(""), id="emptying the box"),
        pytest.param(lambda page: link(page, "Clear search").click(), id="Clear search"),
    ],
)
def test_leaving_a_search_shows_the_listing_again(page, leave):
    page.goto("/users/3.html")
    title = page.title()
    box(page).fill("errfree")
    expect_found(page, "1 user found for “errfree”")
    leave(page)
    expect_listing(page)
    expect(page).to_have_url(re.compile(r"/users/3\.html$"))
    expect(page).to_have_title(title)
    expect(box(page)).to_have_value("")
    expect(box(page)).to_be_focused()

"""A search of one type: the type of the listing that one came from."""

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

BOTS = "/users/type-bot/by-id/25/1.html"
MEMBER_BOTS = [user for user in users_named("member") if user.type == "Bot"]
CHIP = "in Bot , search all types instead"


def chip(page):
    return page.locator("#results .chip")


def test_a_search_keeps_the_type_of_the_listing(page):
    page.goto(BOTS)
    box(page).fill("member")
    expect(heading(page)).to_have_text(f"{len(MEMBER_BOTS)} users found for “member” in Bot")
    assert names(page) == usernames(MEMBER_BOTS)
    expect(chip(page)).to_contain_text("in Bot")
    expect(page).to_have_url(re.compile(r"/1\.html\?q=member&t=Bot$"))
    box(page).fill("member-0")
    expect(heading(page)).to_contain_text("“member-0” in Bot")


@pytest.mark.parametrize("type_", ["Organization", "organization"])
def test_an_address_with_a_type_can_be_shared(page, type_):
    organizations = [user for user in users_named("member") if user.type == "Organization"]
    page.goto(f"/about.html?q=member&t={type_}&p=2")
    expect(heading(page)).to_have_text(
        f"{len(organizations)} users found for “member” in {type_}, Page 2 of 3"
    )
    assert names(page) == usernames(organizations)[25:50]
    link(page, "3").click()
    expect(heading(page)).to_contain_text("Page 3 of 3")
    assert names(page) == usernames(organizations)[50:]


def test_the_type_can_be_removed(page):
    page.goto(BOTS)
    box(page).fill("member")
    chip(page).click()
    expect_found(page, "280 users found for “member”")
    expect(heading(page)).to_be_focused()
    expect(chip(page)).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/1\.html\?q=member$"))
    box(page).fill("member-0")
    expect_found(page, "100 users found for “member-0”")
    page.go_back()
    expect(heading(page)).to_contain_text("“member” in Bot")
    expect(chip(page)).to_be_visible()


def test_a_new_search_has_the_type_of_the_listing_again(page):
    page.goto(BOTS)
    box(page).fill("member")
    chip(page).click()
    expect_found(page, "280 users found for “member”")
    link(page, "Clear search").click()
    expect_listing(page)
    expect(page).to_have_url(re.compile(r"/1\.html$"))
    box(page).fill("depend")
    expect(heading(page)).to_contain_text("1 user found for “depend” in Bot")


@pytest.mark.parametrize("address", ["/", "/users/by-type/25/1.html", "/about.html", "/404.html"])
def test_pages_without_a_type_search_all_types(page, address):
    page.goto(address)
    box(page).fill("errfree")
    expect_found(page, "1 user found for “errfree”")
    expect(chip(page)).to_have_count(0)


def test_an_id_is_searched_among_users_of_the_type(page):
    page.goto("/?q=44&t=Bot")
    expect(heading(page)).to_have_text("No users found for “44” in Bot")
    link(page, "Search all types").click()
    expect(heading(page)).not_to_contain_text("in Bot")
    assert "errfree" in names(page)


def test_a_search_without_a_match_offers_next_steps(page):
    page.goto("/users/3.html")
    box(page).fill("member-xyzxyz")
    expect_found(page, "No users found for “member-xyzxyz”")
    expect(link(page, "Search all types")).to_have_count(0)
    link(page, "Find “member”").click()
    expect_found(page, "280 users found for “member”")
    expect(box(page)).to_have_value("member")
    page.go_back()
    expect_found(page, "No users found for “member-xyzxyz”")
    link(page, "Show all users").click()
    expect_listing(page)
    expect(page).to_have_url(re.compile(r":\d+/$"))

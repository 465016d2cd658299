"""What search results show of a user."""

from urllib.parse import quote

import pytest

from function.contract import fold
from tests.browser.conftest import USERS, users_named
from tests.browser.search_page import (
    box,
    change_answers,
    expect,
    heading,
    link,
    names,
    usernames,
)
from tests.factories import ODD

pytestmark = pytest.mark.slow

# Names that can be typed, and that no user before them contains.
HOSTILE = [user for user in ODD if user.username.isprintable() and user.username != "-"]


@pytest.mark.parametrize("user", HOSTILE, ids=lambda user: user.username)
def test_a_name_is_shown_unchanged(page, user):
    page.goto("/")
    box(page).fill(user.username)
    expect(heading(page).locator("bdi")).to_have_text(user.username)
    found = users_named(user.username)
    exact = [other for other in found if fold(other.username) == fold(user.username)][-1]
    found.remove(exact)
    assert names(page) == usernames([exact, *found])[:25]
    assert page.locator("#results .users :is(script, [onerror])").count() == 0


def test_only_web_addresses_are_linked(page):
    page.goto(f"/?q={quote('<script>')}")
    assert names(page) == ["<script>alert('1')</script>"]
    assert page.locator("#results .users a").count() == 0
    page.goto(f"/?q={quote('<img src')}")
    assert len(names(page)) == 1
    assert page.locator("#results .users img").count() == 0


def test_results_have_the_same_rows_as_listings(page):
    """The script and `_user_row.html` draw the same row, but for marks and notes."""
    drawn = """(rows) => rows.map((row) => {
      for (const mark of row.querySelectorAll("mark")) mark.replaceWith(...mark.childNodes);
      for (const note of row.querySelectorAll("b")) {
        note.previousSibling.remove();
        note.remove();
      }
      row.normalize();
      for (const node of [row, ...row.querySelectorAll("*")]) {
        const sorted = [...node.attributes].sort((a, b) => (a.name < b.name ? -1 : 1));
        for (const { name, value } of sorted) {
          node.removeAttribute(name);
          // Ids are unique in a page, and a listing has them.
          if (name !== "id") node.setAttribute(name, value);
        }
      }
      return row.outerHTML.replace(/\\s*\\n\\s*/g, "");
    })"""
    listed = []
    for number in range(1, len(USERS) // 100 + 2):
        page.goto(f"/users/by-id/100/{number}.html")
        listed += page.locator("#listing .users li").evaluate_all(drawn)
    assert len(listed) == len(USERS)
    for term in ("e", "t", "<", "&", "0", "м", "ש", "ï", "😀", "-"):
        page.goto(f"/?q={quote(term)}")
        names(page)
        found = page.locator("#results .users li").evaluate_all(drawn)
        assert [row for row in found if row not in listed] == []


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6, 7, 9, 12, 13])
def test_results_have_the_same_page_numbers_as_listings(page, number):
    parts = """(parts) => parts.map((part) => [
      part.tagName, part.className, part.rel, part.ariaCurrent,
      part.textContent.replace(/\\s+/g, " ").trim()])"""
    page.goto(f"/users/{number}.html")
    listed = page.locator("#listing .pages > *").evaluate_all(parts)
    change_answers(page, total=302, pages=13)
    page.goto(f"/?q=member&p={number}")
    names(page)
    assert page.locator("#results .pages > *").evaluate_all(parts) == listed


def test_search_works_under_a_strict_content_security_policy(page, site):
    """No script, style or handler stands in the markup, and none gets there."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' data: https://avatars.githubusercontent.com; base-uri 'none';"
        " form-action 'self'; require-trusted-types-for 'script'"
    )

    def add_policy(route):
        response = route.fetch()
        route.fulfill(
            response=response, headers=response.headers | {"content-security-policy": policy}
        )

    page.route(f"{site}/", add_policy)
    page.goto("/")
    box(page).fill("e")
    expect(heading(page)).to_contain_text("“e”")
    link(page, "Next").click()
    expect(heading(page)).to_contain_text("Page 2")

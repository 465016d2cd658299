"""The parts of a page that a search shows, for tests of the search."""

import re

from tests.browser.chromium import expect

# The addresses of the API and of the templates that results are drawn with.
API = "**/api/users/profiles*"
VIEWS = "**/assets/search-*.html"


def box(page):
    return page.get_by_role("searchbox", name="Find users")


def heading(page):
    return page.locator("#results h1")


def link(page, name):
    return page.locator("#results").get_by_role("link", name=name, exact=True)


def names(page):
    """Wait for the results, and return the usernames that they show."""
    expect(heading(page)).to_contain_text("found for")
    return page.locator("#results .users bdi").all_text_contents()


def notes(page):
    """Return what is said of the users that come first."""
    return page.locator("#results .users b").all_text_contents()


def usernames(users):
    return [user.username for user in users]


def fail(status, body, kind="application/json"):
    """Return a handler of requests that answers with an error, or with something else than JSON."""
    return lambda route: route.fulfill(status=status, body=body, content_type=kind)


def change_answers(page, **members):
    """Let the API answer with other *members*."""

    def answer(route):
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | members)

    page.route(API, answer)


def expect_found(page, text):
    """Wait for the heading *text*, which may end with a page number."""
    expect(heading(page)).to_have_text(re.compile(re.escape(text) + r"(, Page \d+ of \d+)?$"))


def expect_listing(page):
    expect(page.locator("#results")).to_be_hidden()
    expect(page.locator("#listing h1")).to_be_visible()

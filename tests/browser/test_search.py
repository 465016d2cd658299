"""The search box: typing, asking the API, and showing the answer."""

import re
from urllib.parse import quote

import pytest

from tests.browser.conftest import users_named
from tests.browser.search_page import (
    API,
    VIEWS,
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


def test_typing_finds_users(page):
    page.goto("/")
    box(page).press_sequentially("MEMBER-07")
    expect_found(page, "10 users found for “MEMBER-07”")
    assert names(page) == usernames(users_named("member-07"))
    expect(page.locator("#listing")).to_be_hidden()
    expect(box(page)).to_be_focused()


def test_the_api_is_asked_once_after_a_pause_in_typing(page_with_clock):
    page, asked = page_with_clock, []
    page.on("request", lambda request: "/api/" in request.url and asked.append(request.url))
    page.goto("/")
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    for letter in "member":
        box(page).press(letter)
        page.clock.run_for(150)
    assert asked == []
    page.clock.run_for(50)
    expect_found(page, "280 users found for “member”")
    assert len(asked) == 1


def test_enter_asks_at_once(page_with_clock):
    page = page_with_clock
    page.goto("/")
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    box(page).fill("errfree")
    box(page).press("Enter")
    expect_found(page, "1 user found for “errfree”")


def test_blanks_alone_are_not_searched(page):
    page.goto("/")
    box(page).fill("   ")
    box(page).press("Enter")
    expect_listing(page)
    box(page).fill("  errfree ")
    expect_found(page, "1 user found for “errfree”")
    expect(box(page)).to_have_value("  errfree ")


@pytest.mark.parametrize("cancelled", [True, False], ids=["cancelled", "too late to cancel"])
def test_an_older_answer_never_replaces_a_newer_one(page, cancelled):
    held = []
    page.route("**/api/users/profiles?username=member&*", lambda route: held.append(route))
    if not cancelled:
        page.add_init_script("AbortController.prototype.abort = () => {}")
    page.goto("/")
    with page.expect_request(API):
        box(page).fill("member")
    box(page).fill("errfree")
    expect_found(page, "1 user found for “errfree”")
    if cancelled:
        assert held[0].request.failure == "net::ERR_ABORTED"
    else:
        with page.expect_response("**/*username=member&*") as late:
            held[0].continue_()
        late.value.finished()
        page.evaluate("() => new Promise((done) => setTimeout(done))")
    expect_found(page, "1 user found for “errfree”")
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")


def test_text_under_composition_is_searched_and_not_changed(page):
    page.goto("/")
    box(page).focus()
    keyboard = page.context.new_cdp_session(page)
    for text in ("m", "ma", "мар"):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
    expect_found(page, "1 user found for “мар”")
    keyboard.send("Input.insertText", {"text": "мария"})
    expect_found(page, "1 user found for “мария”")
    expect(box(page)).to_have_value("мария")


def test_a_search_without_a_match_says_so(page):
    page.goto("/")
    box(page).fill("no such name")
    expect_found(page, "No users found for “no such name”")
    expect(page.locator("#results")).to_contain_text("Try a shorter part of it")
    expect(page.locator("#results .users")).to_have_count(0)
    expect(link(page, "Clear search")).to_be_visible()


def test_an_address_with_a_search_shows_that_it_searches_until_the_answer(page):
    held = []
    page.route(VIEWS, lambda route: held.append(route))
    page.goto("/?q=errfree")
    expect(heading(page)).to_have_text("Searching for “\u2068errfree\u2069”")
    expect(page.locator("#listing")).to_be_hidden()
    held[0].continue_()
    expect_found(page, "1 user found for “errfree”")


def test_screen_readers_hear_only_the_last_answer(page_with_clock):
    page = page_with_clock
    page.goto("/")
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    status = page.get_by_role("status")
    for letters, quoted in [("m", "“m”"), ("member-0", "“member-0”")]:
        box(page).fill(letters)
        page.clock.run_for(200)
        expect(heading(page)).to_contain_text(quoted)
        page.clock.run_for(400)
        expect(status).to_have_text("")
    page.clock.run_for(400)
    expect(status).to_have_text("100 users found for “member-0”, Page 1 of 4")


def test_search_works_with_the_keyboard_alone(page):
    page.goto("/")
    for _ in range(3):  # past the link to the content and the title
        page.keyboard.press("Tab")
    expect(box(page)).to_be_focused()
    page.keyboard.type("member/")
    expect_found(page, "No users found for “member/”")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")  # does not wait for the next letter
    expect_found(page, "280 users found for “member”")
    link(page, "12").focus()
    page.keyboard.press("Enter")
    expect(heading(page)).to_be_focused()
    page.keyboard.press("Tab")
    expect(link(page, "Clear search")).to_be_focused()
    page.keyboard.press("Tab")
    expect(link(page, "member-275")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(link(page, "Previous")).to_be_focused()


@pytest.mark.parametrize("term", ["member", "no such name"])
def test_touch_targets_are_at_least_44_pixels(new_page, term):
    page = new_page(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page.goto(f"/?q={quote(term)}")
    expect_found(page, f"for “{term}”")
    targets = page.locator(":is(#search, #results) :is(a, button, input):visible")
    # The whole row of a user leads to the profile.
    sizes = targets.evaluate_all(
        """(targets) => targets.map((target) => target.closest("li") ?? target).map(
          (target) => [target.offsetWidth, target.offsetHeight, target.textContent])"""
    )
    assert [size for size in sizes if min(size[:2]) < 44] == []


def test_without_javascript_the_search_box_is_hidden(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/?q=errfree")
    expect(page.locator("#search")).to_be_hidden()
    expect(page.locator("#listing h1")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))

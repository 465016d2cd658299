"""Keys, touch screens, page numbers that are typed, and avatars."""

import re

import pytest

from tests.browser.conftest import wait_for_pictures
from tests.browser.search_page import (
    box,
    change_answers,
    expect,
    expect_found,
    expect_listing,
    heading,
    link,
    names,
)
from tests.factories import make_profile

pytestmark = pytest.mark.slow

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NARROW = PHONE | {"viewport": {"width": 320, "height": 640}}
AVATARS = "https://avatars.githubusercontent.com/**"


def test_slash_moves_to_the_box(page):
    page.goto("/?q=errfree")
    expect_found(page, "1 user found for “errfree”")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("member/")  # replaces the old term
    expect(box(page)).to_have_value("member/")
    expect_found(page, "No users found for “member/”")


@pytest.mark.parametrize("key", ["Control+/", "Alt+/", "Meta+/"])
def test_slash_with_another_key_is_left_to_the_browser(page, key):
    page.goto("/")
    page.keyboard.press(key)
    expect(box(page)).not_to_be_focused()


def test_slash_in_another_field_is_a_slash(page):
    change_answers(page, total=2500, pages=100)
    page.goto("/?q=member")
    field = page.locator("#results .jump input")
    field.press("/")
    expect(field).to_have_value("/")
    expect(field).to_be_focused()


def test_the_keyboard_of_a_phone_goes_away_after_enter(new_page):
    page = new_page(**PHONE)
    page.goto("/")
    box(page).fill("errfree")
    expect(box(page)).to_be_focused()
    box(page).press("Enter")
    expect_found(page, "1 user found for “errfree”")
    expect(box(page)).not_to_be_focused()


def test_the_keyboard_of_a_phone_stays_away_after_clear(new_page):
    page = new_page(**PHONE)
    page.goto("/?q=errfree")
    link(page, "Clear search").tap()
    expect_listing(page)
    expect(box(page)).to_have_value("")
    expect(box(page)).not_to_be_focused()


def test_enter_leaves_the_focus_in_the_box_where_there_is_a_mouse(page):
    page.goto("/")
    box(page).fill("errfree")
    box(page).press("Enter")
    expect_found(page, "1 user found for “errfree”")
    expect(box(page)).to_be_focused()


def test_a_page_of_results_can_be_typed(page):
    change_answers(page, total=100_000, pages=4000)
    page.goto("/?q=member")
    field = page.locator("#results .jump input")
    for text in ("4001", "0", "-1", "1.5", "x", ""):
        field.fill(text)
        field.press("Enter")
        assert field.evaluate("(field) => field.validationMessage").endswith("1 to 4,000.")
    expect(page).to_have_url(re.compile(r"\?q=member$"))
    field.fill("1,234")
    field.press("Enter")
    expect(heading(page)).to_contain_text("Page 1,234 of 4,000")
    expect(heading(page)).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?q=member&p=1234$"))


def test_few_pages_of_results_have_no_field_to_type(page):
    change_answers(page, total=49 * 25, pages=49)
    page.goto("/?q=member")
    expect(link(page, "49")).to_be_visible()
    expect(page.locator("#results .jump")).to_have_count(0)


def test_a_page_of_a_listing_can_be_typed(page):
    def add_form(route):
        response = route.fetch()
        form = '<form class="jump" hidden data-prefix="/users/" data-pages="13"><label>Page <input>'
        body = response.text().replace("</main>", f"{form}</label></form></main>")
        route.fulfill(response=response, body=body)

    page.route("**/users/2.html", add_form)
    page.goto("/users/2.html")
    field = page.get_by_label("Page", exact=True)
    field.fill("14")
    field.press("Enter")
    assert field.evaluate("(field) => field.validationMessage").endswith("1 to 13.")
    field.fill("5")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/users/5\.html$"))


@pytest.mark.parametrize("number", [1, 3, 4, 2000, 3998, 4000])
def test_page_numbers_fit_one_line_of_a_narrow_screen(new_page, number):
    page = new_page(**NARROW)
    change_answers(page, total=100_000, pages=4000)
    page.goto(f"/?q=member&p={number}")
    expect(heading(page)).to_contain_text("of 4,000")
    tops = page.locator("#results .pages > :is(a, span):visible").evaluate_all(
        "(parts) => parts.map((part) => part.getBoundingClientRect().top)"
    )
    assert len(tops) >= 4
    assert len(set(tops)) == 1


@pytest.mark.parametrize("loads", [True, False], ids=["loads", "does not load"])
def test_the_initial_is_seen_if_the_avatar_of_a_result_does_not_load(page, loads):
    if not loads:
        page.route(AVATARS, lambda route: route.abort())
    change_answers(page, profiles=[make_profile(1, "member")._asdict()])
    page.goto("/?q=member")
    names(page)
    wait_for_pictures(page.locator("#results .face img").first)
    is_seen = page.locator("#results .face").first.evaluate(
        """(face) => {
          const letter = document.createRange();
          letter.selectNodeContents(face.lastChild);
          const { top, height } = letter.getBoundingClientRect();
          return height > 0 && top < face.getBoundingClientRect().bottom;
        }"""
    )
    assert is_seen != loads

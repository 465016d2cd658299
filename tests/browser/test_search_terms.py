"""What a term finds besides names with that term: an exact name, an id, a copied address."""

import json
from urllib.parse import quote

import pytest

from tests.browser.conftest import USERS, users_named
from tests.browser.search_page import (
    API,
    box,
    change_answers,
    expect,
    expect_found,
    expect_listing,
    heading,
    link,
    names,
    notes,
    usernames,
)

pytestmark = pytest.mark.slow

LARGEST_ID = 2**63 - 1


def test_the_exact_name_comes_first_and_once(page):
    page.goto("/?q=COPPERKETTLE")
    expect_found(page, "2 users found for “COPPERKETTLE”")
    assert names(page) == ["copperkettle", "CopperKettle"]
    assert notes(page) == ["exact name"]
    expect(page.locator("#results .users li").first).to_contain_text("exact name")


def test_an_exact_name_of_a_later_page_comes_first_on_the_first_page_alone(page):
    change_answers(page, exact=USERS[-2]._asdict())
    found = usernames(users_named("member"))
    page.goto("/?q=member")
    assert names(page) == [USERS[-2].username, *found[:25]]
    link(page, "2").click()
    expect(heading(page)).to_contain_text("Page 2")
    assert names(page) == found[25:50]
    assert notes(page) == []


@pytest.mark.parametrize("term", ["44", "#44", " 044"])
def test_a_number_finds_the_user_with_that_id_first(page, term):
    page.goto(f"/?q={quote(term)}")
    names_with_term = usernames(users_named(term.strip(" #")))
    assert names(page) == ["errfree", *names_with_term]
    assert notes(page) == ["exact id"]
    expect(page.locator("#results .users small").first).to_have_text(
        "#44 · Organization · exact id"
    )
    expect(heading(page)).to_contain_text(f"{len(names_with_term) + 1} user")


def test_an_id_is_found_although_no_name_has_that_number(page):
    page.goto("/?q=100001")
    expect_found(page, "1 user found for “100001”")
    assert names(page) == ["moloch--"]
    page.goto("/?q=100009")
    expect_found(page, "No users found for “100009”")


def test_a_name_and_an_id_of_the_same_user_are_shown_once(page):
    user = USERS[1]
    change_answers(page, exact=user._asdict(), profiles=[user._asdict()], total=1, pages=1)
    page.goto(f"/?q={user.id}")
    assert names(page) == [user.username]
    assert notes(page) == ["exact name"]


def test_the_largest_id_keeps_its_digits(page):
    page.goto(f"/?q={LARGEST_ID}")
    assert names(page) == ["the-last"]
    page.goto("/?q=the-last")
    expect(page.locator("#results .users small")).to_have_text(
        f"#{LARGEST_ID} · Organization · exact name"
    )


def test_a_number_that_no_id_can_be_is_only_a_name(page):
    page.goto(f"/?q={LARGEST_ID + 1}")
    expect_found(page, f"No users found for “{LARGEST_ID + 1}”")


def test_text_that_looks_like_json_is_shown_unchanged(page):
    hostile = ['","id":9223372036854775807,"', "\\", '\\"', '\\\\","id":1', "1234567890123456789"]
    profiles = [
        {**USERS[0]._asdict(), "id": LARGEST_ID - number, "username": username}
        for number, username in enumerate(hostile)
    ]
    body = json.dumps({"profiles": profiles, "total": len(hostile), "pages": 1})
    page.route(API, lambda route: route.fulfill(body=body, content_type="application/json"))
    page.goto("/?q=e")
    assert names(page) == hostile
    assert page.locator("#results .users small").all_text_contents() == [
        f"#{LARGEST_ID - number} User" for number in range(len(hostile))
    ]


@pytest.mark.parametrize(
    "copied",
    [
        "@errfree",
        " @ErrFree ",
        "https://github.com/errfree",
        "http://www.github.com/errfree/",
        "github.com/errfree?tab=repositories",
        "www.github.com/errfree#top",
        "https://github.com/errfree/errfree/issues/1",
        "https://github.com/orgs/errfree/people",
        "HTTPS://GitHub.com/errfree",
        "https://github.example.org/errfree",
    ],
)
def test_a_copied_name_or_address_finds_the_name(page, copied):
    page.goto("/")
    box(page).fill(copied)
    expect(heading(page)).to_contain_text("1 user found")
    assert names(page) == ["errfree"]
    assert notes(page) == ["exact name"]
    expect(box(page)).to_have_value(copied)
    page.reload()
    assert names(page) == ["errfree"]


def test_the_address_of_an_app_finds_its_bot(page):
    page.goto(f"/?q={quote('https://github.com/apps/dependabot')}")
    assert names(page) == ["dependabot[bot]"]


@pytest.mark.parametrize("text", ["@", " @ ", "#"])
def test_a_sign_without_a_name_is_not_searched(page, text):
    page.goto(f"/?q={quote(text)}")
    box(page).fill(text)
    box(page).press("Enter")
    expect_listing(page)


@pytest.mark.parametrize(
    ("term", "username", "marked"),
    [
        pytest.param("copperk", "CopperKettle", ["CopperK"], id="another case"),
        pytest.param("--", "0----0", ["--", "--"], id="twice"),
        pytest.param("😀", "😀" * 39, ["😀"] * 39, id="beyond 16 bits"),
        pytest.param("@octo", "octo_ACME", ["octo"], id="after an @"),
        pytest.param("<script>", "<script>alert('1')</script>", ["<script>"], id="markup"),
    ],
)
def test_matches_are_marked(page, term, username, marked):
    page.goto(f"/?q={quote(term)}")
    expect(heading(page)).to_contain_text("found for")
    row = page.locator("#results .users bdi", has_text=username).first
    expect(row).to_have_text(username)
    assert row.locator("mark").all_text_contents() == marked


def test_marks_are_seen_in_forced_colours(new_page):
    page = new_page(forced_colors="active")
    page.goto("/?q=errfree")
    mark = page.locator("#results mark")
    expect(mark).to_be_visible()
    ground = "(element) => getComputedStyle(element).backgroundColor"
    assert mark.evaluate(ground) != page.locator("body").evaluate(ground)


def test_the_same_query_is_linked_as_json(page):
    page.goto("/?q=member&p=2&t=Bot")
    page.goto("/?q=member-1&p=2")
    shown = names(page)
    link(page, "as JSON").click()
    answer = json.loads(page.locator("pre").inner_text())
    assert [profile["username"] for profile in answer["profiles"]] == shown

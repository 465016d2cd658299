"""Finding users as one types, in Chromium, against the real API."""

import re
from urllib.parse import quote

import pytest

from generator.site import STATIC
from tests.browser.conftest import USERS, named
from tests.factories import ODD

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.slow
expect = sync_api.expect

API = "**/api/users/profiles*"
VIEWS = "**/assets/search-*.html"
# What can be typed, and isn't in the names of others before.
HOSTILE = [user for user in ODD if user.username.isprintable() and user.username != "-"]


def box(page):
    return page.get_by_role("searchbox", name="Find users")


def heading(page):
    return page.locator("#results h1")


def link(page, name):
    return page.locator("#results").get_by_role("link", name=name, exact=True)


def names(page):
    """Return the names shown, as they are, once the answer is there."""
    expect(heading(page)).to_contain_text("found for")
    return page.locator("#results tbody bdi").all_text_contents()


def usernames(users):
    return [user.username for user in users]


def expect_found(page, what):
    """Wait for the heading, in which names of all directions stand by themselves."""
    expect(heading(page)).to_have_text(re.compile(re.escape(what) + r"(, Page \d+ of \d+)?$"))


def expect_listing(page):
    expect(page.locator("#results")).to_be_hidden()
    expect(page.locator("#listing h1")).to_be_visible()


def test_users_are_found_as_one_types(page):
    page.goto("/")
    box(page).press_sequentially("MEMBER-07")
    expect_found(page, "10 users found for “MEMBER-07”")
    assert names(page) == usernames(named("member-07"))
    expect(page.locator("#listing")).to_be_hidden()
    expect(box(page)).to_be_focused()


def test_the_api_is_asked_once_one_pauses(page):
    asked = []
    page.on("request", lambda request: "/api/" in request.url and asked.append(request.url))
    page.clock.install()
    page.goto("/")
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    for letter in "member":
        box(page).press(letter)
        page.clock.run_for(150)
    assert asked == []
    page.clock.run_for(50)
    expect_found(page, "280 users found for “member”")
    assert len(asked) == 1


def test_enter_asks_at_once(page):
    page.clock.install()
    page.goto("/")
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    box(page).fill("errfree")
    box(page).press("Enter")
    expect_found(page, "1 user found for “errfree”")


def test_blanks_are_no_search(page):
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


def test_one_pages_through_what_is_found(page):
    page.goto("/")
    box(page).fill("member")
    found = usernames(named("member"))
    for press, number in [
        (None, 1), ("Next", 2), ("Next", 3), ("Previous", 2), ("Last", 12), ("First", 1),
    ]:  # fmt: skip
        if press:
            link(page, press).click()
        expect(heading(page)).to_have_text(f"280 users found for “member”, Page {number} of 12")
        assert names(page) == found[25 * number - 25 : 25 * number]
        for name, is_offered in {"Previous": number > 1, "Next": number < 12}.items():
            is_there = expect(link(page, name))
            (is_there.to_have_attribute if is_offered else is_there.not_to_have_attribute)(
                "href", re.compile(r"\?q=member")
            )
        if press:
            expect(heading(page)).to_be_focused()


def test_links_to_pages_of_what_is_found_are_addresses(page):
    page.goto("/users/2.html?q=member")
    page.goto(link(page, "Next").get_attribute("href"))
    expect(page).to_have_url(re.compile(r"/users/2\.html\?q=member&p=2$"))
    expect(heading(page)).to_have_text("280 users found for “member”, Page 2 of 12")


def test_an_address_can_be_shared(page):
    page.goto("/about.html")
    box(page).fill("member-1")
    expect_found(page, "100 users found for “member-1”")
    link(page, "Last").click()
    expect(page).to_have_url(re.compile(r"/about\.html\?q=member-1&p=4$"))
    other = page.context.new_page()
    other.goto(page.url)
    assert names(other) == usernames(named("member-1")[75:])
    expect(box(other)).to_have_value("member-1")
    expect(other).to_have_title(re.compile("^member-1 - Users found - "))


@pytest.mark.parametrize("address", ["/?q=member-27&p=99", "/?p=2&q=%20member-27%20"])
def test_a_page_past_the_end_is_the_last(page, address):
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


def test_a_link_to_a_place_on_the_page_is_no_new_search(page):
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
def test_one_gets_back_to_the_listing(page, leave):
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


def test_the_keyboard_is_enough(page):
    page.goto("/")
    for _ in range(3):  # past the link to the content and the title
        page.keyboard.press("Tab")
    expect(box(page)).to_be_focused()
    page.keyboard.type("member/")
    expect_found(page, "No users found for “member/”")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")  # does not wait for the next letter
    expect_found(page, "280 users found for “member”")
    link(page, "Last").focus()
    page.keyboard.press("Enter")
    expect(heading(page)).to_be_focused()
    page.keyboard.press("Tab")
    expect(link(page, "Clear search")).to_be_focused()
    page.keyboard.press("Tab")
    expect(link(page, "member-275")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(link(page, "First")).to_be_focused()


def test_text_that_is_still_composed_is_searched_and_left_alone(page):
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


@pytest.mark.parametrize("user", HOSTILE, ids=lambda user: user.username)
def test_a_name_is_shown_as_it_is(page, user):
    page.goto("/")
    box(page).fill(user.username)
    expect(heading(page).locator("bdi")).to_have_text(user.username)
    assert names(page) == usernames(named(user.username))[:25]
    assert page.locator("#results tbody :is(script, [onerror])").count() == 0


def test_only_what_leads_to_the_web_is_linked(page):
    page.goto(f"/?q={quote('<script>')}")
    assert names(page) == ["<script>alert('1')</script>"]
    assert page.locator("#results tbody a").count() == 0
    page.goto(f"/?q={quote('<img src')}")
    assert len(names(page)) == 1
    assert page.locator("#results tbody img").count() == 0


def test_a_user_looks_the_same_in_a_listing(page):
    """The script and `_user_row.html` draw the same, whatever a user has."""
    drawn = """(rows) => rows.map((row) => {
      for (const node of [row, ...row.querySelectorAll("*")]) {
        const sorted = [...node.attributes].sort((a, b) => (a.name < b.name ? -1 : 1));
        for (const { name, value } of sorted) {
          node.removeAttribute(name);
          if (!name.startsWith("data-")) node.setAttribute(name, value);
        }
      }
      return row.outerHTML.replace(/\\s*\\n\\s*/g, "");
    })"""
    listed = []
    for number in range(1, len(USERS) // 100 + 2):
        page.goto(f"/users/by-id/100/{number}.html")
        listed += page.locator("#listing tbody tr").evaluate_all(drawn)
    for term in ("e", "t", "<", "&", "0", "м", "ש", "ï", "😀", "-"):
        page.goto(f"/?q={quote(term)}")
        names(page)
        found = page.locator("#results tbody tr").evaluate_all(drawn)
        assert [row for row in found if row not in listed and "9223372" not in row] == []


def test_nobody_found_is_said(page):
    page.goto("/")
    box(page).fill("no such name")
    expect_found(page, "No users found for “no such name”")
    expect(page.locator("#results")).to_contain_text("A shorter part of it may find somebody")
    expect(page.locator("#results table")).to_have_count(0)
    expect(link(page, "Clear search")).to_be_visible()


def fail(status, body, kind="application/json"):
    return lambda route: route.fulfill(status=status, body=body, content_type=kind)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda route: route.abort(), id="no connection"),
        pytest.param(fail(500, '{"error": "internal error"}'), id="500"),
        pytest.param(fail(429, '{"message": "Too Many Requests"}'), id="429"),
        pytest.param(fail(404, "<h1>Not found</h1>", "text/html"), id="404"),
        pytest.param(fail(200, "<h1>Welcome</h1>", "text/html"), id="no JSON"),
        pytest.param(fail(200, '{"message": "hello"}'), id="other JSON"),
        pytest.param(fail(200, "null"), id="null"),
    ],
)
def test_an_api_out_of_reach_is_said_and_the_pages_go_on(page, answer):
    page.route(API, answer)
    page.goto("/")
    box(page).fill("errfree")
    alert = page.locator("#results .alert")
    expect(alert).to_contain_text("The search is out of reach")
    expect(page.get_by_role("status")).to_contain_text("The search is out of reach")
    expect(box(page)).to_be_focused()
    page.locator("#listing").get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))
    expect_listing(page)


def test_one_can_try_again(page):
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
def test_views_out_of_reach_are_said_and_the_pages_go_on(page, address, answer):
    page.route(VIEWS, answer)
    page.goto(address)
    box(page).fill("errfree")
    box(page).press("Enter")
    expect(page.locator("#results")).to_have_text(
        "The search is out of reach just now. The pages work as before."
    )
    expect(page.get_by_role("status")).to_contain_text("The search is out of reach")
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    expect(box(page)).to_be_focused()
    page.locator("#listing").get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))
    expect_listing(page)


def test_another_search_tries_again_to_load_the_views(page):
    page.route(VIEWS, lambda route: route.abort())
    page.goto("/")
    box(page).fill("errfree")
    expect(page.locator("#results")).to_contain_text("out of reach")
    page.unroute(VIEWS)
    box(page).press("Enter")
    expect_found(page, "1 user found for “errfree”")
    expect(page.locator("#listing")).to_be_hidden()


def test_the_views_are_loaded_once_and_only_for_who_searches(page):
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


def test_an_address_that_searches_says_so_until_it_is_answered(page):
    held = []
    page.route(VIEWS, lambda route: held.append(route))
    page.goto("/?q=errfree")
    expect(heading(page)).to_have_text("Searching for “\u2068errfree\u2069”")
    expect(page.locator("#listing")).to_be_hidden()
    held[0].continue_()
    expect_found(page, "1 user found for “errfree”")


def test_an_api_that_is_silent_is_given_up(page):
    page.clock.install()
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


def test_screen_readers_are_told_the_last_answer_only(page):
    page.clock.install()
    page.goto("/")
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    status = page.get_by_role("status")
    for letters, what in [("m", "“m”"), ("member-0", "“member-0”")]:
        box(page).fill(letters)
        page.clock.run_for(200)
        expect(heading(page)).to_contain_text(what)
        page.clock.run_for(400)
        expect(status).to_have_text("")
    page.clock.run_for(400)
    expect(status).to_have_text("100 users found for “member-0”, Page 1 of 4")


def test_without_javascript_there_is_no_box(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/?q=errfree")
    expect(page.locator("#search")).to_be_hidden()
    expect(page.locator("#listing h1")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"/users/2\.html$"))


def test_a_strict_policy_holds(page, site):
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


@pytest.mark.parametrize("term", ["member", "no such name"])
def test_everything_can_be_hit_with_a_thumb(new_page, term):
    page = new_page(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page.goto(f"/?q={quote(term)}")
    expect_found(page, f"for “{term}”")
    targets = page.locator(":is(#search, #results) :is(a, button, input):visible")
    sizes = targets.evaluate_all(
        "(all) => all.map((one) => [one.offsetWidth, one.offsetHeight, one.textContent])"
    )
    assert [size for size in sizes if min(size[:2]) < 44] == []

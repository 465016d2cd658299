"""The pages in Chromium: links, width, layout shifts, colours, requests to other hosts."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.browser.chromium import expect
from tests.browser.conftest import USERS

pytestmark = pytest.mark.slow

PAGES = ["/", "/users/by-type/100/2.html", "/about.html", "/404.html"]
SEARCHES = ["/?q=member", "/?q=no+such+name", f"/?q={quote('😀' * 39)}", "/users/2.html?q=m&p=2"]
NARROW = {"width": 320, "height": 640}
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}
# A slow connection sends a page in pieces of so many bytes.
PIECE = 1400
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LAST = (len(USERS) + 24) // 25
# The sum of all layout shifts since the page began, except those after a key press or a click.
SHIFTS = """() => new Promise((done) => {
  new PerformanceObserver((list) => {
    done(list.getEntries().reduce((sum, one) => sum + (one.hadRecentInput ? 0 : one.value), 0));
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(0), 100));
})"""


def shown(page):
    """Return the ids of the users on the page."""
    return page.locator("#listing .users li").evaluate_all(
        "(rows) => rows.map((row) => row.id.slice(1))"
    )


def ids(users):
    return [str(user.id) for user in users]


def choose(page, label, name):
    """Follow the link *name* of the selector *label*. The link may end with a number of users."""
    link = page.locator(f'nav[aria-label="{label}"]').get_by_role(
        "link", name=re.compile(rf"^{name}\b")
    )
    with page.expect_navigation():
        link.click()


def turn(page, name):
    """Follow the link *name* of the page numbers."""
    pages = page.get_by_role("navigation", name="Pages", exact=True)
    with page.expect_navigation():
        pages.get_by_role("link", name=name, exact=True).click()


def open_page(page, address):
    """Go to *address*, and wait until its search is answered."""
    page.goto(address)
    if "q=" in address:
        expect(page.locator("#results h1")).to_contain_text("found for")


def test_links_turn_the_pages_of_a_listing(page):
    page.goto("/")
    for name, number in [("Next", 2), ("Next", 3), ("Previous", 2), (str(LAST), LAST), ("1", 1)]:
        turn(page, name)
        expect(page).to_have_url(re.compile(rf"/users/{number}\.html$"))
        assert shown(page) == ids(USERS[25 * number - 25 : 25 * number])


def test_another_page_size_shows_the_same_users(page):
    page.goto("/users/5.html")
    choose(page, "Users per page", "50")
    expect(page).to_have_url(re.compile(r"/users/by-id/50/3\.html$"))
    assert shown(page)[0] == str(USERS[100].id)
    choose(page, "Users per page", "10")
    assert shown(page)[0] == str(USERS[100].id)
    turn(page, "Next")
    assert shown(page)[0] == str(USERS[110].id)


def test_another_order_has_the_same_page_size_and_page(page):
    page.goto("/users/by-id/50/2.html")
    choose(page, "Order", "Newest")
    assert shown(page) == ids(USERS[::-1][50:100])
    choose(page, "Order", "Type")
    assert shown(page) == ids(sorted(USERS, key=lambda user: user.type)[50:100])
    choose(page, "Order", "Oldest")
    assert shown(page) == ids(USERS[50:100])


def test_a_chosen_type_is_listed_alone(page):
    bots = [user for user in USERS if user.type == "Bot"]
    page.goto("/users/by-id/10/2.html")
    choose(page, "Type", "Bot")
    assert shown(page) == ids(bots[:10])
    turn(page, "Next")
    assert shown(page) == ids(bots[10:20])
    choose(page, "Order", "Newest")
    choose(page, "Type", "All")
    assert shown(page) == ids(USERS[::-1][:10])


@pytest.mark.parametrize("address", PAGES + SEARCHES)
def test_a_page_fits_a_narrow_screen(new_page, address):
    page = new_page(viewport=NARROW, is_mobile=True, has_touch=True)
    open_page(page, address)
    width, room = page.evaluate(
        "[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]"
    )
    assert width <= room


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("address", PAGES + SEARCHES)
def test_nothing_moves_while_a_page_loads(new_page, address, viewport):
    page = new_page(viewport=viewport)
    open_page(page, address)
    assert page.evaluate(SHIFTS) < 0.01


@pytest.fixture
def slow_site(site):
    """The site over a slow connection: a piece of a page is sent for each item in a queue."""
    permits = Queue()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self):
            with urlopen(f"{site}{self.path}") as answer:  # noqa: S310  (our own)
                content, kind = answer.read(), answer.headers["Content-Type"]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            if "html" not in kind:
                self.wfile.write(content)
                return
            for start in range(0, len(content), PIECE):
                self.wfile.write(content[start : start + PIECE])
                permits.get()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", permits
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("viewport", [NARROW, PHONE, WIDE], ids=["narrow", "phone", "wide"])
@pytest.mark.parametrize("address", ["/", "/users/by-type/100/1.html", "/users/by-id/10/2.html"])
def test_nothing_moves_while_a_page_loads_slowly(new_page, slow_site, address, viewport):
    url, permits = slow_site
    page = new_page(viewport=viewport)
    page.goto(f"{url}{address}", wait_until="commit")
    while page.evaluate("document.readyState") == "loading":
        page.evaluate(PAINTED)
        permits.put(None)
    page.wait_for_load_state()
    assert page.locator("footer").is_visible()
    # A word that was sent in two pieces may move to the next line when it is complete.
    assert page.evaluate(SHIFTS) < 0.02


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
def test_nothing_moves_during_a_search(new_page, viewport):
    page = new_page(viewport=viewport)
    page.goto("/")
    for term in ("member", "member-2", "no such name", "m"):
        page.get_by_role("searchbox").fill(term)
        expect(page.locator("#results h1 bdi")).to_have_text(term)
    assert page.evaluate(SHIFTS.replace("one.hadRecentInput ? 0 : ", "")) < 0.01


@pytest.mark.parametrize("address", ["/", "/about.html", "/404.html", "/?q=member"])
def test_colours_follow_the_visitors_system(new_page, address):
    def brightness(scheme):
        page = new_page(color_scheme=scheme)
        open_page(page, address)
        return page.evaluate(
            """(() => {
              const { backgroundColor, color } = getComputedStyle(document.body);
              return [backgroundColor, color].map((one) => Number(one.match(/\\d+/)[0]));
            })()"""
        )

    (light_ground, light_text), (dark_ground, dark_text) = map(brightness, ("light", "dark"))
    assert light_ground > 200 > 100 > light_text
    assert dark_ground < 60 < 150 < dark_text


@pytest.mark.parametrize("address", ["/", "/about.html", "/404.html", "/?q=member", "/?q=onerror"])
def test_only_avatars_are_requested_from_other_hosts(page, activity, address):
    open_page(page, address)
    page.mouse.wheel(0, 5000)
    page.wait_for_load_state("networkidle")
    assert activity.other_hosts == []

"""What people see of a listing: users first, rows, page numbers, menus; and what helps everyone."""

import re
import string
from functools import partial

import pytest

import tests.browser.chromium  # noqa: F401  (skips this module without Chromium)
from function.contract import About
from generator.render.assets import read_assets
from generator.render.pages import Renderer
from generator.render.templates import STATIC, TEMPLATES
from generator.site import Build, ListedType, Listing
from tests.browser.conftest import USERS, wait_for_pictures
from tests.factories import ABOUT, make_profile

pytestmark = pytest.mark.slow

SMALL_PHONE = {"width": 320, "height": 568}
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}
LONGEST = "w" * 39
ROW = "#listing .users li"
# Elements with text, or that show a state: in these, both schemes need contrast.
TEXTS = (
    *(
        ".brand",
        "h1",
        ".quiet",
        ".tabs a",
        ".tabs small",
        ".orders a",
        ".users bdi",
        ".users small",
    ),
    *(".pages a", ".pages .off", ".pages .here", ".sizes a", ".sizes [aria-current]", "footer p"),
    *("footer a", "header .touch", *(f".users li:nth-child({n}) .face" for n in range(1, 8))),
)
CONTRAST = """(element) => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  let ground = element;
  const opaque = (one) => parse(getComputedStyle(one).backgroundColor)[3] !== 0;
  while (ground.parentElement && !opaque(ground)) ground = ground.parentElement;
  const shown = ground.parentElement ? ground : document.body;
  const pair = [getComputedStyle(element).color, getComputedStyle(shown).backgroundColor];
  const [a, b] = pair.map(parse).map(light).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""


@pytest.fixture
def open_drawn(new_page):
    """A function that opens a listing as it is drawn for any build, with the site's own assets."""

    def open_drawn(build, listing, page=1, *, title="GitHub users", names=(), **options):
        about = About(build.source, title, ABOUT.seeded_at)
        renderer = Renderer(build, about, read_assets(TEMPLATES, STATIC))
        types = [*(type_.name for type_ in build.types), "User"]
        users = [
            make_profile(2**62 + n, name, type=types[n % len(types)])
            for n, name in enumerate([*names, *(f"user-{n}" for n in range(25))])
        ]
        html = renderer.page(listing, page, [renderer.row(user) for user in users])
        opened = new_page(**options)
        opened.route(
            "**/drawn.html", lambda route: route.fulfill(body=html, content_type="text/html")
        )
        opened.goto("/drawn.html")
        return opened

    return open_drawn


def many_types(count=15, name="Type number {}"):
    types = tuple(ListedType(name.format(n), f"type-{n}", 1000 - n) for n in range(count))
    sizes, orders = (10, 25, 50, 100), ("id", "-id", "type")
    return Build("0" * 16, 20_000, sizes, orders, types, "sample, file:list.csv", ABOUT.seeded_at)


def box(page, selector):
    return page.locator(selector).first.bounding_box()


def overflow(page):
    """Return by how many pixels the page is wider than the window."""
    return page.evaluate(
        "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    )


def test_the_first_user_is_in_view_on_phones_below_a_notice_and_many_types(open_drawn):
    page = open_drawn(many_types(), Listing(), viewport=PHONE, is_mobile=True)
    assert box(page, ROW)["y"] <= 310
    page = open_drawn(many_types(), Listing(), viewport=SMALL_PHONE, is_mobile=True)
    assert box(page, ROW)["y"] + box(page, ROW)["height"] <= SMALL_PHONE["height"]


def test_25_users_are_in_view_on_a_desk_and_10_on_a_phone(new_page):
    page = new_page(viewport=WIDE)
    page.goto("/users/2.html")
    last = page.locator(ROW).last.bounding_box()
    assert last["y"] + last["height"] <= WIDE["height"]
    page = new_page(viewport=PHONE, is_mobile=True)
    page.goto("/users/2.html")
    assert page.locator(ROW).nth(8).bounding_box()["y"] <= PHONE["height"]


@pytest.mark.parametrize("viewport", [SMALL_PHONE, PHONE, WIDE], ids=["small", "phone", "wide"])
def test_the_chosen_type_is_scrolled_into_view(open_drawn, viewport):
    page = open_drawn(many_types(), Listing("id", 25, "type-14"), viewport=viewport)
    tab = box(page, ".tabs [aria-current]")
    assert (tab["x"] >= 0, tab["x"] + tab["width"] <= viewport["width"]) == (True, True)
    assert page.evaluate("scrollY") == 0


def test_the_search_box_shows_its_placeholder_on_the_narrowest_phones(new_page):
    page = new_page(viewport=SMALL_PHONE, is_mobile=True)
    page.goto("/")
    assert box(page, "#q")["width"] >= 144
    assert page.get_by_role("link", name="GitHub users", exact=True).count() == 1


@pytest.mark.parametrize("zoom", [100, 200])
def test_the_longest_texts_fit_a_narrow_screen_at_any_size_of_text(open_drawn, zoom):
    build = many_types(3, "W" * 60 + "{}")._replace(source="file:" + "w" * 200)
    names = [LONGEST, "w" * 300, "😀" * 39, "ﷺ" * 20]
    page = open_drawn(
        build, Listing(), 400, title="W" * 120, names=names, viewport=SMALL_PHONE, is_mobile=True
    )
    page.evaluate(f"document.documentElement.style.fontSize = '{zoom}%'")
    assert overflow(page) <= 0


@pytest.mark.parametrize("address", ["/", "/about.html", "/404.html"])
def test_text_of_twice_the_size_fits_a_narrow_screen(new_page, address):
    page = new_page(viewport=SMALL_PHONE, is_mobile=True)
    page.goto(address)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(page) <= 0


@pytest.mark.parametrize("width", [320, 390])
def test_no_word_is_broken_in_the_tables_of_the_about_page(new_page, width):
    page = new_page(viewport={"width": width, "height": 700}, is_mobile=True)
    page.goto("/about.html")
    heights = page.locator("th, .chart td:not(:last-child)").evaluate_all(
        """(cells) => cells.map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return range.getBoundingClientRect().height;
        })"""
    )
    assert max(heights) < 30  # two lines have 48


def test_4000_page_numbers_are_one_line_on_a_narrow_screen(open_drawn):
    build = Build("0" * 16, 100_000, (25,), ("id",), (), "users", ABOUT.seeded_at)
    page = open_drawn(build, Listing(), 2000, viewport=SMALL_PHONE, is_mobile=True)
    assert box(page, ".pages")["height"] <= 50
    assert overflow(page) <= 0


def test_a_picture_that_does_not_load_is_a_tile_with_the_initial(open_drawn):
    page = open_drawn(many_types(), Listing(), names=string.ascii_lowercase, viewport=WIDE)
    page.route("**/avatars.githubusercontent.com/**", lambda route: route.abort())
    page.reload()
    wait_for_pictures(page.locator(f"{ROW} img"))
    letters = page.locator(f"{ROW} .face").evaluate_all(
        """(faces) => faces.map((face) => {
          const range = document.createRange();
          range.selectNodeContents(face.lastChild);
          const letter = range.getBoundingClientRect();
          return letter.height && letter.top < face.getBoundingClientRect().bottom
            ? face.innerText : "";
        })"""
    )
    assert letters == list(string.ascii_uppercase[:25])


def test_a_picture_that_loads_hides_the_initial(new_page):
    page = new_page(viewport=WIDE)
    page.goto("/users/2.html")
    wait_for_pictures(page.locator(f"{ROW} img").first)
    face, picture = box(page, f"{ROW} .face"), box(page, f"{ROW} img")
    assert picture == face


def test_the_whole_row_leads_to_the_profile(page, activity):
    page.goto("/users/2.html")
    row = box(page, ROW)
    with page.expect_request(re.compile("https://github.com/")) as request:
        page.mouse.click(row["x"] + row["width"] - 5, row["y"] + 5)
    assert request.value.url == USERS[25].html_url


def test_a_users_address_leads_to_the_row_below_the_header(page):
    user = USERS[45]
    page.goto(f"/users/2.html#u{user.id}")
    header, row = box(page, "header"), box(page, f"#u{user.id}")
    assert row["y"] >= header["y"] + header["height"] >= 0


def test_the_header_stays_in_view_on_a_long_page(page):
    page.goto("/users/by-id/100/1.html")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert box(page, "header")["y"] == 0


@pytest.mark.parametrize("viewport", [SMALL_PHONE, WIDE], ids=["narrow", "wide"])
def test_the_panel_of_page_sizes_opens_in_view_and_closes(open_drawn, viewport):
    build = many_types()._replace(page_sizes=tuple(range(1, 41)))
    page = open_drawn(build, Listing(), viewport=viewport)
    panel, button = page.locator("#sizes"), page.get_by_role("button", name="25 a page")
    for close in (
        partial(page.keyboard.press, "Escape"),
        partial(page.mouse.click, viewport["width"] - 5, viewport["height"] - 5),
    ):
        button.click()
        shown = panel.bounding_box()
        assert shown["x"] >= 0 <= shown["y"]
        assert shown["x"] + shown["width"] <= viewport["width"]
        assert shown["y"] + shown["height"] <= viewport["height"]
        close()
        assert panel.is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_texts_have_contrast(new_page, scheme):
    page = new_page(color_scheme=scheme, viewport=WIDE)
    page.route("**/avatars.githubusercontent.com/**", lambda route: route.abort())
    page.goto("/")
    found = {text: page.locator(text).first.evaluate(CONTRAST) for text in TEXTS}
    assert {text: ratio for text, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("selector", [".tabs a", ".pages a", "#q", ".users a", ".btn"])
def test_focus_is_an_outline_with_contrast(new_page, scheme, selector):
    page = new_page(color_scheme=scheme)
    page.goto("/404.html" if selector == ".btn" else "/")
    page.keyboard.press("Tab")
    pseudo = '"::after"' if selector == ".users a" else "null"
    target = page.locator(f"{selector}:visible").last
    target.focus()
    width, ratio = target.evaluate(
        f"""(element) => {{
          const style = getComputedStyle(element, {pseudo});
          const probe = document.body.appendChild(document.createElement("p"));
          probe.style.color = style.outlineColor;
          return [style.outlineWidth, ({CONTRAST})(probe)];
        }}"""
    )
    assert width == "3px"
    assert ratio >= 3


def test_forced_colours_show_what_is_chosen_and_focused(new_page):
    page = new_page(forced_colors="active")
    page.goto("/")
    highlight = page.evaluate(
        """() => {
          const probe = document.body.appendChild(document.createElement("p"));
          probe.style.cssText = "forced-color-adjust: none; background: Highlight";
          return getComputedStyle(probe).backgroundColor;
        }"""
    )
    for chosen in (
        ".tabs [aria-current]",
        ".orders [aria-current]",
        ".sizes [aria-current]",
        ".here",
    ):
        shown = page.locator(chosen).evaluate("(e) => getComputedStyle(e).backgroundColor")
        assert shown == highlight, chosen
    page.keyboard.press("Tab")
    for target in ("#q", ".tabs a", ".pages a"):
        page.locator(target).first.focus()
        outline = page.locator(target).first.evaluate(
            "(e) => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
        )
        assert outline == ["solid", "3px"], target


def test_print_names_the_list_and_its_address_without_controls(page):
    page.goto("/users/2.html")
    page.emulate_media(media="print")
    for shown in ("h1", ".quiet", ROW, "footer"):
        assert page.locator(shown).first.is_visible(), shown
    assert "/users/2.html" in page.locator("footer").inner_text()
    for hidden in ("header", "#search", ".choices", ".below"):
        assert page.locator(hidden).is_hidden(), hidden


def test_a_title_from_right_to_left_leaves_its_surroundings_alone(open_drawn):
    page = open_drawn(many_types(), Listing(), title="مستخدمو گيت‌هب", viewport=WIDE)
    titles = page.locator("header bdi, h1 bdi").all_text_contents()
    assert titles == ["مستخدمو گيت‌هب", "مستخدمو گيت‌هب: 20,000"]
    assert overflow(page) <= 0

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.contract import About, Profile
from generator.assets import read_assets
from generator.pages import Build, Listing
from generator.render import STATIC, Renderer, day, number, picture_address, web_address
from tests.factories import ABOUT, ODD, make_profile

BUILD = Build("0123456789abcdef", 1000, (10, 25), ("id", "type"), "users", ABOUT.seeded_at)
ASSETS = read_assets(STATIC)


class Elements(HTMLParser):
    """Every element as (tag, attributes), and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def renderer(build: Build = BUILD, about: About = ABOUT, base_path: str = "/") -> Renderer:
    return Renderer(build, about, ASSETS, base_path)


RENDERER = renderer()


def test_a_row_shows_the_account_and_links_to_its_page():
    row = Elements(RENDERER.row(make_profile(7, "seven", type="Organization")))
    assert row.of("tr") == [{"data-id": "7"}]
    assert [link["href"] for link in row.of("a")] == ["https://github.com/seven"]
    assert "".join(row.text.split()) == "sevenOrganization7"
    (picture,) = row.of("img")
    assert picture["src"] == "https://avatars.githubusercontent.com/u/7?v=4"
    assert (picture["width"], picture["height"], picture["loading"], picture["alt"]) == (
        *("40", "40", "lazy"),
        "",
    )


TAGS = {"tr", "th", "td", "div", "img", "span", "a", "bdi"}
ATTRIBUTES = {
    *("data-id", "scope", "class", "src", "width", "height", "loading", "alt", "href"),
}
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [getattr(p, name) for p in ODD for name in ("username", "type", "avatar_url", "html_url")]
    + ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,<script>", "//evil.test"]
    + ["'\"><script>alert(1)</script>", "{{ 7 * 7 }}", "</td></tr></table>", "https://", "http://["]
)


@given(st.builds(Profile, st.integers(0, 2**63 - 1), texts, texts, texts, texts))
def test_no_text_becomes_markup_and_no_odd_address_is_followed(profile):
    row = Elements(RENDERER.row(profile))
    assert {tag for tag, _ in row.elements} <= TAGS
    assert {name for _, attributes in row.elements for name in attributes} <= ATTRIBUTES
    for link in row.of("a"):
        assert link["href"].startswith(("http://", "https://"))
    for picture in row.of("img"):
        assert picture["src"].startswith(("http://", "https://", "data:image/svg+xml,"))


@pytest.mark.parametrize(
    ("text", "followed"),
    [
        ("https://github.com/apps/dependabot", True),
        ("http://ghe.test:8080/users/x?a=1#b", True),
        ("HTTPS://GITHUB.COM/X", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("//evil.test/x", False),
        ("/users/1", False),
        ("mailto:x@y.test", False),
        ("https:///x", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_followed(text, followed):
    assert web_address(text) == (text if followed else None)


def test_a_picture_may_be_drawn_in_the_address_itself():
    assert picture_address("data:image/svg+xml,%3Csvg/%3E") is not None
    assert picture_address("data:text/html,x") is None


def page(number_: int, listing: Listing, renderer_: Renderer = RENDERER) -> Elements:
    rows = [renderer_.row(make_profile(i)) for i in range(listing.pagination)]
    return Elements(renderer_.page(listing, number_, rows).decode())


def test_a_page_says_which_users_of_how_many_from_where_and_when():
    text = " ".join(page(2, Listing()).text.split())
    assert "Users 26-50 of 1,000" in text
    assert "1,000 users from GitHub as of 24 November 2026 · release 0123456789abcdef" in text


def hrefs(elements: Elements) -> list[str]:
    return [link["href"] for link in elements.of("a") if link["href"].startswith("/users/")]


def test_page_numbers_lead_around_the_listing():
    found = page(20, Listing("type", 10))
    rels = {link["rel"]: link["href"] for link in found.of("a") if "rel" in link}
    assert rels == {
        "prev": "/users/by-type/10/19.html",
        "next": "/users/by-type/10/21.html",
    }
    assert {f"/users/by-type/10/{n}.html" for n in (1, 18, 19, 21, 22, 100)} <= set(hrefs(found))


def test_the_first_and_last_pages_lead_nowhere_beyond():
    assert "/users/0.html" not in hrefs(page(1, Listing()))
    assert "/users/41.html" not in hrefs(page(40, Listing()))


def test_another_size_keeps_the_first_user_in_view_and_another_order_the_size():
    assert {"/users/by-id/10/6.html", "/users/by-type/25/3.html"} <= set(hrefs(page(3, Listing())))
    assert "/users/3.html" in hrefs(page(6, Listing("id", 10)))


def test_the_chosen_size_order_and_page_are_marked_for_screen_readers():
    current = [a.get("aria-current") for _, a in page(3, Listing()).elements if "aria-current" in a]
    assert current == ["true", "true", "page"]


def test_a_single_page_has_no_page_numbers():
    small = renderer(Build("0" * 16, 3, (25,), ("id",), "users", ABOUT.seeded_at))
    assert hrefs(page(1, Listing(), small)) == []


def test_every_address_on_the_host_lies_under_the_base_path():
    found = page(3, Listing(), renderer(base_path="/directory/"))
    addresses = [a[name] for _, a in found.elements for name in ("href", "src") if name in a]
    on_host = {a for a in addresses if a.startswith("/")} - {"/api/users/profiles"}
    assert on_host
    assert all(address.startswith("/directory/") for address in on_host)


def test_the_page_comes_without_scripts_and_from_no_other_host():
    found = page(1, Listing())
    assert found.of("script") == []
    assert all(link["href"].startswith("/assets/") for link in found.of("link"))


@pytest.mark.parametrize(("source", "said"), [("sample", True), ("users", False)])
def test_invented_users_are_called_so_on_every_page(source, said):
    build = Build("0" * 16, 30, (25,), ("id",), source, ABOUT.seeded_at)
    drawn = renderer(build, About(source, "Title", ABOUT.seeded_at))
    for text in (page(2, Listing(), drawn).text, Elements(drawn.missing().decode()).text):
        assert ("invented" in text) is said


def test_many_page_sizes_fold_up():
    build = Build("0" * 16, 1000, tuple(range(1, 101)), ("id",), "users", ABOUT.seeded_at)
    found = page(1, Listing(), renderer(build))
    assert len(found.of("details")) == 1
    assert {f"/users/by-id/{size}/1.html" for size in (1, 99, 100)} <= set(hrefs(found))


def test_the_page_for_lost_visitors_leads_home():
    assert "/" in [link["href"] for link in Elements(RENDERER.missing().decode()).of("a")]


def test_numbers_and_days_are_written_for_people():
    assert (number(1234567), day("2026-01-09T23:59:59Z")) == ("1,234,567", "9 January 2026")


def test_the_source_is_escaped_too():
    build = Build("0" * 16, 3, (25,), ("id",), "file:<b>.csv", ABOUT.seeded_at)
    text = renderer(build).page(Listing(), 1, []).decode()
    assert re.search(r"file:&lt;b&gt;\.csv", text)

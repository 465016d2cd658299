import re
import shutil
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.contract import About, Profile
from generator.errors import BuildError
from generator.reading import read_columns
from generator.render.assets import read_assets
from generator.render.pages import Download, Renderer
from generator.render.templates import STATIC, TEMPLATES
from generator.site import Build, ListedType, Listing
from generator.text import rough_size
from tests.factories import ABOUT, ODD, make_profile

TYPES = (ListedType("User", "user", 900), ListedType("A & B <i>", "a-b-1", 100))
BUILD = Build(
    "0123456789abcdef", 1000, (10, 25), ("id", "-id", "type"), TYPES, "users", ABOUT.seeded_at
)
ASSETS = read_assets(TEMPLATES, STATIC)


class Elements(HTMLParser):
    """The elements of *markup* as (tag, attributes), and its text."""

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

    @property
    def links(self):
        """Return the elements `a` with an address."""
        return [link for link in self.of("a") if "href" in link]


def renderer(
    build: Build = BUILD, about: About = ABOUT, base_path: str = "/", **options: Any
) -> Renderer:
    build = build._replace(base_path=base_path)
    return Renderer(build, about, ASSETS, origin="https://example.org", **options)


RENDERER = renderer()
WHOLE = renderer(use_slots=False)


@pytest.fixture
def edit_template(monkeypatch, tmp_path):
    """Give a function that replaces a template's text, for renderers that are made later."""
    copied = shutil.copytree(TEMPLATES, tmp_path / "templates")
    monkeypatch.setattr("generator.render.pages.TEMPLATES", copied)
    return lambda name, text: (copied / name).write_text(text, "utf-8")


def draw(profile: Profile) -> str:
    return RENDERER.row(profile).decode()


def test_a_row_shows_the_user_and_links_to_its_profile():
    row = Elements(draw(make_profile(7, "seven", type="Organization")))
    assert row.of("li") == [{"id": "u7", "class": "square"}]
    assert [link["href"] for link in row.of("a")] == ["https://github.com/seven"]
    assert "".join(row.text.split()) == "sseven#7·Organization"
    (picture,) = row.of("img")
    assert picture["src"] == "https://avatars.githubusercontent.com/u/7?v=4&s=44"
    assert picture["srcset"] == "https://avatars.githubusercontent.com/u/7?v=4&s=88 2x"
    assert (picture["height"], picture["loading"], picture["alt"]) == ("44", "lazy", "")


TAGS = {"li", "div", "img", "span", "a", "bdi", "small", "i"}
ATTRIBUTES = {
    *("id", "class", "aria-hidden", "src", "srcset", "height", "loading", "alt", "href"),
}
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [getattr(p, name) for p in ODD for name in ("username", "type", "avatar_url", "html_url")]
    + ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,<script>", "//evil.test"]
    + ["'\"><script>alert(1)</script>", "{{ 7 * 7 }}", "</td></tr></table>", "https://", "http://["]
)


@given(st.builds(Profile, st.integers(0, 2**63 - 1), texts, texts, texts, texts))
def test_text_never_becomes_markup_and_only_web_addresses_are_linked(profile):
    row = Elements(draw(profile))
    assert {tag for tag, _ in row.elements} <= TAGS
    assert {name for _, attributes in row.elements for name in attributes} <= ATTRIBUTES
    for link in row.of("a"):
        assert link["href"].startswith(("http://", "https://"))
    for picture in row.of("img"):
        assert picture["src"].startswith(("http://", "https://", "data:image/svg+xml,"))


@given(st.builds(Profile, st.integers(0, 2**63 - 1), texts, texts, texts, texts))
def test_a_filled_in_row_is_what_jinja2_draws(profile):
    assert RENDERER.row(profile) == WHOLE.row(profile)


@given(
    st.sampled_from([*BUILD.listings()]),
    st.integers(1, 100),
    st.lists(st.binary(max_size=9), max_size=3),
)
def test_a_filled_in_page_is_what_jinja2_draws(listing, page_, rows):
    page_ = min(page_, BUILD.page_count(listing))
    rows = [b"<tr>%r</tr>" % row for row in rows]
    assert RENDERER.page(listing, page_, rows) == WHOLE.page(listing, page_, rows)


@pytest.mark.parametrize(
    "template",
    [
        "{{ profile.username | upper }}",
        "{{ profile.username | safe }}",
        "{% if profile.username == 'mojombo' %}first{% endif %}",
        "{% if profile.id is odd %}odd{% endif %}",
        "{{ profile.id + 1 }}",
        "{{ profile.username[0] }}",
        "{{ profile.username | length }}",
        "{{ profile.username is string }}",
        "{% filter lower %}{{ profile.username }}{% endfilter %}",
        "{% set n %}{{ profile.username }}{% endset %}{{ 'first' if n == 'mojombo' else n }}",
        "{% set n %}{{ profile.username }}{% endset %}{{ n | trim }}",
        "{% set n %}{{ profile.username }}{% endset %}{% set m = n %}{{ m == 'mojombo' }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(profile.username) | lower }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{% set n = m(profile.username) %}{{ n == 'x' }}",
        "{{ profile.username | e | lower }}",
        "{{ [profile.username, 'x'] | join('-') | lower }}",
        "{{ profile.username | urlize }}",
        "{% if profile.id | int > 1000 %}late{% endif %}{{ profile.username }}",
        "{{ profile.id | float > 10 }}",
        "{{ (profile.username ~ '') == 'mojombo' }}",
        "{% set n = profile.username ~ '!' %}{{ 'first' if n == 'mojombo!' else n }}",
        "{{ profile.username | replace('mojombo', 'first') }}",
        "{{ profile.username | e | truncate(9) }}",
        "{% macro m() %}{{ profile.username }}{% endmacro %}{% if m() == 'mojombo' %}1{% endif %}",
        "{{ profile | list }}",
        "{{ profile | map('string') | join }}",
        "{{ '\ue000' }}{{ profile.id }}",
    ],
)
def test_a_row_template_that_does_more_than_show_gives_what_jinja2_draws(template, edit_template):
    edit_template("_user_row.html", template)
    slotted, whole = renderer(), renderer(use_slots=False)
    for profile in (*ODD[:3], make_profile(2, "Mo<x>")):
        assert slotted.row(profile) == whole.row(profile)


def test_jinja2_draws_no_row_and_no_inner_page_of_the_sites_own_templates(directory, monkeypatch):
    drawing = renderer()
    users = read_columns(directory, "id", None, 0, 100)
    rows = [row for row in drawing.rows(directory, users) for _ in range(1000 // len(ODD))]
    listing = Listing("id", 10)
    expected = [*WHOLE.pages(listing, range(10, 90), rows)]
    drawing.page(listing, 10, rows)
    monkeypatch.setattr(drawing.templates, "draw", None)
    assert [*drawing.pages(listing, range(10, 90), rows)] == expected
    assert drawing.rows(directory, users)


@pytest.mark.parametrize(
    "template",
    [
        "{% if page | int > 20 %}deep{% endif %}{{ rows }}",
        "{% set p %}{{ page }}{% endset %}{% if p == '10' %}ten{% endif %}{{ rows }}",
        "{% filter replace('7', 'VII') %}{{ rows }}{% endfilter %}",
        "{{ rows }}{{ rows }}",
        "{{ page }}",
        "{{ rows }}{% for one in window %}{{ one.url or '-' }}{% endfor %}{{ window | length }}",
    ],
)
def test_a_page_template_that_does_more_than_show_gives_what_jinja2_draws(template, edit_template):
    edit_template("users.html", template)
    slotted, whole = renderer(), renderer(use_slots=False)
    for page_ in range(1, 41):
        rows = [b"<tr>%d</tr>" % page_]
        assert slotted.page(Listing(), page_, rows) == whole.page(Listing(), page_, rows)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("a\n{{ profile.user_name }}", "_user_row.html, line 2 .*has no attribute 'user_name'"),
        ("\n\n{% if %}", "_user_row.html, line 3 .*Expected an expression"),
        ("{% include 'nope.html' %}", "_user_row.html, line 1 .*there is no nope.html"),
        ("{{ 1 + 'a' }}", "_user_row.html, line 1 .*TypeError: unsupported"),
        ("{{ asset_url('logo.svg') }}", "line 1 .*there is no logo.svg in .*static"),
    ],
)
def test_the_error_of_a_template_names_it_and_the_line(template, says, edit_template):
    edit_template("_user_row.html", template)
    with pytest.raises(BuildError, match=says):
        renderer().row(ODD[0])


def test_the_rows_of_a_directory_are_what_jinja2_draws(directory):
    rows = RENDERER.rows(directory, read_columns(directory, "id", None, 0, 100))
    assert rows == [WHOLE.row(profile) for profile in ODD]


def page(number_: int, listing: Listing, renderer_: Renderer = RENDERER) -> Elements:
    rows = [renderer_.row(make_profile(i)) for i in range(listing.pagination)]
    return Elements(renderer_.page(listing, number_, rows).decode())


def test_a_page_says_which_users_it_shows_their_source_and_the_date():
    text = " ".join(page(2, Listing()).text.split())
    assert "1,000 GitHub users 26\N{EN DASH}50, in the order they signed up" in text
    assert "1,000 users from GitHub as of 24 November 2026" in text


def test_the_ids_of_files_are_not_the_order_of_signing_up():
    for source, order in (
        ("file:a.csv, file:-", "by id"),
        ("file:a.csv, org:acme", "in the order they signed up"),
    ):
        found = page(2, Listing(), renderer(BUILD._replace(source=source)))
        assert f"50, {order}, as of" in " ".join(found.text.split())


def test_a_page_of_one_type_names_the_type():
    found = page(2, Listing("id", 10, "a-b-1"))
    text = " ".join(found.text.split())
    assert "100 accounts of type A & B <i> 11\N{EN DASH}20, in the order they signed up" in text


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("GitHub users", "1,000 GitHub users"),
        ("GitHub users matching “x”", "1,000 GitHub users matching “x”"),
        ("Members of python", "1,000 members of python"),
        ("Sample users and followers of octocat", "1,000 sample users and followers of octocat"),
        ("Our people", "Our people: 1,000"),
    ],
)
def test_the_heading_counts_the_users(title, heading):
    shown = page(1, Listing(), renderer(about=ABOUT._replace(title=title)))
    assert f" {heading} 1\N{EN DASH}25, " in " ".join(shown.text.split())


@pytest.mark.parametrize(
    ("type_", "shown"),
    [("User", "#7 User"), ("Bot", "#7 · Bot"), ("", "#7"), ("x < y", "#7 · x < y")],
)
def test_a_row_names_the_type_after_the_id(type_, shown):
    row = Elements(draw(make_profile(7, "seven", type=type_)))
    assert " ".join(row.text.split()) == f"s seven {shown}"


@pytest.mark.parametrize("type_", ["User", "Mannequin", "Organization", "Bot"])
def test_the_avatars_of_organizations_and_bots_are_square(type_):
    (row,) = Elements(draw(make_profile(7, "seven", type=type_))).of("li")
    assert (row.get("class") == "square") == (type_ in ("Organization", "Bot"))


def test_a_page_number_can_be_typed_from_50_pages_on():
    forms = [
        page(1, Listing(), renderer(BUILD._replace(users=users))).of("form")[1:]
        for users in (49 * 25, 49 * 25 + 1)
    ]
    assert forms == [
        [],
        [{"class": "jump", "hidden": None, "data-prefix": "/users/", "data-pages": "50"}],
    ]


def test_a_page_has_canonical_previous_and_next_links():
    found = page(20, Listing("type", 10))
    links = {link["rel"]: link["href"] for link in found.of("link")}
    assert links["canonical"] == "https://example.org/users/by-type/10/20.html"
    assert links["prev"] == "/users/by-type/10/19.html"
    assert links["next"] == "/users/by-type/10/21.html"


def test_a_shared_link_has_a_picture_if_the_host_is_known():
    metas = {
        meta.get("property"): meta["content"]
        for meta in page(2, Listing()).of("meta")
        if "content" in meta
    }
    assert re.fullmatch(r"https://example\.org/assets/card-\w+\.png", metas["og:image"])


def test_the_canonical_address_of_the_first_page_is_the_sites_address():
    found = page(1, Listing(), renderer(base_path="/directory/"))
    links = {link["rel"]: link["href"] for link in found.of("link")}
    assert links["canonical"] == "https://example.org/directory/"


def test_a_page_does_not_change_with_the_release_or_the_time_of_day():
    later = renderer(
        BUILD._replace(release="f" * 16, seeded_at="2026-11-24T23:59:59Z"),
        ABOUT._replace(seeded_at="2026-11-24T23:59:59Z"),
    )
    for number_ in (1, 20, 40):
        shown = Listing(), number_, []
        assert later.page(*shown) == RENDERER.page(*shown)


def test_the_page_about_the_directory_shows_release_types_and_time():
    drawn = Elements(RENDERER.about({"User": 899, "A & B <i>": 100, "": 1}).decode())
    text = " ".join(drawn.text.split())
    for said in ("0123456789abcdef", "24 November 2026, 12:00 UTC", "A & B <i>", "none"):
        assert said in text
    assert "A & B <i>10010 % none1< 1 % " in text
    assert [bar["width"] for bar in drawn.of("rect") if bar["class"] == "bar"] == [
        *("89.9%", "10.0%", "0.1%")
    ]
    assert "/users/type-a-b-1/by-id/25/1.html" in hrefs(drawn)
    assert "https://example.org/api/users/profiles?username=jo" in text


def test_downloads_are_linked_with_their_sizes_from_every_page():
    files = [Download("CSV", "/data/profiles.csv", rough_size(123_456))]
    for html in (renderer(downloads=files).missing(), renderer(downloads=files).about({"User": 1})):
        found = Elements(html.decode())
        assert "/data/profiles.csv" in [link["href"] for link in found.links]
        assert "CSV (120 kB)" in found.text


def hrefs(elements: Elements) -> list[str]:
    return [link["href"] for link in elements.links if link["href"].startswith("/users/")]


def test_page_numbers_lead_to_other_pages_of_the_same_listing():
    found = page(20, Listing("type", 10))
    rels = {link["rel"]: link["href"] for link in found.links if "rel" in link}
    assert rels == {
        "prev": "/users/by-type/10/19.html",
        "next": "/users/by-type/10/21.html",
    }
    assert {f"/users/by-type/10/{n}.html" for n in (1, 18, 19, 21, 22, 100)} <= set(hrefs(found))


def test_the_first_and_last_pages_have_no_links_beyond():
    assert "/users/0.html" not in hrefs(page(1, Listing()))
    assert "/users/41.html" not in hrefs(page(40, Listing()))


def test_another_size_leads_to_the_same_first_user_another_order_to_the_same_size():
    assert {"/users/by-id/10/6.html", "/users/by-type/25/3.html"} <= set(hrefs(page(3, Listing())))
    assert "/users/3.html" in hrefs(page(6, Listing("id", 10)))


def test_the_chosen_size_order_and_page_are_marked_for_screen_readers():
    current = [a.get("aria-current") for _, a in page(3, Listing()).elements if "aria-current" in a]
    assert current == ["true", "true", "page", "true"]


def test_a_single_page_has_no_page_numbers():
    small = renderer(Build("0" * 16, 3, (25,), ("id",), (), "users", ABOUT.seeded_at))
    assert hrefs(page(1, Listing(), small)) == []


def test_every_address_on_the_host_lies_under_the_base_path():
    found = page(3, Listing(), renderer(base_path="/directory/"))
    addresses = [a[name] for _, a in found.elements for name in ("href", "src") if name in a]
    on_host = {a for a in addresses if a.startswith("/")}
    assert on_host
    assert all(address.startswith("/directory/") for address in on_host)


def test_a_page_loads_nothing_from_another_host_and_runs_nothing_inline():
    found = page(1, Listing())
    assert [script["src"].startswith("/assets/search-") for script in found.of("script")] == [True]
    loaded = [link for link in found.of("link") if link["rel"] in ("stylesheet", "icon")]
    assert len(loaded) == 2
    assert all(link["href"].startswith("/assets/") for link in loaded)
    assert not [a for _, a in found.elements if any(n == "style" or n[:2] == "on" for n in a)]


def test_every_page_has_a_content_security_policy_before_it_loads_anything():
    drawn = renderer()
    texts = drawn.about({"User": 1}).decode(), drawn.missing().decode()
    for found in (page(1, Listing()), *map(Elements, texts)):
        names = [name for name, _ in found.elements]
        (position,) = (
            index
            for index, (_, attributes) in enumerate(found.elements)
            if attributes.get("http-equiv") == "Content-Security-Policy"
        )
        assert not {"script", "link", "img"} & {*names[:position]}


@pytest.mark.parametrize(("source", "said"), [("sample", True), ("users", False)])
def test_every_page_of_the_sample_says_that_its_users_are_invented(source, said):
    build = Build("0" * 16, 30, (25,), ("id",), (), source, ABOUT.seeded_at)
    drawn = renderer(build, About(source, "Title", ABOUT.seeded_at))
    for text in (page(2, Listing(), drawn).text, Elements(drawn.missing().decode()).text):
        assert ("invented" in text) is said


def test_many_page_sizes_are_in_a_panel_that_a_button_opens():
    build = Build("0" * 16, 1000, tuple(range(1, 101)), ("id",), (), "users", ABOUT.seeded_at)
    found = page(1, Listing(), renderer(build))
    (button,) = found.of("button")
    (panel,) = (attributes for _, attributes in found.elements if "popover" in attributes)
    assert button["popovertarget"] == panel["id"]
    assert {f"/users/by-id/{size}/1.html" for size in (1, 99, 100)} <= set(hrefs(found))


def test_the_page_not_found_links_to_the_first_page():
    assert "/" in [link["href"] for link in Elements(RENDERER.missing().decode()).links]


def test_the_source_is_escaped():
    build = Build("0" * 16, 3, (25,), ("id",), (), "file:<b>.csv", ABOUT.seeded_at)
    about = ABOUT._replace(source="file:<b>.csv")
    text = renderer(build, about).page(Listing(), 1, []).decode()
    assert re.search(r"file:&lt;b&gt;\.csv", text)

"""The page "What changed", its feed, and the links to them."""

import re
from contextlib import closing
from datetime import datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from function.database import Directory
from generator.changes import Change
from generator.check import check
from generator.errors import CheckFailed
from generator.render.changes import changed_days
from generator.render.site import make_build, render_site
from generator.site import read_build
from tests.factories import ABOUT, ODD, make_directory, make_profile

ATOM = {"atom": "http://www.w3.org/2005/Atom", "xhtml": "http://www.w3.org/1999/xhtml"}
USERS = [make_profile(number) for number in range(1, 61)]
CHANGES = (
    Change("2026-11-24T12:00:00Z", "gone", 900, None, None),
    Change("2026-11-24T11:00:00Z", "renamed", 26, "bea", "bea-q"),
    Change("2026-11-24T11:00:00Z", "new", 60, None, "anna-p"),
    Change("2026-11-23T12:00:00Z", "retyped", 1, "User", "Organization"),
    Change("2026-11-23T12:00:00Z", "gone", 901, None, None),
    Change("2026-11-23T12:00:00Z", "gone", 902, None, None),
)


@pytest.fixture
def render(tmp_path):
    """A function that renders `USERS`, or others, into a folder, and returns the folder."""

    def render(changes=CHANGES, users=USERS, origin="https://example.org", base_path="/"):
        directory = make_directory(tmp_path, users)
        build = make_build(directory, (25,), ("id",), "none", base_path)
        folder = tmp_path / "site"
        render_site(directory, build, folder, origin, changes=changes, jobs=1)
        directory.close()
        return folder

    return render


def sentences(page):
    """Return the text of each row of the HTML or XHTML *page*."""
    rows = re.findall("<li>(.*?)</li>", page, re.DOTALL)
    texts = []
    for row in rows:
        parser = HTMLParser()
        texts.append("")
        parser.handle_data = lambda data: texts.append(texts.pop() + data)
        parser.feed(row)
        parser.close()
    return texts


def test_a_page_says_by_day_who_changed(render):
    page = (render() / "changes.html").read_text()
    assert re.findall(r'<h2 .*id="([\d-]*)".*>(.* 2026)</time>', page) == [
        ("2026-11-24", "24 November 2026"),
        ("2026-11-23", "23 November 2026"),
    ]
    assert sentences(page) == [
        "anna-p is new",
        "bea was renamed to bea-q",
        "1 account is gone",
        "user-1 is an Organization now (was User)",
        "2 accounts are gone",
    ]


@pytest.mark.parametrize("base_path", ["/", "/directory/"])
def test_a_name_links_to_the_row_of_the_user(render, base_path):
    folder = render(base_path=base_path)
    page = (folder / "changes.html").read_text()
    targets = re.findall(r'<li>.*href="([^"]*)"', page)
    assert targets == [
        f"{base_path}users/3.html#u60",
        f"{base_path}users/2.html#u26",
        f"{base_path}users/1.html#u1",
    ]
    for target in targets:
        key, _, anchor = target.removeprefix(base_path).partition("#")
        assert f'id="{anchor}"' in (folder / key).read_text()


def test_a_broken_link_of_the_page_is_found(render, tmp_path):
    folder = render(base_path="/directory/")
    with closing(Directory(tmp_path / "directory.db")) as directory:
        check(directory, read_build(folder), folder)
        for page in (folder / "changes.html", folder / "changes.xml"):  # must have the same links
            page.write_text(page.read_text().replace("users/3.html", "users/4.html"))
        with pytest.raises(CheckFailed, match=r"changes\.html links to .*users/4\.html"):
            check(directory, read_build(folder), folder)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("Organization", "User", "a User now (was Organization)"),
        ("User", "Bot", "a Bot now (was User)"),
        ("", "Mannequin", "a Mannequin now (was of no type)"),
        ("User", "Enterprise", "an Enterprise now (was User)"),
        ("User", "", "of no type now (was User)"),
    ],
)
def test_a_type_has_its_article(render, before, after, text):
    change = Change("2026-11-24T12:00:00Z", "retyped", 1, before, after)
    assert sentences((render([change]) / "changes.html").read_text()) == [f"user-1 is {text}"]


def test_a_user_whom_the_site_lists_is_not_gone():
    change = Change("2026-11-24T12:00:00Z", "gone", 1, None, None)
    assert changed_days([change], {1: (0, "anna")}) == []


def test_users_whom_the_site_does_not_list_are_not_named():
    change = Change("2026-11-24T12:00:00Z", "new", 1, None, "anna")
    assert changed_days([change], {}) == []


def test_a_feed_is_valid_and_has_an_entry_a_day(render):
    """https://datatracker.ietf.org/doc/html/rfc4287#section-4.1"""
    root = ET.parse(render(base_path="/directory/") / "changes.xml").getroot()
    assert root.tag == f"{{{ATOM['atom']}}}feed"
    entries = root.findall("atom:entry", ATOM)
    for element in (root, *entries):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"atom:{name}", ATOM)) == 1
    assert root.findtext("atom:author/atom:name", namespaces=ATOM) == ABOUT.title
    links = {link.get("rel"): link.get("href") for link in root.findall("atom:link", ATOM)}
    base = "https://example.org/directory/"
    assert links == {"self": f"{base}changes.xml", "alternate": f"{base}changes.html"}
    ids = [element.findtext("atom:id", namespaces=ATOM) for element in (root, *entries)]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", each) for each in ids)
    times = [element.findtext("atom:updated", namespaces=ATOM) for element in (root, *entries)]
    assert times == ["2026-11-24T12:00:00Z", "2026-11-24T12:00:00Z", "2026-11-23T12:00:00Z"]
    assert all(datetime.fromisoformat(time).tzinfo for time in times)
    assert [entry.findtext("atom:title", namespaces=ATOM) for entry in entries] == [
        "24 November 2026: 1 new, 1 renamed, 1 account is gone",
        "23 November 2026: 1 of another type, 2 accounts are gone",
    ]
    assert entries[0].find("atom:link", ATOM).get("href") == f"{base}changes.html#2026-11-24"
    content = entries[0].find("atom:content", ATOM)
    assert content.get("type") == "xhtml"
    (div,) = content
    assert div.tag == f"{{{ATOM['xhtml']}}}div"
    texts = ["".join(row.itertext()) for row in div.iterfind(".//xhtml:li", ATOM)]
    assert texts == ["anna-p is new", "bea was renamed to bea-q", "1 account is gone"]
    targets = [link.get("href") for link in div.iterfind(".//xhtml:a", ATOM)]
    assert targets == [f"{base}users/3.html#u60", f"{base}users/2.html#u26"]


def test_an_entry_keeps_its_id_when_the_day_has_another_change(render):
    def entry_id(changes):
        root = ET.parse(render(changes) / "changes.xml")
        return root.findtext("atom:entry/atom:id", namespaces=ATOM)

    assert entry_id(CHANGES[1:]) == entry_id(CHANGES)


def test_text_of_github_never_becomes_markup(render):
    changes = [
        Change("2026-11-24T12:00:00Z", what, user.id, user.username, user.username)
        for user in ODD
        for what in ("new", "renamed", "retyped")
    ]
    folder = render(changes, ODD)
    page = (folder / "changes.html").read_text()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    shown = sentences(page)
    assert any("<script>alert('1')</script> is new" in text for text in shown)
    rows = ET.parse(folder / "changes.xml").iterfind(".//xhtml:li", ATOM)
    assert any("".join(row.itertext()) == "<script>alert('1')</script> is new" for row in rows)


def test_every_page_links_to_the_changes_and_the_feed(render):
    folder = render(base_path="/directory/")
    for path in (*folder.glob("*.html"), *folder.glob("users/*.html")):
        page = path.read_text()
        assert page.count('href="/directory/changes.html"') == 1
        assert (
            '<link rel="alternate" type="application/atom+xml" title="What changed"'
            ' href="https://example.org/directory/changes.xml">'
        ) in page


def test_a_sitemap_has_the_changes(render):
    address = "<loc>https://example.org/changes.html</loc>"
    assert address in (render() / "sitemap.xml").read_text()
    assert address not in (render([]) / "sitemap.xml").read_text()


def test_without_an_origin_there_is_no_feed(render):
    folder = render(origin="")
    assert (folder / "changes.html").exists()
    assert not (folder / "changes.xml").exists()
    assert "changes.xml" not in (folder / "changes.html").read_text()


def test_without_changes_pages_and_links_are_removed(render):
    render()
    folder = render([])
    assert not any("changes" in path.name for path in folder.rglob("*"))
    assert not any("changes." in path.read_text() for path in folder.rglob("*.html"))


def test_other_changes_rewrite_only_the_page_and_the_feed(render):
    def times():
        files = (*folder.glob("*.*ml"), *folder.rglob("users/*"), *folder.glob("data/*"))
        return {path.name: path.stat().st_ino for path in files}

    folder = render()
    before = times()
    render(CHANGES[1:])
    after = times()
    assert {name for name in after if after[name] != before[name]} == {
        *("changes.html", "changes.xml")
    }

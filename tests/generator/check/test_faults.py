"""The check finds each fault that is planted in a site, and names the file and the difference."""

import json
import re
from contextlib import closing

import pytest

from generator.check import check
from generator.errors import CheckFailed
from generator.render import make_build, render_site
from generator.site import read_build
from tests.factories import ABOUT, make_directory
from tests.generator.check.conftest import ORIGIN, USERS
from tests.generator.check.sites import add, copy, edit, edit_json, edit_rows, find, remove

# A page far from either end, and the pages around it. Its users are 2156 to 2165.
KEY, PREVIOUS, NEXT = (f"users/by-id/10/{page}.html" for page in (17, 16, 18))
USER = "https://github.com/user-2158"
AVATAR = "https://avatars.githubusercontent.com/u/2158?v=4&amp;s="


def check_site(directory, site):
    check(directory, read_build(site.folder), site.folder, jobs=1)


@pytest.fixture
def assert_found(users, site):
    """Plant a fault, and expect an error with *message*, a regular expression."""

    def plant(fault, message):
        fault(site)
        with pytest.raises(CheckFailed, match=message):
            check_site(users, site)

    return plant


def rename_in_sqlite(site):
    """Rename a user in the SQLite file, where the type follows the name."""
    content = site.read("data/profiles.db")
    assert content.count(b"user-2158User") == 1
    site.write("data/profiles.db", content.replace(b"user-2158User", b"user-2159User"))


ROWS = [
    (
        "missing",
        lambda rows: rows[:3] + rows[4:],
        r"the users 2156, .* \(9\), the API lists .*\(10",
    ),
    ("doubled", lambda rows: [rows[0], *rows[:-1]], "shows the users 2156, 2156, 2157"),
    ("swapped", lambda rows: [rows[1], rows[0], *rows[2:]], "shows the users 2157, 2156"),
    ("reversed", lambda rows: rows[::-1], "shows the users 2165, 2164"),
    ("all missing", lambda rows: [], "shows the users none"),
    ("followed by another text", lambda rows: [*rows, "<li></li>"], "each user in a row"),
]


@pytest.mark.parametrize(("change", "message"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_rows_of_a_page(assert_found, change, message):
    assert_found(edit_rows(KEY, change), f"{KEY}.*{message}")


USER_FAULTS = [
    ("another id", "#2158<", "#2159<", "does not show user 2158's id and type"),
    ("another id in the address", 'id="u2158"', 'id="u2159"', "shows the users"),
    ("another name", ">user-2158<", ">user-2159<", "does not show user 2158's username"),
    ("another case of the name", ">user-2158<", ">User-2158<", "user 2158's username"),
    ("a name that is markup", ">user-2158<", "><i>user</i>-2158<", "user 2158's username"),
    ("another type", "#2158<i> User", "#2158<i> Bot", "does not show user 2158's id and type"),
    ("no type", "#2158<i> User</i>", "#2158", "does not show user 2158's id and type"),
    ("another profile", f'"{USER}"', '"https://github.com/user-2159"', f"html_url, {USER}"),
    ("no profile", f'href="{USER}"', "", f"html_url, {USER}"),
    ("a second link", "#2158", '<a href="https://e.test"></a>#2158', "links from user 2158"),
    ("a script", "#2158", '<script src="https://e.test"></script>#2158', "to https://e.test"),
    ("another avatar", f'src="{AVATAR}44"', f'src="{AVATAR[:-12]}9?v=4&amp;s=44"', "avatar_url"),
    ("another size of the avatar", f'src="{AVATAR}44"', f'src="{AVATAR}45"', "avatar_url"),
    ("another avatar for 2x", f'srcset="{AVATAR}88', f'srcset="{AVATAR}90', "2x avatar"),
]


@pytest.mark.parametrize(
    ("old", "new", "message"), [f[1:] for f in USER_FAULTS], ids=[f[0] for f in USER_FAULTS]
)
def test_a_row_of_a_user(assert_found, old, new, message):
    assert_found(edit(KEY, old, new), f"{KEY} .*{re.escape(message)}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("&lt;script&gt;alert", "<script>alert", "user 50000004's username"),
        ("<bdi>&lt;script", '<a href="javascript:alert(1)">&lt;script', "links from user 50000004"),
        ("<bdi>&#34;&gt;", '<img src="&#34; onerror="alert(1)"><bdi>&#34;&gt;', "links from user"),
        ("/in/29110?", "/in/29111?", "user 49699333's avatar_url"),
        ("A &amp; B &lt;i&gt;</s", "A</s", "user 50000011's id and type, 'A & B <i>'"),
        (">мария<", ">марія<", "user 50000008's username, 'мария'"),
    ],
)
def test_a_row_of_an_odd_user(assert_found, site, old, new, message):
    keys = [f"users/by-id/10/{page}.html" for page in (46, 47, 48)]
    (key,) = (key for key in keys if old in site.read(key).decode())
    assert_found(edit(key, old, new), f"{key} .*{re.escape(message)}")


@pytest.mark.parametrize("user_id", [49699333, 50000004, 50000006, 50000012, 2**63 - 1])
@pytest.mark.parametrize("listing", ["by-id/10", "by-id-desc/25", "by-type/10"])
def test_a_missing_row_of_an_odd_user(assert_found, site, user_id, listing):
    """Their rows cannot be predicted."""
    (path,) = (
        path
        for path in site.folder.glob(f"users/{listing}/*.html")
        if f'id="u{user_id}"' in path.read_text()
    )
    key = path.relative_to(site.folder).as_posix()
    fault = edit_rows(key, lambda rows: [row for row in rows if f'"u{user_id}"' not in row])
    assert_found(fault, f"{key} shows the users")


FRAMES = [
    ("total in the heading", "<bdi>472 GitHub", "<bdi>473 GitHub", "numbers 472"),
    ("total in the title", "<title>472 ", "<title>471 ", "numbers 472 171 180"),
    ("total in the list's name", 'label="472 ', 'label="47 ', "numbers 472 171 180"),
    ("total in og:title", 'og:title" content="472 ', 'og:title" content="4720 ', "numbers 472"),
    ("first user", 'quiet">171&', 'quiet">172&', "numbers 171 180"),
    ("first user in the title", ", 171&", ", 172&", "numbers 472 171 180"),
    ("last user", "171 to 180 of", "171 to 190 of", "numbers 18 48 171 180 472"),
    ("page in the description", '"Page 18 of', '"Page 17 of', "numbers 18 48 171 180 472"),
    ("pages in the description", "18 of 48:", "18 of 49:", "numbers 18 48 171 180 472"),
    (
        "current page",
        'aria-current="page">18<',
        'aria-current="page">19<',
        "current page 19, not 18",
    ),
    ("current page missing", 'aria-current="page">18<', ">18<", "lacks the current page, 18"),
    ("link to another page number", '17.html">17<', '15.html">17<', "10/15.html as 17"),
    ("another number of a link", '17.html">17<', '17.html">18<', "10/17.html as 18"),
    ("another page size", '7.html">25<', '7.html">50<', "users/7.html as 50"),
    ("total of a type", ">62</small>", ">61</small>", "by-id/10/1.html as 61"),
    (
        "previous page",
        'rel="prev" href="/directory/users/by-id/10/17',
        'rel="prev" href="/directory/users/by-id/10/16',
        "prev page",
    ),
    (
        "next page",
        'rel="next" href="/directory/users/by-id/10/19',
        'rel="next" href="/directory/users/by-id/10/20',
        "next page",
    ),
    ("next page missing", 'rel="next"', "", "lacks the next page"),
    (
        "canonical page",
        'canonical" href="https://example.org/directory/users/by-id/10/18',
        'canonical" href="https://example.org/directory/users/by-id/10/19',
        "canonical page",
    ),
    (
        "canonical host",
        'canonical" href="https://example.org',
        'canonical" href="https://e.test',
        "canonical page",
    ),
    ("canonical page missing", 'rel="canonical"', "", "lacks the canonical page"),
    (
        "og:url",
        'og:url" content="https://example.org/directory/users/by-id/10/18',
        'og:url" content="https://example.org/directory/users/by-id/10/8',
        "og:url page",
    ),
    ("link to a page past the end", '48.html">48<', '49.html">48<', "10/49.html, which does not"),
    ("dead link", '/about.html"', '/abut.html"', "abut.html, which does not exist"),
    ("dead relative link", '"/directory/about.html"', '"about.html"', "about.html, which does not"),
    (
        "link out of the site",
        '"/directory/about.html"',
        '"/about.html"',
        "about.html, which does not",
    ),
    (
        "link to another release's stylesheet",
        "assets/site-",
        "assets/site-0",
        "which does not exist",
    ),
    ("dead link to a script", "assets/search-", "assets/search-0", "which does not exist"),
    (
        "dead link to views of the search",
        'data-views="/directory/assets/',
        'data-views="/assets/',
        "does not",
    ),
    (
        "dead link to an image",
        'og:image" content="https://example.org/directory/assets/',
        'og:image" content="https://example.org/directory/',
        "does not exist",
    ),
    ("date", '"2026-11-24"', '"2026-11-23"', "2026-11-23"),
]


@pytest.mark.parametrize(
    ("old", "new", "message"), [frame[1:] for frame in FRAMES], ids=[frame[0] for frame in FRAMES]
)
def test_what_surrounds_the_users(assert_found, old, new, message):
    assert_found(edit(NEXT, old, new, -1), f"{NEXT} .*{re.escape(message)}")


@pytest.mark.parametrize(
    ("profiles", "about", "message"),
    [
        ([user for user in USERS if user.id != 3000], ABOUT, "without the numbers"),
        (USERS, ABOUT._replace(seeded_at="2026-11-23T12:00:00Z"), "is of 2026-11-23"),
        (
            [user._replace(type="User") if user.id == 3000 else user for user in USERS],
            ABOUT,
            "links to .* as 408",
        ),
    ],
    ids=["a user less", "another day", "other types"],
)
def test_a_page_of_an_older_release(assert_found, tmp_path, profiles, about, message):
    with closing(make_directory(tmp_path, profiles, about)) as older:
        build = make_build(older, (10, 25), ("id", "-id", "type"), base_path="/directory/")
        render_site(older, build, tmp_path / "site", ORIGIN, jobs=1)
    assert_found(add(KEY, (tmp_path / "site" / KEY).read_bytes()), f"{KEY} .*{message}")


@pytest.mark.parametrize(
    "key",
    [
        *(f"users/by-id/10/{page}.html" for page in (1, 2, 3, 5, 6, 32, 33, 43, 46, 48)),
        *("users/2.html", "users/13.html", "users/by-type/25/9.html", "users/by-type/10/2.html"),
        *("users/by-id-desc/10/30.html", "users/type-user/by-id/10/7.html"),
        *("users/type-organization/by-id-desc/10/4.html", "users/type-bot/by-id/25/1.html"),
    ],
)
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</bdi></a>\n<small", "x</bdi></a>\n<small", "does not show user [0-9]+'s username"),
        ('title" content="', 'title" content="0', "without the numbers"),
        ('href="/directory/"', 'href="/"', "links to /, which does not exist"),
    ],
    ids=["name", "total", "dead link"],
)
def test_one_fault_on_any_page(assert_found, key, old, new, message):
    assert_found(edit(key, old, new), f"{key} .*{message}")


def edit_found(pattern, *change):
    """Change the only file that *pattern* matches."""
    return lambda site: edit(find(site, pattern), *change)(site)


def in_both_first_pages(old, new):
    """Change index.html too, which has to be the same as the first page."""

    def apply(site):
        for key in ("index.html", "users/1.html"):
            edit(key, old, new)(site)

    return apply


def edit_release(key):
    return lambda site: edit(key, read_build(site.folder).release, "0" * 16)(site)


def remove_page_of_changes(site):
    remove("changes.html")(site)
    address = "<url><loc>https://example.org/directory/changes.html</loc></url>\n"
    edit("sitemap.xml", address, "")(site)


def remove_a_type_shown(site):
    text = site.read("about.html").decode()
    start = text.index('<tr><th scope="row"><a')
    end = text.index("</tr>", start) + len("</tr>")
    site.write("about.html", (text[:start] + text[end:]).encode())


def remove_type(site):
    types = json.loads(site.read("build.json"))["types"]
    edit_json("build.json", types=types[:-1])(site)


FILES = [
    ("page missing", remove(KEY), rf"{KEY} cannot be read: there is no such file"),
    ("page cut off", lambda site: site.write(KEY, site.read(KEY)[:-9]), f"{KEY} is cut off"),
    ("page empty", add(KEY), f"{KEY} has no list of users"),
    ("page in another encoding", add(KEY, b"\xff"), f"{KEY} cannot be read: .*utf-8"),
    ("page of another number", copy(NEXT, KEY), f"{KEY} shows the users 2166"),
    ("page of another order", copy("users/by-id-desc/10/17.html", KEY), f"{KEY} shows the users"),
    ("page of another size", copy("users/7.html", KEY), f"{KEY} shows the users"),
    ("page too many", add("users/by-id/10/49.html"), "49.html is not a file of this build"),
    ("page of another type", add("users/type-cat/by-id/10/1.html"), "type-cat.* not a file of"),
    ("draft of a page", add(f"{KEY}.part"), "17.html.part is not a file of this build"),
    ("home page differs", edit("index.html", "Users", "Losers"), "index.html differs from the"),
    ("home page missing", remove("index.html"), "index.html cannot be read"),
    (
        "home page with a dead link",
        in_both_first_pages("/about.html", "/a.html"),
        "index.html links to",
    ),
    (
        "home page with a relative link",
        in_both_first_pages('"/directory/users/2.html">2', '"2.html">2'),
        "index.html links to 2.html, which does not exist",
    ),
    ("404 page missing", remove("404.html"), "404.html cannot be read"),
    ("404 page with a dead link", edit("404.html", "/about", "/abut"), "404.html links to"),
    ("about page missing", remove("about.html"), "about.html cannot be read"),
    ("about page with a dead link", edit("about.html", "assets/op", "assets/"), "about.html links"),
    ("about page of another total", edit("about.html", "472", "471", -1), "not show 472"),
    ("about page of another release", edit_release("about.html"), "does not show [0-9a-f]{16}"),
    (
        "about page of another day",
        edit("about.html", "T12:00:00Z", "T11:00:00Z"),
        "not show 2026-11-24T12",
    ),
    ("about page of other totals of types", edit("about.html", "<td>62<", "<td>61<"), "the types"),
    ("about page with a type renamed", edit("about.html", ">Bot<", ">Boat<"), "types .*'Boat'"),
    ("about page without a type", remove_a_type_shown, "about.html shows the types"),
    ("feed missing", remove("changes.xml"), "changes.xml cannot be read"),
    (
        "feed of another user",
        edit("changes.xml", "#u2001", "#u2002"),
        "xml links to .*#u2002 instead of .*#u2001",
    ),
    ("feed without its page", remove_page_of_changes, "changes.xml is not a file of this build"),
    ("about page's address", edit("about.html", 'y/about.html"', 'y/404.html"'), "canonical page"),
    ("stylesheet differs", edit_found("assets/site-*.css", "}", " }"), "site-.*css .* digest in"),
    ("script differs", edit_found("assets/*.js", ";", " ;"), "search-.*js .* digest in its name"),
    ("stylesheet missing", lambda s: remove(find(s, "assets/*.css"))(s), "css, which does not"),
    ("views missing", lambda s: remove(find(s, "assets/*.html"))(s), "html, which does not"),
    ("robots.txt missing", remove("robots.txt"), "robots.txt cannot be read"),
    ("robots.txt without the sitemap", edit("robots.txt", "Sitemap", "S"), r"sitemaps \[\], not"),
    ("sitemap missing", remove("sitemap.xml"), "sitemap.xml cannot be read"),
    ("page missing in the sitemap", edit("sitemap.xml", "/17.html", "/18.html"), "list .*18.html"),
    ("sitemap cut off", lambda s: s.write("sitemap.xml", s.read("sitemap.xml")[:900]), "list None"),
    ("address too many", edit("sitemap.xml", "</urlset", "<loc>/</loc></urlset"), "list /"),
    ("sitemap too many", add("sitemap-1.xml"), "sitemap-1.xml is not a file of this build"),
    ("CSV file missing", remove("data/profiles.csv"), "data/profiles.csv, which does not exist"),
    ("user missing in CSV", edit("data/profiles.csv", "\n2158,", "\n2159,"), "csv has .*2159"),
    (
        "CSV cut off",
        lambda s: s.write("data/profiles.csv", s.read("data/profiles.csv")[:900]),
        "csv",
    ),
    ("CSV with other columns", edit("data/profiles.csv", "id,", "number,"), "csv cannot be read"),
    ("user in CSV", edit("data/profiles.csv", "user-2158,", "user-2159,"), "csv has .*2159"),
    ("user in NDJSON", edit("data/profiles.ndjson", '"user-2158"', '"x"'), "ndjson has .*'x'"),
    ("NDJSON with a user too many", edit("data/profiles.ndjson", "}", "}\n{}"), "ndjson cannot be"),
    ("NDJSON broken", edit("data/profiles.ndjson", "}", ""), "ndjson cannot be read"),
    ("SQLite file broken", add("data/profiles.db", b"other"), "profiles.db cannot be read"),
    ("SQLite file missing", remove("data/profiles.db"), "profiles.db, which does not exist"),
    ("user in SQLite file", rename_in_sqlite, "profiles.db has .*user-2159"),
    ("build of another total", edit_json("build.json", users=471), "number of users is 471, the"),
    ("build of another release", edit_json("build.json", release="0" * 16), "release is 0000"),
    ("build of another source", edit_json("build.json", source="org:x"), "source is org:x, the"),
    ("build of another day", edit_json("build.json", seeded_at="2026-11-25"), "date is 2026-11-25"),
    ("build of a cut source", edit_json("build.json", cut_at=472), "limit is 472, the directory's"),
    (
        "build of fewer sizes",
        edit_json("build.json", page_sizes=[25]),
        "10/.* is not a file of",
    ),
    (
        "build of more sizes",
        edit_json("build.json", page_sizes=[10, 20, 25]),
        "list .* instead of .*/by-id/20/1.html",
    ),
    (
        "build of fewer orders",
        edit_json("build.json", orders=["id", "type"]),
        "by-id-desc/.* is not a file of",
    ),
    ("build of fewer types", remove_type, "type-mannequin.* is not a file of this build"),
    (
        "build of another type total",
        edit("build.json", '"users": 62', '"users": 61'),
        "number of Organizations is 61, the directory's 62",
    ),
]


@pytest.mark.parametrize(("fault", "message"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_files_of_a_site(assert_found, fault, message):
    assert_found(fault, message)

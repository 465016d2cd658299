import csv
import json
import os
import re
import shutil
import sqlite3
import tracemalloc
from contextlib import closing

import pytest
from sqlite_utils import Database

from bench.users import users
from function.contract import Profile
from function.database import Directory
from generator.check import check
from generator.errors import BuildError
from generator.render import site
from generator.render.templates import TEMPLATES
from generator.site import Listing, read_build
from generator.site.seal import RENDERED
from tests.factories import ABOUT, ODD, make_directory, make_profile


def render(directory, folder, sizes=(10, 25), orders=("id", "type"), base_path="/", **options):
    build = site.make_build(directory, sizes, orders, options.pop("types", "all"), base_path)
    options = {"jobs": 1, **options}
    return site.render_site(directory, build, folder, **options)


def tree(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != RENDERED
    }


def stamps(folder):
    return {
        p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file() and p.name != RENDERED
    }


def test_every_page_of_every_listing_is_rendered_and_passes_the_check(directory, tmp_path):
    render(directory, tmp_path / "site")
    build = read_build(tmp_path / "site")
    keys = {
        p.relative_to(tmp_path / "site").as_posix()
        for p in tmp_path.rglob("*.html")
        if p.parent.name != "assets"
    }
    listed = {
        listing.key(page)
        for listing in build.listings()
        for page in range(1, build.page_count(listing) + 1)
    }
    assert keys == listed | {"index.html", "about.html", "404.html"}
    check(directory, build, tmp_path / "site")


def test_the_home_page_is_the_first_page(directory, tmp_path):
    render(directory, tmp_path)
    assert (tmp_path / "index.html").read_bytes() == (tmp_path / Listing().key(1)).read_bytes()


def test_a_second_rendering_writes_nothing(directory, tmp_path):
    first, second = render(directory, tmp_path), render(directory, tmp_path)
    assert (first.unchanged, second.written, second.removed) == (0, 0, 0)
    assert second.unchanged == first.written


def test_a_renamed_user_rewrites_only_the_pages_that_show_it(tmp_path):
    users = [make_profile(number) for number in range(1, 401)]
    options = {"sizes": (10, 25), "orders": ("id", "-id")}
    one = make_directory(tmp_path, users)
    render(one, tmp_path / "site", **options)
    before = stamps(tmp_path / "site")
    one.close()
    users[42] = make_profile(43, "renamed")
    later = ABOUT._replace(seeded_at=ABOUT.seeded_at[:10] + "T23:59:59Z")
    two = make_directory(tmp_path, users, later)
    render(two, tmp_path / "site", **options)
    two.close()
    after = stamps(tmp_path / "site")
    changed = {
        p.relative_to(tmp_path / "site").as_posix() for p in after if after[p] != before.get(p)
    }
    assert changed == {
        *("users/2.html", "users/by-id/10/5.html"),
        *("users/by-id-desc/25/15.html", "users/by-id-desc/10/36.html"),
        *("users/type-user/by-id/25/2.html", "users/type-user/by-id/10/5.html"),
        *("users/type-user/by-id-desc/25/15.html", "users/type-user/by-id-desc/10/36.html"),
        *("about.html", "build.json"),  # the release
        *("data/profiles.csv", "data/profiles.ndjson", "data/profiles.db"),
    }


@pytest.mark.parametrize("change", ["write", "remove", "add", "change the templates"])
def test_rendering_restores_files_that_were_changed(directory, tmp_path, change, monkeypatch):
    render(directory, tmp_path / "site")
    whole = tree(tmp_path / "site")
    page = tmp_path / "site" / "users/1.html"
    if change == "write":
        page.write_bytes(page.read_bytes()[::-1])
        os.utime(page, ns=(1, 1))  # a clock may not have moved on
    elif change == "remove":
        page.unlink()
    elif change == "add":
        (page.parent / "99.html").write_text("stale")
    else:
        monkeypatch.setattr("generator.render.site._digest_inputs", lambda *_: "other inputs")
    done = render(directory, tmp_path / "site")
    assert tree(tmp_path / "site") == whole
    changed = (0, 0) if change == "change the templates" else (change != "add", change == "add")
    assert (done.written, done.removed) == changed


@pytest.mark.slow
def test_two_processes_write_the_same_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "USERS_A_TASK", 70)
    directory = make_directory(tmp_path, users(1000))
    sizes = {"sizes": (7, 25, 30), "orders": ("id", "-id", "type", "-type")}
    one = render(directory, tmp_path / "one", **sizes)
    two = render(directory, tmp_path / "two", **sizes, jobs=2)
    directory.close()
    assert one == two
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    check_all(tmp_path / "one", tmp_path / "directory.db")


def check_all(folder, path):
    with closing(Directory(path)) as directory:
        check(directory, read_build(folder), folder)


def test_an_error_in_a_process_is_raised_and_the_site_is_incomplete(tmp_path, monkeypatch):
    def broken(*_):
        raise BuildError("the third of nine failed")

    monkeypatch.setattr(site, "draw_pages", broken)
    monkeypatch.setattr(site, "USERS_A_TASK", 100)
    directory = make_directory(tmp_path, map(make_profile, range(900)))
    with pytest.raises(BuildError, match="the third of nine"):
        render(directory, tmp_path / "site", jobs=2)
    directory.close()
    with pytest.raises(BuildError, match="interrupted"):
        read_build(tmp_path / "site")


def test_links_from_the_first_page_reach_every_page_and_are_never_dead(tmp_path):
    directory = make_directory(tmp_path, users(900, seed=3))
    render(directory, tmp_path / "site", orders=("id", "-id", "type"))
    directory.close()
    seen, waiting = {"index.html"}, ["index.html"]
    while waiting:
        text = (tmp_path / "site" / waiting.pop()).read_text("utf-8")
        for link in re.findall(r'\s(?:href|src)="/([^"]*)"', text):
            key = link or "index.html"
            assert (tmp_path / "site" / key).is_file(), key
            if key not in seen and key.endswith(".html"):
                seen.add(key)
                waiting.append(key)
    pages = {
        p.relative_to(tmp_path / "site").as_posix()
        for p in tmp_path.rglob("*.html")
        if p.parent.name != "assets"
    }
    assert pages - seen == {"404.html"}


def test_a_directory_in_the_sites_folder_is_refused(tmp_path):
    directory = make_directory(tmp_path / "site" / "data")
    with pytest.raises(BuildError, match=r"lies in the site .*written over"):
        render(directory, tmp_path / "site")
    directory.close()


def test_a_change_of_a_template_in_a_subfolder_changes_the_site(directory, tmp_path, monkeypatch):
    templates = shutil.copytree(TEMPLATES, tmp_path / "site_templates")
    for module in ("site", "pages"):
        monkeypatch.setattr(f"generator.render.{module}.TEMPLATES", templates)
    monkeypatch.setattr("generator.program._ROOT", tmp_path)
    (templates / "404.html").write_text("{% include 'parts/text.html' %}")
    (templates / "parts").mkdir()
    for word in ("text-warning", "text-danger"):
        (templates / "parts/text.html").write_text(f"<p class='{word}'>")
        render(directory, tmp_path / "site")
        assert word in (tmp_path / "site" / "404.html").read_text()
        (sheet,) = (tmp_path / "site" / "assets").glob("site-*.css")
        assert f".{word}{{" in sheet.read_text()


def test_types_have_listings_of_their_own(directory, tmp_path):
    render(directory, tmp_path / "site", types="Organization")
    page = (tmp_path / "site/users/type-organization/by-id/25/1.html").read_text()
    assert ">errfree<" in page
    assert ">mojombo<" not in page
    assert not (tmp_path / "site/users/type-user").exists()


def test_the_downloads_have_all_users(directory, tmp_path):
    render(directory, tmp_path / "site")
    data = tmp_path / "site" / "data"
    with (data / "profiles.csv").open(encoding="utf-8", newline="") as file:
        assert [*csv.reader(file)] == [
            [*Profile._fields],
            *([str(value) for value in user] for user in ODD),
        ]
    lines = (data / "profiles.ndjson").read_text("utf-8").split("\n")
    assert [Profile(**json.loads(line)) for line in lines[:-1]] == [*ODD]
    with closing(sqlite3.connect(data / "profiles.db")) as sql:
        columns = [column[0] for column in sql.execute("SELECT * FROM profiles").description]
        assert columns == [*Profile._fields]
        assert [*map(Profile._make, sql.execute("SELECT * FROM profiles ORDER BY id"))] == [*ODD]


def test_tools_can_count_and_dump_the_sqlite_download(directory, tmp_path):
    render(directory, tmp_path / "site")
    with closing(sqlite3.connect(tmp_path / "site/data/profiles.db")) as sql:
        tables = Database(sql).tables
        assert {table.name: table.count for table in tables} == {"profiles": len(ODD)}
        assert sum("INSERT INTO" in line for line in sql.iterdump()) == len(ODD)


def test_the_copy_of_the_directory_that_older_versions_offered_is_removed(directory, tmp_path):
    render(directory, tmp_path / "site")
    (tmp_path / "site/data/directory.db").touch()
    render(directory, tmp_path / "site")
    assert not (tmp_path / "site/data/directory.db").exists()


def test_drafts_that_are_links_to_other_files_are_replaced(directory, tmp_path):
    render(directory, tmp_path / "site")
    keys = ("data/profiles.csv", "data/profiles.ndjson", "data/profiles.db", "about.html")
    (tmp_path / "precious").write_text("precious")
    for key in keys:
        (tmp_path / "site" / key).unlink()
        (tmp_path / "site" / f"{key}.part").symlink_to(tmp_path / "precious")
    render(directory, tmp_path / "site")
    assert (tmp_path / "precious").read_text() == "precious"
    assert all((tmp_path / "site" / key).is_file() for key in keys)
    assert not list((tmp_path / "site").rglob("*.part"))


def test_without_data_there_are_no_downloads(directory, tmp_path):
    render(directory, tmp_path / "site")
    render(directory, tmp_path / "site", with_data=False)
    assert not (tmp_path / "site" / "data").exists()
    assert b"CSV" not in (tmp_path / "site" / "index.html").read_bytes()


def test_the_sitemap_lists_every_page(directory, tmp_path):
    build = site.make_build(directory, (10, 25), ("id",), base_path="/directory/")
    site.render_site(directory, build, tmp_path / "site", "https://example.org", jobs=1)
    robots = (tmp_path / "site" / "robots.txt").read_text()
    assert "Sitemap: https://example.org/directory/sitemap.xml\n" in robots
    locations = re.findall("<loc>(.*?)</loc>", (tmp_path / "site" / "sitemap.xml").read_text())
    pages = {
        p.relative_to(tmp_path / "site").as_posix()
        for p in tmp_path.rglob("*.html")
        if p.parent.name != "assets"
    }
    pages -= {"404.html", "index.html", "users/1.html"}
    assert sorted(locations) == sorted(
        f"https://example.org/directory/{key}" for key in {"", *pages}
    )


def test_without_an_origin_no_page_names_a_host(directory, tmp_path):
    render(directory, tmp_path, base_path="/directory/")
    found = {
        path: path.read_text() for path in tmp_path.rglob("*") if path.suffix in (".html", ".txt")
    }
    for path, text in found.items():
        assert not re.search(r"canonical|og:url|og:image|Sitemap|localhost|127\.0\.0\.1", text), (
            path
        )
    assert not (tmp_path / "sitemap.xml").exists()
    about = found[tmp_path / "about.html"]
    assert "<code>/api/users/profiles?username=jo</code>" in about
    assert "og:title" in found[tmp_path / "index.html"]


def test_without_an_origin_an_earlier_sitemap_is_removed(directory, tmp_path):
    build = site.make_build(directory, (10, 25), ("id",))
    for origin in ("https://example.org", ""):
        site.render_site(directory, build, tmp_path, origin, jobs=1)
    assert not (tmp_path / "sitemap.xml").exists()


@pytest.mark.parametrize("base_path", ["/", "/directory/of/users/"])
def test_the_site_passes_the_check_under_any_base_path(directory, tmp_path, base_path):
    render(directory, tmp_path, base_path=base_path)
    check(directory, read_build(tmp_path), tmp_path)


def test_progress_counts_pages(directory, tmp_path):
    build, calls = site.make_build(directory, (10, 25), ("id",)), []
    site.render_site(directory, build, tmp_path, advance=calls.append, jobs=1)
    assert calls == sorted(calls)
    assert calls[-1] == build.total_pages()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_users(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "USERS_A_TASK", 400)

    def peak(users):
        folder = tmp_path / str(users)
        directory = make_directory(folder, map(make_profile, range(users)))
        render(directory, folder / "warm", sizes=(25, 100), orders=("id",))
        tracemalloc.start()
        render(directory, folder / "site", sizes=(25, 100), orders=("id",))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        directory.close()
        return found

    assert peak(4000) < 1.25 * peak(500)

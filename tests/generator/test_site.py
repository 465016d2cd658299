import tracemalloc

import pytest

from generator import site
from generator.check import check
from generator.files import read_build
from generator.pages import Listing
from tests.factories import make_directory, make_profile


def render(directory, folder, sizes=(10, 25), orders=("id", "type"), base_path="/"):
    build = site.plan(directory, sizes, orders)
    return site.render(directory, build, folder, base_path)


def test_every_page_of_every_listing_is_rendered_and_checks(directory, tmp_path):
    render(directory, tmp_path / "site")
    build = read_build(tmp_path / "site")
    keys = {p.relative_to(tmp_path / "site").as_posix() for p in tmp_path.rglob("*.html")}
    listed = {
        listing.key(page)
        for listing in build.listings()
        for page in range(1, build.pages(listing) + 1)
    }
    assert keys == listed | {"index.html", "404.html"}
    check(directory, build, tmp_path / "site", "/")


def test_the_home_page_is_the_first_page(directory, tmp_path):
    render(directory, tmp_path)
    assert (tmp_path / "index.html").read_bytes() == (tmp_path / Listing().key(1)).read_bytes()


def test_a_second_rendering_writes_nothing(directory, tmp_path):
    first, second = render(directory, tmp_path), render(directory, tmp_path)
    assert (first.unchanged, second.written, second.removed) == (0, 0, 0)
    assert second.unchanged == first.written


def test_a_renamed_user_rewrites_the_pages_that_show_it(tmp_path):
    users = [make_profile(number) for number in range(1, 101)]
    one = make_directory(tmp_path, users)
    render(one, tmp_path / "site", sizes=(10, 25), orders=("id",))
    shown = {p: p.read_bytes() for p in (tmp_path / "site").rglob("*.html")}
    one.close()
    users[42] = make_profile(43, "renamed")
    two = make_directory(tmp_path, users)
    render(two, tmp_path / "site", sizes=(10, 25), orders=("id",))
    two.close()
    changed = {
        p.relative_to(tmp_path / "site").as_posix() for p in shown if b"renamed" in p.read_bytes()
    }
    assert changed == {"users/2.html", "users/by-id/10/5.html"}


@pytest.mark.parametrize("base_path", ["/", "/directory/of/users/"])
def test_the_site_checks_under_any_base_path(directory, tmp_path, base_path):
    render(directory, tmp_path, base_path=base_path)
    check(directory, read_build(tmp_path), tmp_path, base_path)


def test_progress_counts_pages(directory, tmp_path):
    build, told = site.plan(directory, (10, 25), ("id",)), []
    site.render(directory, build, tmp_path, "/", told.append)
    assert told == list(range(1, build.page_count() + 1))


def test_memory_does_not_grow_with_the_number_of_users(tmp_path):
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

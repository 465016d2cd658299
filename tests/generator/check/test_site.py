"""A site that is right passes the check, and one that the API contradicts does not."""

import sqlite3
from contextlib import closing

import pytest

from bench.users import users as invented_users
from function.contract import Page
from function.database import Directory
from generator.check import check
from generator.check import site as check_module
from generator.errors import CheckFailed
from generator.render import make_build, render_site
from generator.seed.sample import read_sample
from generator.site import read_build
from tests.factories import ODD, make_directory, make_profile
from tests.generator.check.sites import edit, edit_json
from tests.oracle import VARIED


def check_site(directory, folder, **options):
    check(directory, read_build(folder), folder, **{"jobs": 1, **options})


SITES = {
    "the sample": {"profiles": [profile for _, profile in read_sample()]},
    "odd users": {"profiles": ODD, "sizes": (1, 2, 7, 25, 100)},
    "varied users": {"profiles": VARIED[:1500], "orders": ("id", "-id", "type", "-type")},
    "many sizes": {"profiles": ODD, "sizes": (*range(1, 13), 25)},
    "one user": {"profiles": ODD[:1]},
    "one size and one order": {"profiles": VARIED[:600], "sizes": (25,), "orders": ("id",)},
    "adjacent sizes": {"profiles": VARIED[:600], "sizes": (24, 25, 26)},
    "known host": {"profiles": VARIED[:600], "place": ("https://example.org", "/a/b%20c/")},
    "base path": {"profiles": ODD, "place": ("", "/users/")},
    "no downloads": {"profiles": ODD, "with_data": False},
    "no types": {"profiles": VARIED[:600], "types": "none"},
    "users like real ones": {"profiles": list(invented_users(900))},
    "names like ids and types": {
        "profiles": [
            *(make_profile(number, f"{number}") for number in range(1, 40)),
            *(make_profile(number, "User") for number in range(40, 60)),
            *(make_profile(number, "d", type="id") for number in range(60, 80)),
        ]
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_a_rendered_site_passes(tmp_path, site):
    origin, base_path = site.get("place", ("", "/"))
    directory = make_directory(tmp_path, site["profiles"])
    build = make_build(
        directory,
        site.get("sizes", (10, 25, 50)),
        site.get("orders", ("id", "-id", "type")),
        site.get("types", "all"),
        base_path,
    )
    with_data = site.get("with_data", True)
    render_site(directory, build, tmp_path / "site", origin, with_data=with_data, jobs=1)
    check_site(directory, tmp_path / "site")
    directory.close()


def test_pages_that_cannot_be_predicted_are_read(users, site):
    for number, path in enumerate(site.folder.glob("users/by-id*/*/*.html")):
        key = path.relative_to(site.folder).as_posix()
        edit(key, "<h1", f"<!-- {number} --><h1")(site)
        edit(key, "</li>", "</li>\n")(site)
    check_site(users, site.folder)
    edit("users/by-id/10/17.html", ">user-2158<", ">user-2159<")(site)
    with pytest.raises(CheckFailed, match="user 2158's username"):
        check_site(users, site.folder)


@pytest.mark.parametrize("jobs", [1, 2, None])
def test_progress_reaches_all_pages(users, site, jobs, monkeypatch):
    monkeypatch.setattr(check_module, "USERS_A_TASK", 33)
    checked = []
    check_site(users, site.folder, advance=checked.append, jobs=jobs)
    assert checked == sorted(set(checked))
    assert checked[-1] == read_build(site.folder).total_pages()


@pytest.mark.slow
@pytest.mark.parametrize("users_a_task", [1, 33, 100])
def test_a_fault_is_found_in_any_task_and_process(users, site, users_a_task, monkeypatch):
    monkeypatch.setattr(check_module, "USERS_A_TASK", users_a_task)
    edit("users/by-type/25/14.html", "</bdi></a>\n<small", "x</bdi></a>\n<small")(site)
    with pytest.raises(CheckFailed, match=r"by-type/25/14\.html does not show user"):
        check_site(users, site.folder, jobs=2)


def test_a_site_of_another_directory_is_an_error(site, tmp_path):
    other = make_directory(tmp_path, ODD[:5])
    with pytest.raises(CheckFailed, match=f"the directory's {other.release}; .* render"):
        check_site(other, site.folder)
    other.close()


def test_a_site_with_another_base_path_is_an_error(users, site):
    edit_json("build.json", base_path="/elsewhere/")(site)
    with pytest.raises(CheckFailed, match="does not end with /elsewhere/"):
        check_site(users, site.folder)


def another_total(answer: Page) -> Page:
    return answer._replace(total=answer.total + 1)


def another_order(answer: Page) -> Page:
    return answer._replace(profiles=answer.profiles[::-1])


def a_user_less(answer: Page) -> Page:
    return answer._replace(profiles=answer.profiles[1:])


def another_name(answer: Page) -> Page:
    first, *others = answer.profiles
    return answer._replace(profiles=(first._replace(username="another"), *others))


@pytest.mark.parametrize("change", [another_total, another_order, a_user_less, another_name])
@pytest.mark.parametrize("size", [10, 25])
def test_another_answer_of_the_api_is_an_error(users, site, change, size, monkeypatch):
    find = Directory.find

    def find_another(directory, query):
        is_changed = (query.page, query.pagination, query.order_by) == (7, size, "-id")
        return change(find(directory, query)) if is_changed else find(directory, query)

    monkeypatch.setattr(Directory, "find", find_another)
    with pytest.raises(CheckFailed, match=f"by-id-desc/{size}/7|page=7&pagination={size}&order"):
        check_site(users, site.folder)


def test_a_directory_whose_anchors_are_wrong_is_an_error(tmp_path):
    """The site is drawn from columns, for which this anchor is not needed."""
    make_directory(tmp_path, map(make_profile, range(1, 401))).close()
    with closing(sqlite3.connect(tmp_path / "directory.db")) as sql:
        (ids,) = sql.execute("SELECT ids FROM anchors WHERE list = 0").fetchone()
        sql.execute("UPDATE anchors SET ids = ? WHERE list = 0", (ids[:8] + ids[4:8] + ids[12:],))
        sql.commit()
    with closing(Directory(tmp_path / "directory.db")) as directory:
        build = make_build(directory, (10, 25), ("id",))
        render_site(directory, build, tmp_path / "site", jobs=1)
        with pytest.raises(CheckFailed, match=r"users/.*html shows the users .* the API lists"):
            check_site(directory, tmp_path / "site")

"""Checks a whole site: every page of every listing, and the files beside them."""

import html
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from function.database import Directory
from generator.check.files import check_files
from generator.check.frame import FrameChecker, find_origin
from generator.check.links import Links
from generator.check.pages import PageChecker, read_text
from generator.errors import CheckFailed
from generator.jobs import cores, map_in_processes
from generator.reading import read_cut
from generator.site import (
    ABOUT_KEY,
    INDEX_KEY,
    NOT_FOUND_KEY,
    PAGES_BESIDE,
    Build,
    Listing,
    Slice,
    listed_types,
)
from generator.text import number

# How many users a task has. Their rows are read once for the pages of all sizes.
USERS_A_TASK = 5000

# A row of the table of types in the page about the directory: the type, and its number of users.
_TYPE = re.compile(r'<th scope="row">(?:<a [^>]*>)?([^<]*)(?:</a>)?</th><td>([0-9,]+)</td>')


def check(
    directory: Directory,
    build: Build,
    folder: Path,
    advance: Callable[[int], None] = lambda pages: None,
    *,
    jobs: int | None = None,
) -> None:
    """Check that the site in *folder* shows *directory*.

    Each page must show the users that the API answers to the page's query, and the numbers and
    links that belong to it. A link within the site must resolve. Assets, downloads and sitemaps
    must be right. There must be no pages of another build.

    Args:
        directory: the users.
        build: the build of the site.
        folder: the folder of the site.
        advance: is called with the number of pages checked.
        jobs: how many processes share the work; None: one for each core.

    Raises:
        CheckFailed: the message names the file and the difference.
    """
    _compare_build(build, directory)
    home, about = read_text(folder, INDEX_KEY), read_text(folder, ABOUT_KEY)
    links = Links(folder, build, find_origin(home, build.base_path))
    frames = FrameChecker(links, build)
    check_files(directory, build, folder, links)
    if home != read_text(folder, Listing().key(1)):
        raise CheckFailed(f"{folder / INDEX_KEY} differs from the first page")
    frames.check_page(INDEX_KEY, Listing(), 1, home)
    for text in (build.release, number(build.users), build.seeded_at):
        if text not in about:
            raise CheckFailed(f"{folder / ABOUT_KEY} does not show {text}")
    _check_types(about, directory.types)
    for key in PAGES_BESIDE:
        if (folder / key).exists():
            frames.check_other(key, read_text(folder, key))
    frames.check_other(NOT_FOUND_KEY, read_text(folder, NOT_FOUND_KEY))
    _check_pages(directory, PageChecker(folder, build, frames), build, advance, jobs or cores())


def _check_types(about: str, types: Mapping[str, int]) -> None:
    """Raise CheckFailed unless the HTML *about* shows the commonest *types*, and how many more."""
    shown = [(html.unescape(name), users) for name, users in _TYPE.findall(about)]
    commonest = sorted(types.items(), key=lambda item: (-item[1], item[0]))
    expected = [(name or "none", number(users)) for name, users in commonest]
    rest = len(expected) - len(shown)
    if shown != expected[: len(shown)] or (rest and f"and {rest} more types" not in about):
        raise CheckFailed(f"{ABOUT_KEY} shows the types {shown}, the directory has {expected}")


def _check_pages(
    directory: Directory,
    pages: PageChecker,
    build: Build,
    advance: Callable[[int], None],
    jobs: int,
) -> None:
    """Check all *pages* in *jobs* processes."""
    path, release = directory.path, directory.release

    def work(users: Slice) -> int:
        # SQLite does not allow a connection to be carried across a fork.
        # https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_
        with closing(Directory(path, release=release, verify=False)) as opened:
            return pages.check(opened, users)

    checked = 0
    for count in map_in_processes(jobs, [*build.slices(USERS_A_TASK)], work):
        checked += count
        advance(checked)


def _compare_build(build: Build, directory: Directory) -> None:
    """Raise CheckFailed unless *build* is of *directory*."""
    about = directory.about
    types = {type_.name: type_.users for type_ in listed_types(directory.types)}
    for name, site, database in (
        ("release", build.release, directory.release),
        ("number of users", build.users, directory.users),
        *((f"number of {name}s", users, types.get(name)) for name, _, users in build.types),
        ("source", build.source, about.source),
        ("date", build.seeded_at, about.seeded_at),
        ("limit", build.cut_at, read_cut(directory)),
    ):
        if site != database:
            raise CheckFailed(f"the site's {name} is {site}, the directory's {database}")

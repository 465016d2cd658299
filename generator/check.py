"""Asks the built site: is it whole, is it what the API says, do its links lead somewhere?"""

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from function.answer import PATH as API_PATH
from function.contract import Page, Profile
from function.database import Directory
from generator.errors import CheckFailed
from generator.reading import read_profiles
from generator.site import (
    ABOUT_KEY,
    ASSETS,
    INDEX_KEY,
    NOT_FOUND_KEY,
    ROBOTS_KEY,
    Build,
    Listing,
    keys,
    route,
    user_row,
)

# Every row of a page says whose it is. Templates that leave it out cannot be checked.
_ROW = re.compile(r'\bdata-id="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r'\s(?:href|src)="([^"]*)"')
# An address with a scheme or a host is not of the site.
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


def check(
    directory: Directory,
    build: Build,
    folder: Path,
    base_path: str,
    advance: Callable[[int], None] = lambda pages: None,
) -> None:
    """Ask the site in *folder*, whose build.json is *build*, whether it is *directory*'s.

    Each page of each listing must show the very users that the API lists for it, with their
    names, types, addresses and pictures; each address that a page links to on its own host must
    exist, an asset must be what the digest in its name says, and there must be no page too many.
    *advance* is told how many pages were looked at.

    Raises:
        CheckFailed: an answer was wrong; the text names the page.
    """
    _compare_build(build, directory)
    links = _Links(folder, build, base_path)
    done = 0
    for listing in build.listings():
        profiles = read_profiles(directory, listing.order_by, build.query(listing, 1).type)
        for page in range(1, build.pages(listing) + 1):
            key = listing.key(page)
            text = _read(folder, key)
            expected = tuple(islice(profiles, listing.pagination))
            query = build.query(listing, page)
            answer = Page(expected, page, listing.pagination, build.users_of(listing.slug))
            if directory.find(query) != answer:
                raise CheckFailed(f"the API's {query.encode()} is not {key}")
            _compare(key, text, page, expected)
            links.follow(key, text)
            done += 1
            advance(done)
    for key in keys(folder):
        if key.startswith("users/") and not build.has_page(key):
            raise CheckFailed(f"{folder / key} is no page of this build; render removes it")
    if _read(folder, INDEX_KEY) != _read(folder, Listing().key(1)):
        raise CheckFailed(f"{folder / INDEX_KEY} is not the first page")
    for key in (INDEX_KEY, ABOUT_KEY, NOT_FOUND_KEY):
        links.follow(key, _read(folder, key))
    _read(folder, ROBOTS_KEY)


def _compare_build(build: Build, directory: Directory) -> None:
    about = directory.about
    for name, site, database in (
        ("release", build.release, directory.release),
        ("number of users", build.users, directory.users),
        ("source", build.source, about.source),
        ("date", build.seeded_at, about.seeded_at),
    ):
        if site != database:
            raise CheckFailed(
                f"the site's {name} is {site}, the directory's {database};"
                " `ghdirectory render` makes the site anew"
            )


def _read(folder: Path, key: str) -> str:
    try:
        return (folder / key).read_bytes().decode()
    except (OSError, UnicodeDecodeError) as exc:
        raise CheckFailed(f"{folder / key} cannot be read: {exc}") from exc


def _compare(key: str, text: str, page: int, profiles: Sequence[Profile]) -> None:
    """Raise unless the rows of *text* are *profiles*, in their order."""
    shown = [(found[1], found.end()) for found in _ROW.finditer(text)]
    ids = [str(profile.id) for profile in profiles]
    if [identity for identity, _ in shown] != ids:
        raise CheckFailed(
            f"{key} shows the users {_few(identity for identity, _ in shown)},"
            f" the API's page {page} lists {_few(iter(ids))}"
        )
    ends = [start for _, start in shown[1:]] + [len(text)]
    for profile, (_, start), end in zip(profiles, shown, ends, strict=True):
        _compare_row(key, text[start:end], profile)


def _compare_row(key: str, row: str, profile: Profile) -> None:
    # What stands between two tags is what a reader sees.
    shown = html.unescape(_TAG.sub("<>", row))
    for name, value in (("username", profile.username), ("type", profile.type)):
        if f"<>{value}<>" not in shown:
            raise CheckFailed(f"{key} does not show user {profile.id}'s {name}, {value!r}")
    addresses = {html.unescape(found[1]) for found in _LINK.finditer(row)}
    drawn = user_row(*profile)
    for name, address in (("html_url", drawn.profile_url), ("avatar_url", drawn.avatar)):
        if address is not None and address not in addresses:
            raise CheckFailed(f"{key} does not lead to user {profile.id}'s {name}, {address}")


def _few(ids: Iterator[str]) -> str:
    found = list(ids)
    return ", ".join(found[:3]) + (f" ... ({len(found)})" if len(found) > 3 else "") or "none"


class _Links:
    """Follows the links of pages to files of the site; remembers where it has been."""

    def __init__(self, folder: Path, build: Build, base_path: str) -> None:
        self._folder, self._build, self._base_path = folder, build, base_path
        self._found: set[str] = set()

    def follow(self, key: str, text: str) -> None:
        """Raise unless every address in *text* that is on this host leads somewhere."""
        here = self._base_path + key
        for found in _LINK.finditer(text):
            if not _ELSEWHERE.match(found[1]):
                path = urlsplit(urljoin(here, html.unescape(found[1]))).path
                if not self._leads(path):
                    raise CheckFailed(f"{key} links to {found[1]}, which is not there")

    def _leads(self, path: str) -> bool:
        if path == API_PATH:
            return True
        if not path.startswith(self._base_path):
            return False
        key = route("/" + unquote(path.removeprefix(self._base_path)), {}, self._build).key
        # Pages are looked at one by one anyway; the few other files are remembered.
        if self._build.has_page(key) or key in self._found:
            return True
        if not (self._folder / key).is_file():
            return False
        digest = hashlib.sha256((self._folder / key).read_bytes()).hexdigest()
        if key.startswith(ASSETS) and f"-{digest[:12]}." not in key:
            raise CheckFailed(f"{self._folder / key} is not what its name says; render mends it")
        self._found.add(key)
        return True

"""Checks a site: it is complete, its pages show what the API answers, and its links resolve."""

import hashlib
import html
import re
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from function.answer import PATH as API_PATH
from function.contract import Page, Profile
from function.database import Directory
from generator.errors import CheckFailed, reason
from generator.reading import read_cut, read_profiles
from generator.site import (
    ABOUT_KEY,
    ASSETS,
    CHANGES_KEY,
    INDEX_KEY,
    NOT_FOUND_KEY,
    ROBOTS_KEY,
    Build,
    Listing,
    keys,
    route,
    user_row,
)

# The start of a user's row. A page with other rows fails the check.
_ROW = re.compile(r'<li id="u([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r'\s(?:href|src)="([^"]*)"')
# A URL with a scheme or a host leads away from the site.
_ABSOLUTE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


def check(
    directory: Directory,
    build: Build,
    folder: Path,
    base_path: str,
    advance: Callable[[int], None] = lambda pages: None,
) -> None:
    """Check that the site in *folder* shows *directory*.

    Each page must show the users that the API answers: names, types, profile links and avatars. A
    link within the site must resolve. An asset must match the digest in its name. There must be no
    pages of another build.

    Args:
        directory: the users.
        build: the build of the site.
        folder: the folder of the site.
        base_path: the path of the site on its host, with a slash at either end.
        advance: is called with the number of pages checked.

    Raises:
        CheckFailed: the message names the file and the difference.
    """
    _compare_build(build, directory)
    links = _Links(folder, build, base_path)
    checked = 0
    for listing in build.listings():
        profiles = read_profiles(directory, listing.order_by, build.query(listing, 1).type)
        for page in range(1, build.page_count(listing) + 1):
            key = listing.key(page)
            text = _read(folder, key)
            expected = tuple(islice(profiles, listing.pagination))
            query = build.query(listing, page)
            answer = Page(expected, page, listing.pagination, build.users_of(listing.slug))
            if directory.find(query) != answer:
                raise CheckFailed(f"the API's answer to {query.encode()} differs from {key}")
            _compare_rows(key, text, page, expected)
            links.check(key, text)
            checked += 1
            advance(checked)
    for key in keys(folder):
        if key.startswith("users/") and not build.has_page(key):
            raise CheckFailed(
                f"{folder / key} is not a page of this build; `ghdirectory render` removes it"
            )
    if _read(folder, INDEX_KEY) != _read(folder, Listing().key(1)):
        raise CheckFailed(f"{folder / INDEX_KEY} differs from the first page")
    beside = [CHANGES_KEY] if (folder / CHANGES_KEY).exists() else []
    for key in (INDEX_KEY, ABOUT_KEY, NOT_FOUND_KEY, *beside):
        links.check(key, _read(folder, key))
    _read(folder, ROBOTS_KEY)


def _compare_build(build: Build, directory: Directory) -> None:
    """Raise CheckFailed unless *build* is of *directory*."""
    about = directory.about
    for name, site, database in (
        ("release", build.release, directory.release),
        ("number of users", build.users, directory.users),
        ("source", build.source, about.source),
        ("date", build.seeded_at, about.seeded_at),
        ("limit", build.cut_at, read_cut(directory)),
    ):
        if site != database:
            raise CheckFailed(
                f"the site's {name} is {site}, the directory's {database};"
                " `ghdirectory render` renders the site again"
            )


def _read(folder: Path, key: str) -> str:
    try:
        return (folder / key).read_bytes().decode()
    except (OSError, UnicodeDecodeError) as exc:
        raise CheckFailed(f"{folder / key} cannot be read: {reason(exc)}") from exc


def _compare_rows(key: str, text: str, page: int, profiles: Sequence[Profile]) -> None:
    """Raise CheckFailed unless the page *text* shows *profiles*, in their order."""
    rows = [(match[1], match.end()) for match in _ROW.finditer(text)]
    shown_ids = [identity for identity, _ in rows]
    ids = [str(profile.id) for profile in profiles]
    if shown_ids != ids:
        raise CheckFailed(
            f"{key} shows the users {_shorten(shown_ids)},"
            f" the API's page {page} lists {_shorten(ids)}"
        )
    ends = [start for _, start in rows[1:]] + [len(text)]
    for profile, (_, start), end in zip(profiles, rows, ends, strict=True):
        _compare_row(key, text[start:end], profile)


def _compare_row(key: str, row: str, profile: Profile) -> None:
    """Raise CheckFailed unless the HTML *row* shows *profile*."""
    # A visitor sees the text between two tags.
    texts = html.unescape(_TAG.sub("<>", row))
    type_ = f" · {profile.type}" if profile.type not in ("User", "") else f"<> {profile.type}"
    details = f"<>#{profile.id}{type_ if profile.type else ''}<>"
    for name, value, shown in (
        ("username", profile.username, f"<>{profile.username}<>"),
        ("type", profile.type, details),
    ):
        if shown not in texts:
            raise CheckFailed(f"{key} does not show user {profile.id}'s {name}, {value!r}")
    urls = {html.unescape(match[1]) for match in _LINK.finditer(row)}
    user = user_row(*profile)
    for name, url in (("html_url", user.profile_url), ("avatar_url", user.avatar)):
        if url is not None and url not in urls:
            raise CheckFailed(f"{key} does not link to user {profile.id}'s {name}, {url}")


def _shorten(ids: Sequence[str]) -> str:
    """Return the first three *ids*, and how many they are if there are more."""
    return ", ".join(ids[:3]) + (f" ... ({len(ids)})" if len(ids) > 3 else "") or "none"


class _Links:
    """Checks links from a page to a file of the site. A file is read once."""

    def __init__(self, folder: Path, build: Build, base_path: str) -> None:
        self._folder, self._build, self._base_path = folder, build, base_path
        self._checked: set[str] = set()

    def check(self, key: str, text: str) -> None:
        """Raise CheckFailed unless every link in the page *text* within the site resolves."""
        page_url = self._base_path + key
        for match in _LINK.finditer(text):
            if not _ABSOLUTE_URL.match(match[1]):
                path = urlsplit(urljoin(page_url, html.unescape(match[1]))).path
                if not self._resolves(path):
                    raise CheckFailed(f"{key} links to {match[1]}, which does not exist")

    def _resolves(self, path: str) -> bool:
        if path == API_PATH:
            return True
        if not path.startswith(self._base_path):
            return False
        key = route("/" + unquote(path.removeprefix(self._base_path)), {}, self._build).key
        # `check` reads every page anyway.
        if self._build.has_page(key) or key in self._checked:
            return True
        if not (self._folder / key).is_file():
            return False
        digest = hashlib.sha256((self._folder / key).read_bytes()).hexdigest()
        if key.startswith(ASSETS) and f"-{digest[:12]}." not in key:
            raise CheckFailed(
                f"{self._folder / key} does not match the digest in its name;"
                " `ghdirectory render` writes it again"
            )
        self._checked.add(key)
        return True

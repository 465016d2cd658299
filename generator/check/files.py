"""Checks the files beside the pages: assets, downloads, sitemaps and robots.txt."""

import csv
import hashlib
import html
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import chain, zip_longest
from pathlib import Path

from function.contract import Profile
from function.database import Directory
from generator.check.links import Links
from generator.check.pages import read_text
from generator.errors import CheckFailed, reason
from generator.reading import read_profiles
from generator.site import (
    ASSETS,
    CHANGES_KEY,
    FEED_KEY,
    PAGES_BESIDE,
    ROBOTS_KEY,
    Build,
    keys,
    page_name,
)

_SITEMAP_KEY = "sitemap.xml"
_LOCATION = re.compile("<loc>([^<]*)</loc>")
_ROW_LINK = re.compile('href="([^"]*#u[0-9]+)"')


def check_files(directory: Directory, build: Build, folder: Path, links: Links) -> None:
    """Raise CheckFailed unless the files beside the pages in *folder* are right.

    There must be no pages of another build.
    """
    for key in keys(folder):
        if key.startswith("users/") and not links.page(key):
            raise _not_of_build(folder / key)
        if key.startswith(ASSETS):
            digest = hashlib.sha256((folder / key).read_bytes()).hexdigest()
            if f"-{digest[:12]}." not in key:
                raise CheckFailed(f"{folder / key} does not match the digest in its name")
    _check_downloads(directory, folder / "data")
    _check_sitemaps(build, folder, links)
    _check_feed(folder, links)


def _check_downloads(directory: Directory, data: Path) -> None:
    """Raise CheckFailed unless each download in the folder *data* has the users of *directory*."""
    for path, read in (
        (data / "profiles.csv", _read_csv),
        (data / "profiles.ndjson", _read_ndjson),
        (data / "profiles.db", _read_sqlite),
    ):
        if not path.exists():  # rendered with --no-data
            continue
        try:
            for shown, profile in zip_longest(read(path), read_profiles(directory, "id")):
                if shown != profile:
                    raise CheckFailed(f"{path} has {shown}, the directory {profile}")
        except (OSError, ValueError, TypeError, csv.Error, sqlite3.Error) as exc:
            raise CheckFailed(f"{path} cannot be read: {reason(exc)}") from exc


def _read_csv(path: Path) -> Iterator[Profile]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if (names := next(rows, None)) != [*Profile._fields]:
            raise ValueError(f"its first line is {names}")
        for user_id, *texts in rows:
            yield Profile(int(user_id), *texts)


def _read_ndjson(path: Path) -> Iterator[Profile]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield Profile(**json.loads(line))


def _read_sqlite(path: Path) -> Iterator[Profile]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as sql:
        yield from map(Profile._make, sql.execute("SELECT * FROM profiles ORDER BY id"))


def _check_sitemaps(build: Build, folder: Path, links: Links) -> None:
    """Raise CheckFailed unless the sitemaps list all pages. A site of no known host has none."""
    named = re.findall("^Sitemap: (.*)$", read_text(folder, ROBOTS_KEY), re.MULTILINE)
    expected = [links.url(_SITEMAP_KEY)] if links.origin else []
    if named != expected:
        raise CheckFailed(f"{folder / ROBOTS_KEY} names the sitemaps {named}, not {expected}")
    existing = {path.name for path in folder.glob("sitemap*.xml")}
    if links.origin:
        addresses = iter(_read_sitemap(folder, _SITEMAP_KEY))
        existing.discard(_SITEMAP_KEY)
        if "<sitemapindex" in read_text(folder, _SITEMAP_KEY):
            parts = [address.removeprefix(links.url("")) for address in addresses]
            addresses = chain.from_iterable(_read_sitemap(folder, key) for key in parts)
            existing.difference_update(parts)
        for listed, address in zip_longest(addresses, _page_addresses(build, folder, links)):
            if listed != address:
                raise CheckFailed(f"the sitemaps in {folder} list {listed} instead of {address}")
    for name in sorted(existing):
        raise _not_of_build(folder / name)


def _check_feed(folder: Path, links: Links) -> None:
    """Raise CheckFailed unless the feed links to the users that the page "What changed" links to.

    A site has both or neither; without a known host, it has no feed.
    """
    if not (links.origin and (folder / CHANGES_KEY).exists()):
        if (folder / FEED_KEY).exists():
            raise _not_of_build(folder / FEED_KEY)
        return
    on_page = (links.origin + path for path in _read_users(folder, CHANGES_KEY))
    for shown, expected in zip_longest(_read_users(folder, FEED_KEY), on_page):
        if shown != expected:
            raise CheckFailed(f"{folder / FEED_KEY} links to {shown} instead of {expected}")


def _read_users(folder: Path, key: str) -> list[str]:
    """Return the links to users' rows in *key*."""
    return _ROW_LINK.findall(read_text(folder, key))


def _read_sitemap(folder: Path, key: str) -> list[str]:
    return [html.unescape(url) for url in _LOCATION.findall(read_text(folder, key))]


def _page_addresses(build: Build, folder: Path, links: Links) -> Iterator[str]:
    """Yield the canonical address of each page, in the order of the listings."""
    yield links.url("")
    yield from (links.url(key) for key in PAGES_BESIDE if (folder / key).exists())
    for listing in build.listings():
        prefix = links.url(listing.prefix)
        for page in range(2 if listing.is_default else 1, build.page_count(listing) + 1):
            yield prefix + page_name(page)


def _not_of_build(path: Path) -> CheckFailed:
    return CheckFailed(f"{path} is not a file of this build")

"""Checks the HTML of a page apart from its users: links, headings, and the numbers of pages.

Only tags are read, so templates may change. But a page of a listing must have these:

- In ``<title>`` and the list's ``aria-label``: how many users there are, and the numbers of the
  first and the last. In ``<h1>`` and ``og:title``: how many. In ``<p class="quiet">``: the numbers.
- In descriptions: the numbers of the page, of all pages, of the first and the last user, of all.
- ``rel="prev"`` and ``rel="next"``.
- ``rel="canonical"`` and ``og:url`` if the site's host is known.
- ``aria-current="page"`` at the page's number, if the listing has several pages.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from generator.check.links import Links
from generator.errors import CheckFailed
from generator.site import NOT_FOUND_KEY, Build, Listing
from generator.text import number

# A start tag: its name, its attributes, and the text after it, also if that is in another tag.
_TAG = re.compile(r"<([a-z][a-z0-9]*)\b([^>]*)>(?=([^<]*(?:<(?:bdi|small|span)\b[^>]*>[^<]*)?))")
_ATTRIBUTE = re.compile(r'([a-z:-]+)="([^"]*)"')
_MARKUP = re.compile(r"<[^>]*>")
_NUMBER = re.compile(r"[0-9]+(?:,[0-9]{3})*")
# The attributes that have the address of a file.
_LINKS = ("href", "src", "data-views")


class _Tag(NamedTuple):
    """A start tag: its name, its attributes, and the text after it."""

    name: str
    attributes: Mapping[str, str]
    text: str


class FrameChecker:
    """Checks HTML of the site of *build*; *links* knows where links lead."""

    def __init__(self, links: Links, build: Build) -> None:
        self._links, self._build = links, build

    def check_page(self, key: str, listing: Listing, page: int, text: str) -> None:
        """Raise CheckFailed unless the HTML *text*, of the file *key*, is right for a page.

        Args:
            key: the file.
            listing: the listing of the page.
            page: the number of the page.
            text: the page. Its users may be left out.
        """
        size, users = listing.pagination, self._build.users_of(listing.slug)
        pages = self._build.page_count(listing)
        relations: dict[str, str] = {}
        if self._links.origin:
            is_home = listing.is_default and page == 1
            url = self._links.url("" if is_home else listing.key(page))
            relations |= {"canonical": url, "og:url": url}
        if page > 1:
            relations["prev"] = self._links.path(listing.key(page - 1))
        if page < pages:
            relations["next"] = self._links.path(listing.key(page + 1))
        if pages > 1:
            relations["current"] = number(page)
        first, last = (page - 1) * size + 1, min(page * size, users)
        description = [page, pages, first, last, users]
        self._check(
            key,
            text,
            relations,
            {
                "title": [users, first, last],
                "aria-label": [users, first, last],
                "h1": [users],
                "og:title": [users],
                "quiet": [first, last],
                "description": description,
                "og:description": description,
            },
        )

    def check_other(self, key: str, text: str) -> None:
        """Raise CheckFailed unless the HTML *text*, of a file *key* without users, is right."""
        url = self._links.url(key)
        has_address = self._links.origin and key != NOT_FOUND_KEY
        self._check(key, text, {"canonical": url, "og:url": url} if has_address else {})

    def _check(
        self,
        key: str,
        text: str,
        relations: Mapping[str, str],
        numbers: Mapping[str, Sequence[int]] = {},
    ) -> None:
        """Raise CheckFailed unless the HTML *text* is right.

        Args:
            key: the file.
            text: its content.
            relations: the page's "canonical" address and "og:url", its "prev" and "next" page, and
                its "current" number.
            numbers: the numbers of each heading, see `_headings`, in this order. A page without
                users has none.
        """
        if not text.rstrip().endswith("</html>"):
            raise CheckFailed(f"{key} is cut off")
        missing = dict(relations)
        for tag in _read_tags(text):
            self._check_links(key, tag)
            if numbers:
                self._check_date(key, tag)
            for heading, shown in _headings(tag):
                if not _has_numbers(shown, numbers.get(heading, ())):
                    raise CheckFailed(
                        f"{key} has {shown.strip()!r}, without the numbers"
                        f" {' '.join(map(number, numbers[heading]))}"
                    )
            for relation, value in _relations(tag):
                if value != relations.get(relation):
                    raise CheckFailed(
                        f"{key} has the {relation} page {value}, not {relations.get(relation)}"
                    )
                missing.pop(relation, None)
        for relation, value in missing.items():
            raise CheckFailed(f"{key} lacks the {relation} page, {value}")

    def _check_links(self, key: str, tag: _Tag) -> None:
        """Raise CheckFailed if a link of *tag* leads nowhere, or not to the number that it shows.

        A number is that of the page, of the users on a page, or of all users of its listing.
        """
        for name, link in tag.attributes.items():
            is_address = self._links.origin and link.startswith(f"{self._links.origin}/")
            if name not in _LINKS and not is_address:  # og:image has the address as its content
                continue
            target = self._links.page(self._links.follow(key, link))
            shown = tag.text.split()[-1:]
            if target and shown and _NUMBER.fullmatch(shown[0]):
                users = self._build.users_of(target.listing.slug)
                if shown[0] not in map(number, (target.number, target.listing.pagination, users)):
                    raise CheckFailed(f"{key} links to {link} as {shown[0]}")

    def _check_date(self, key: str, tag: _Tag) -> None:
        date = tag.attributes.get("datetime", "")
        if not self._build.seeded_at.startswith(date):
            raise CheckFailed(f"{key} is of {date}, the directory of {self._build.seeded_at}")


def _read_tags(text: str) -> Iterator[_Tag]:
    for name, attributes, shown in _TAG.findall(text):
        values = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}
        yield _Tag(name, values, html.unescape(_MARKUP.sub(" ", shown)))


def _headings(tag: _Tag) -> Iterator[tuple[str, str]]:
    """Yield the texts of *tag* that name users by their numbers, after a name of each."""
    attributes = tag.attributes
    if tag.name in ("title", "h1"):
        yield tag.name, tag.text
    if tag.name == "meta":
        name = attributes.get("name") or attributes.get("property", "")
        yield name, attributes.get("content", "")
    if tag.name == "ul":
        yield "aria-label", attributes.get("aria-label", "")
    if attributes.get("class") == "quiet" and "role" not in attributes:
        yield "quiet", tag.text


def _has_numbers(text: str, numbers: Sequence[int]) -> bool:
    """Return whether *text* has these *numbers*, in this order, and perhaps others between."""
    shown = iter(_NUMBER.findall(text))
    return all(number(value) in shown for value in numbers)


def _relations(tag: _Tag) -> Iterator[tuple[str, str]]:
    """Yield what *tag* says of its page, see `FrameChecker._check`."""
    attributes = tag.attributes
    if attributes.get("rel") in ("canonical", "prev", "next"):
        yield attributes["rel"], attributes.get("href", "")
    if attributes.get("property") == "og:url":
        yield "og:url", attributes.get("content", "")
    if attributes.get("aria-current") == "page":
        yield "current", tag.text.strip()


def find_origin(text: str, base_path: str) -> str:
    """Return scheme and host of the site whose home page has the HTML *text*; "" if not known.

    Raises:
        CheckFailed: the home page is not at *base_path*.
    """
    relations = dict(relation for tag in _read_tags(text) for relation in _relations(tag))
    url = relations.get("canonical", base_path)
    if not url.endswith(base_path):
        raise CheckFailed(
            f"the canonical address of the site, {url}, does not end with {base_path}"
        )
    return url.removesuffix(base_path)

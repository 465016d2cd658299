"""Checks the pages of listings: each shows what the API answers to its query."""

import os
import re
from pathlib import Path

from function.contract import Page
from function.database import Directory
from generator.check.frame import FrameChecker
from generator.check.pattern import Pattern
from generator.check.rows import Rows
from generator.errors import CheckFailed, reason
from generator.site import Build, Listing, Slice, page_name

_LIST_START = re.compile(r'<ul class="users"[^>]*>\s*')


class PageChecker:
    """Checks the pages of *build* in *folder*.

    Most pages are as predicted from others, and need not be read.
    """

    def __init__(self, folder: Path, build: Build, frames: FrameChecker) -> None:
        self._folder, self._build, self._frames = folder, build, frames
        self._rows = Rows()
        self._patterns = {listing: self._make_pattern(listing) for listing in build.listings()}

    def check(self, directory: Directory, users: Slice) -> int:
        """Check the pages that begin among *users*; return how many they are.

        Raises:
            CheckFailed: a page differs from the API's answer to its query.
        """
        smallest = self._build.page_sizes[0]
        self._rows.begin((users.pages(smallest).start - 1) * smallest)
        checked, total = 0, self._build.users_of(users.slug)
        for size in self._build.page_sizes:
            listing = Listing(users.order_by, size, users.slug)
            prefix, pattern = listing.prefix, self._patterns[listing]
            pages = users.pages(size)
            for page in pages:
                answer = directory.find(self._build.query(listing, page))
                text = read_text(self._folder, prefix + page_name(page))
                rows = self._rows.predict((page - 1) * size, answer.profiles)
                if answer.total != total or rows is None or text != pattern.predict(page, rows):
                    self._read(listing, answer, text, rows)
            checked += len(pages)
        return checked

    def _read(self, listing: Listing, answer: Page, text: str, rows: str | None) -> None:
        """Raise CheckFailed unless *text* shows the API's *answer*, a page of *listing*.

        Args:
            listing: a listing.
            answer: the API's answer to the query of one of its pages.
            text: the HTML of this page.
            rows: the rows of its users, if they can be predicted.
        """
        key, total = listing.key(answer.page), self._build.users_of(listing.slug)
        if answer.total != total:
            query = self._build.query(listing, answer.page).encode()
            raise CheckFailed(
                f"{key} is of {total} users, the API's answer to {query} of {answer.total}"
            )
        head, shown, foot = _split(key, text)
        if shown != rows:
            self._rows.read(key, shown, (answer.page - 1) * listing.pagination, answer.profiles)
        if head + foot != self._patterns[listing].predict(answer.page, ""):
            self._frames.check_page(key, listing, answer.page, head + foot)

    def _make_pattern(self, listing: Listing) -> Pattern:
        # Far from either end, few numbers of a page are the same by chance.
        page = self._build.page_count(listing) * 2 // 3 + 1
        key = listing.key(page)
        head, _, foot = _split(key, read_text(self._folder, key))
        return Pattern(self._build, listing, page, head, foot, self._frames)


def read_text(folder: Path, key: str) -> str:
    """Return the text of the file *key* in *folder*.

    Raises:
        CheckFailed: it cannot be read.
    """
    try:
        # `Path.read_bytes` takes twice as long, and is a tenth of checking a page.
        file = os.open(f"{folder}/{key}", os.O_RDONLY)
        try:
            return os.read(file, os.fstat(file).st_size).decode()
        finally:
            os.close(file)
    except (OSError, UnicodeDecodeError) as exc:
        raise CheckFailed(f"{folder / key} cannot be read: {reason(exc)}") from exc


def _split(key: str, text: str) -> tuple[str, str, str]:
    """Return the HTML *text* of *key* before, within and after the rows of users."""
    start = _LIST_START.search(text)
    if not start or (end := text.find("</ul>", start.end())) < 0:
        raise CheckFailed(f"{key} has no list of users")
    rows = text[start.end() : end].rstrip()
    return text[: start.end()], rows, text[start.end() + len(rows) :]

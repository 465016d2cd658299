"""Predicts the HTML of a page from that of another, so that few pages have to be read.

The pages of a listing differ in their users and in numbers alone, except for some at either end,
which offer fewer page numbers. So a pattern is made of one page, with a slot for each number that
may differ. It is used if what it predicts for the first page and for the last is right. The numbers
grow evenly from page to page, so what it predicts for the pages between is right as well.
"""

import re

from generator.check.frame import FrameChecker
from generator.check.slotted import Slotted
from generator.errors import CheckFailed
from generator.site import Build, Listing, corresponding_page

# The number of a page in an address, or any number in a text.
_NUMBER = re.compile(r"(/[0-9]+(?=\.html)|(?<![\w/,])[0-9]+(?:,[0-9]{3})*(?!\w))")
# How many page numbers before and after its own a page may have.
_AROUND = 2


class Pattern:
    """The pattern of the pages of *listing*.

    Args:
        build: the build of the site.
        listing: a listing of it.
        page: a page of the listing.
        head: the HTML of this page before its users.
        foot: the HTML after its users.
        frames: finds out whether what is predicted is right. If not, nothing is predicted.
    """

    def __init__(
        self,
        build: Build,
        listing: Listing,
        page: int,
        head: str,
        foot: str,
        frames: FrameChecker,
    ) -> None:
        self._build, self._listing = build, listing
        self._inner = range(1 + _AROUND, build.page_count(listing) - _AROUND + 1)
        pieces = (*_NUMBER.split(head), "\0", *_NUMBER.split(foot))
        self._text = Slotted(pieces, self._values(page, "\0"))
        try:
            for end in {*self._inner[:1], *self._inner[-1:]}:
                frames.check_page(listing.key(end), listing, end, self.predict(end, ""))
        except CheckFailed:
            self._inner = range(0)

    def predict(self, page: int, rows: str) -> str:
        """Return the HTML of *page* with the *rows* of its users; "" if it cannot be predicted."""
        if page not in self._inner:
            return ""
        return self._text.fill(self._values(page, rows))

    def _values(self, page: int, rows: str) -> list[str]:
        """Return the values that may differ between pages: *rows*, and numbers in two forms."""
        size = self._listing.pagination
        same_user = [corresponding_page(page, size, other) for other in self._build.page_sizes]
        near = range(page - _AROUND, page + _AROUND + 1)
        first, last = (page - 1) * size + 1, page * size
        addresses = [f"/{number}" for number in (*same_user, *near)]
        return [rows, *addresses, *[f"{number:,}" for number in (first, last, *near)]]

"""What the template `users.html` is given for a page: texts, addresses, choices. Does no I/O.

Most of it is the same on all pages of a listing. What differs are `PageContext.numbers`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from generator.site import Build, Listing, applies_to_one_type, corresponding_page, window
from generator.text import count, number

# How many page numbers are shown before and after a page's own.
AROUND = 2
_WINDOW = 2 * AROUND + 1
# The names of the orders on pages.
ORDER_NAMES = {"id": "Oldest", "-id": "Newest", "type": "Type", "-type": "Type, reversed"}
ORDER_TEXTS = {
    "id": "by id",
    "-id": "by id, reversed",
    "type": "by type",
    "-type": "by type, reversed",
}
# GitHub gives ids in the order in which users sign up. Those in a file can be any.
GITHUB_ORDER_TEXTS = ORDER_TEXTS | {"id": "in the order they signed up", "-id": "newest first"}
# From so many pages on, a page number can be typed.
MANY_PAGES = 50
# The beginnings of titles that go with a number: "150 sample users".
_COUNTABLE = ("Sample users", "Members of ", "Contributors to ", "Stargazers of ", "Followers of ")
# A number of many pages, each in ASCII.
Column = list[bytes]
# Wraps a text that has a page's numbers in it: as a slot, or not at all.
Wrap = Callable[[str], Any]


class PageLink(NamedTuple):
    """A page number to offer.

    Attributes:
        text: the number; None for a gap.
        url: where it leads; None for the page that is shown.
        is_near: whether to show it where there is little room.
    """

    text: Any = None
    url: Any = None
    is_near: bool = True


class Choice(NamedTuple):
    """A size, order or type to choose; *users* is the number of its users, or empty."""

    text: str
    url: Any
    is_chosen: bool
    users: str = ""


class PageContext:
    """What all pages of *build* are given: its *title*, and where the site is."""

    def __init__(self, build: Build, title: str, origin: str) -> None:
        self._build, self._title = build, title
        self._base_path, self._origin = build.base_path, origin
        is_of_files = all(source.startswith("file:") for source in build.source.split(", "))
        self._order_texts = ORDER_TEXTS if is_of_files else GITHUB_ORDER_TEXTS

    def url(self, key: str) -> str:
        """Return the address of *key*, with the host if that is known."""
        return f"{self._origin}{self._base_path}{key}"

    def type_urls(self) -> Mapping[str, str]:
        """Return the address of the first page of each type that has listings."""
        order_by = next(filter(applies_to_one_type, self._build.orders), "")
        size = self._build.page_sizes[0]
        if Listing().pagination in self._build.page_sizes:
            size = Listing().pagination
        listings = {each.name: Listing(order_by, size, each.slug) for each in self._build.types}
        return {
            name: self._base_path + listing.key(1)
            for name, listing in listings.items()
            if self._build.has(listing)
        }

    def numbers(self, listing: Listing, pages: range) -> tuple[list[Column], list[Column]]:
        """Return all numbers that differ between pages, as in addresses and as people read them.

        Each is a list with one value for each of the *pages* of *listing*. In addresses, these are
        the page numbers from `AROUND` before a page to `AROUND` after it. The page that shows the
        same first user follows, for each page size. For people, these are the same page
        numbers, then the first and the last user shown.
        """
        size, users = listing.pagination, self._build.users_of(listing.slug)
        near = range(pages.start - AROUND, pages.stop + AROUND)
        same_user = (
            [corresponding_page(page, size, other) for page in pages]
            for other in self._build.page_sizes
        )
        first = [(page - 1) * size + 1 for page in pages]
        last = [min(page * size, users) for page in pages]
        return (
            [*_windows(_digits(near), len(pages)), *map(_digits, same_user)],
            [*_windows(_texts(near), len(pages)), _texts(first), _texts(last)],
        )

    def values(
        self,
        listing: Listing,
        page: int,
        digits: Sequence[str],
        texts: Sequence[str],
        wrap: Wrap,
    ) -> Mapping[str, object]:
        """Return what `users.html` is given for *page* of *listing*.

        Args:
            listing: what the page is of.
            page: its number.
            digits: its `numbers` in addresses, or placeholders for them.
            texts: its `numbers` for people, or placeholders for them.
            wrap: is called with each text that has some of these in it.
        """
        build = self._build
        pages = build.page_count(listing)
        of_type = next((type_.name for type_ in build.types if type_.slug == listing.slug), None)
        near, same_user = digits[:_WINDOW], digits[_WINDOW:]
        *near_texts, first, last = map(wrap, texts)
        urls = [wrap(self._address(listing, each)) for each in near]
        is_home = listing.is_default and page == 1
        own_url = wrap(self._origin + self._address(listing, near[AROUND]))
        return {
            "listing": listing,
            "of_type": of_type,
            "heading": self._heading(of_type, build.users_of(listing.slug)),
            "order": ORDER_NAMES[listing.order_by],
            "order_text": self._order_texts[listing.order_by],
            "prefix": self._base_path + listing.prefix,
            "many_pages": pages >= MANY_PAGES,
            "last_page": pages,
            "page": near_texts[AROUND],
            "pages": number(pages),
            "first": first,
            "last": last,
            "total": number(build.users_of(listing.slug)),
            "url": self.url("") if is_home else own_url,
            "prev": urls[AROUND - 1] if page > 1 else None,
            "next": urls[AROUND + 1] if page < pages else None,
            "window": self._window(listing, page, urls, near_texts),
            "sizes": self._sizes(listing, same_user, wrap),
            "orders": self._orders(listing, near[AROUND], wrap),
            "types": self._types(listing),
        }

    def _heading(self, type_: str | None, users: int) -> str:
        """Return what a listing of *users* is, as in "1,000 GitHub users"."""
        if type_ is not None:
            return f"{count(users, 'account')} of type {type_ or 'none'}"
        title = self._title
        if title.startswith("GitHub users"):
            return f"{number(users)} {title}"
        if title.startswith(_COUNTABLE):
            return f"{number(users)} {title[0].lower()}{title[1:]}"
        return f"{title}: {number(users)}"

    def _address(self, listing: Listing, digits: str) -> str:
        """Return the address of the page of *listing* whose number has these *digits*."""
        return f"{self._base_path}{listing.prefix}{digits}.html"

    def _window(
        self, listing: Listing, page: int, urls: Sequence[Any], texts: Sequence[Any]
    ) -> list[PageLink]:
        """Return the page numbers to offer on *page*; those around it have these URLs and texts."""
        pages = self._build.page_count(listing)
        links = []
        for target in window(page, pages, AROUND):
            if target is None:
                links.append(PageLink())
                continue
            index = target - page + AROUND
            is_near = target in (1, page, pages)
            if not 0 <= index < _WINDOW:  # at either end of the list, the same for all pages
                address = self._base_path + listing.key(target)
                links.append(PageLink(number(target), address, is_near))
                continue
            url = None if target == page else urls[index]
            links.append(PageLink(texts[index], url, is_near))
        return links

    def _sizes(self, listing: Listing, digits: Sequence[str], wrap: Wrap) -> list[Choice]:
        """Return the page sizes to choose, each at the page that shows the same first user."""
        choices = []
        for size, page in zip(self._build.page_sizes, digits, strict=True):
            target = Listing(listing.order_by, size, listing.slug)
            url = wrap(self._address(target, page))
            choices.append(Choice(str(size), url, size == listing.pagination))
        return choices

    def _orders(self, listing: Listing, digits: str, wrap: Wrap) -> list[Choice]:
        """Return the orders to choose, each at the page of the same number."""
        choices = []
        for order_by in self._build.orders:
            if listing.slug is None or applies_to_one_type(order_by):
                target = Listing(order_by, listing.pagination, listing.slug)
                url = wrap(self._address(target, digits))
                choices.append(Choice(ORDER_NAMES[order_by], url, order_by == listing.order_by))
        return choices

    def _types(self, listing: Listing) -> list[Choice]:
        """Return the types to choose, each at its first page, in the same order if it has that."""
        slugs = [("All", None), *((type_.name, type_.slug) for type_ in self._build.types)]
        choices = []
        for name, slug in slugs:
            target = Listing(listing.order_by, listing.pagination, slug)
            if not self._build.has(target):
                target = Listing("id", listing.pagination, slug)
            url = self._base_path + target.key(1)
            users = number(self._build.users_of(slug))
            choices.append(Choice(name, url, slug == listing.slug, users))
        return choices


def _windows(values: Column, count: int) -> list[Column]:
    """Return the `_WINDOW` lists of *count* adjacent *values*."""
    return [values[start : start + count] for start in range(_WINDOW)]


def _digits(values: Iterable[int]) -> Column:
    return [b"%d" % value for value in values]


def _texts(values: Iterable[int]) -> Column:
    return [f"{value:,}".encode() for value in values]

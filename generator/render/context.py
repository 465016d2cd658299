"""What the template `users.html` is given for a page: texts, addresses, choices.

Most of it is the same on all pages of a listing. What differs are `PageContext.numbers`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from generator.site import Build, Listing, orders_a_type, same_place, window
from generator.text import number, numbers

# So many page numbers are shown before and after a page's own.
AROUND = 2
# What the orders are called on pages.
ORDER_NAMES = {"id": "Oldest", "-id": "Newest", "type": "Type", "-type": "Type, reversed"}
# Makes what a template is given of a text that has a page's numbers in it.
MakeSlot = Callable[[str], Any]


class PageLink(NamedTuple):
    """A page number to offer: *text* None is a gap, *url* None the page that is shown.

    *is_near*: to be shown where there is little room.
    """

    text: Any = None
    url: Any = None
    is_near: bool = True


class Choice(NamedTuple):
    """Another size, order or type to choose; *users* says of how many."""

    text: str
    url: Any
    is_chosen: bool
    users: str = ""


class PageContext:
    """What all pages of *build* are given, on a site at *base_path* of the host *origin*."""

    def __init__(self, build: Build, base_path: str, origin: str) -> None:
        self._build, self._base_path, self._origin = build, base_path, origin

    def url(self, key: str) -> str:
        """Return the address of *key*, with the host if that is known."""
        return f"{self._origin}{self._base_path}{key}"

    def numbers(self, listing: Listing, page: int) -> list[int]:
        """Return all that differs between the pages of *listing*, for *page*.

        The page numbers from `AROUND` before it to so many after it, the first and the last user
        shown, and the page of every size that shows the first.
        """
        size = listing.pagination
        first = (page - 1) * size + 1
        last = min(page * size, self._build.users_of(listing.slug))
        same = [same_place(page, size, other) for other in self._build.page_sizes]
        return [*range(page - AROUND, page + AROUND + 1), first, last, *same]

    def columns(self, listing: Listing, pages: range) -> Sequence[Sequence[bytes]]:
        """Return the `numbers` of *pages* as in addresses, then as for people, each for all pages.

        But only those that are used: the users shown are in no address, and a page of another size
        is in no text. All at once, as for each by itself it would take as long as the rest.
        """
        count, size = len(pages), listing.pagination
        around = range(pages.start - AROUND, pages.stop + AROUND)
        digits, texts = _digits(around), _texts(around)
        before = range((pages.start - 1) * size, (pages.stop - 1) * size, size)
        return [
            *(digits[place : place + count] for place in range(2 * AROUND + 1)),
            *((), ()),
            *(_digits([n // other + 1 for n in before]) for other in self._build.page_sizes),
            *(texts[place : place + count] for place in range(2 * AROUND + 1)),
            *(_texts([n + 1 for n in before]), _texts([n + size for n in before])),
            *((),) * len(self._build.page_sizes),
        ]

    def values(
        self,
        listing: Listing,
        page: int,
        digits: Sequence[str],
        texts: Sequence[str],
        slot: MakeSlot,
    ) -> Mapping[str, object]:
        """Return what `users.html` is given for *page* of *listing*.

        *digits* and *texts* are its `numbers`, as in addresses and for people; *slot* makes of a
        text with some of these in it what a template is given.
        """
        build, this = self._build, AROUND
        pages = build.pages(listing)
        first, last = 2 * AROUND + 1, 2 * AROUND + 2
        around = [slot(self._address(listing, digit)) for digit in digits[: 2 * AROUND + 1]]
        is_home = listing.is_default and page == 1
        return {
            "listing": listing,
            "of_type": next((one.name for one in build.types if one.slug == listing.slug), None),
            "order": ORDER_NAMES[listing.order_by],
            "page": slot(texts[this]),
            "pages": number(pages),
            "first": slot(texts[first]),
            "last": slot(texts[last]),
            "total": number(build.users_of(listing.slug)),
            "url": self.url("")
            if is_home
            else slot(self._origin + self._address(listing, digits[this])),
            "prev": around[this - 1] if page > 1 else None,
            "next": around[this + 1] if page < pages else None,
            "window": self._window(listing, page, around, [slot(text) for text in texts[:first]]),
            "sizes": self._sizes(listing, digits[last + 1 :], slot),
            "orders": self._orders(listing, digits[this], slot),
            "types": self._types(listing),
        }

    def _address(self, listing: Listing, digits: str) -> str:
        """Return the address of the page of *listing* whose number has these *digits*."""
        return f"{self._base_path}{listing.prefix}{digits}.html"

    def _window(
        self, listing: Listing, page: int, addresses: Sequence[Any], texts: Sequence[Any]
    ) -> list[PageLink]:
        """Return the page numbers to offer on *page*; those around it have these texts."""
        pages = self._build.pages(listing)
        links = []
        for wanted in window(page, pages, AROUND):
            if wanted is None:
                links.append(PageLink())
                continue
            place = wanted - page + AROUND
            if not 0 <= place <= 2 * AROUND:
                links.append(PageLink(number(wanted), self._base_path + listing.key(wanted)))
                continue
            is_near = abs(wanted - page) <= 1 or wanted in (1, pages)
            link = None if wanted == page else addresses[place]
            links.append(PageLink(texts[place], link, is_near))
        return links

    def _sizes(self, listing: Listing, digits: Sequence[str], slot: MakeSlot) -> list[Choice]:
        """Return the page sizes to choose; *digits* has the page of each that begins here."""
        found = []
        for size, same in zip(self._build.page_sizes, digits, strict=True):
            other = Listing(listing.order_by, size, listing.slug)
            address = slot(self._address(other, same))
            found.append(Choice(str(size), address, size == listing.pagination))
        return found

    def _orders(self, listing: Listing, digits: str, slot: MakeSlot) -> list[Choice]:
        """Return the orders to choose: the page of the same number in each."""
        found = []
        for order_by in self._build.orders:
            if listing.slug is None or orders_a_type(order_by):
                other = Listing(order_by, listing.pagination, listing.slug)
                address = slot(self._address(other, digits))
                found.append(Choice(ORDER_NAMES[order_by], address, order_by == listing.order_by))
        return found

    def _types(self, listing: Listing) -> list[Choice]:
        """Return the types to choose: the first page of each."""
        slugs = [("All", None), *((one.name, one.slug) for one in self._build.types)]
        return [
            Choice(
                name,
                self._base_path + self._in_type(listing, slug).key(1),
                slug == listing.slug,
                number(self._build.users_of(slug)),
            )
            for name, slug in slugs
        ]

    def _in_type(self, listing: Listing, slug: str | None) -> Listing:
        """Return the listing like *listing* that has the users of another type."""
        found = Listing(listing.order_by, listing.pagination, slug)
        return found if self._build.has(found) else Listing("id", listing.pagination, slug)


def _digits(values: Iterable[int]) -> list[bytes]:
    """Return each of *values* in digits."""
    return [b"%d" % value for value in values]


def _texts(values: Iterable[int]) -> list[bytes]:
    """Return each of *values* for people."""
    return "\n".join(numbers(values)).encode().split(b"\n")

"""Which pages the site has, what they are called, and how they lie to each other. Does no I/O.

A listing is one ordering at one page size. Its pages are objects with real paths, so that any
static host can serve them; `router` maps the addresses people use onto these keys.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from function.contract import pages
from function.errors import one_of
from function.query import (
    DEFAULT_ORDER,
    DEFAULT_PAGINATION,
    MAX_PAGINATION,
    ProfileQuery,
)

BUILD_KEY = "build.json"
INDEX_KEY = "index.html"
NOT_FOUND_KEY = "404.html"
ROBOTS_KEY = "robots.txt"
DEFAULT_PAGE_SIZES = (10, 25, 50, 100)
# The orders that can be rendered.
ORDERS = ("id", "type")

_KEY = re.compile(r"users/(?:by-([a-z-]+)/([1-9][0-9]{0,2})/)?([1-9][0-9]{0,8})\.html")


@dataclass(frozen=True, slots=True)
class Listing:
    """All users in one ordering, *pagination* to a page."""

    order_by: str = DEFAULT_ORDER
    pagination: int = DEFAULT_PAGINATION

    @property
    def is_default(self) -> bool:
        """Whether this is the listing one meets without asking for another."""
        return self == Listing()

    def key(self, page: int) -> str:
        """Return the key of the listing's page number *page*."""
        if self.is_default:
            return f"users/{page}.html"
        return f"users/by-{self.order_by}/{self.pagination}/{page}.html"

    def query(self, page: int) -> ProfileQuery:
        """Return the API's query for what is on *page*."""
        return ProfileQuery(page=page, pagination=self.pagination, order_by=self.order_by)


@dataclass(frozen=True, slots=True)
class Build:
    """What build.json says: which release the site shows, and which pages there are.

    Attributes:
        release: digest of the directory that the site was made from.
        users: how many there are.
        page_sizes: those rendered, ascending.
        orders: the orderings rendered.
        source: where the users are from.
        seeded_at: when they were gathered, RFC 3339.
    """

    release: str
    users: int
    page_sizes: tuple[int, ...]
    orders: tuple[str, ...]
    source: str
    seeded_at: str

    @classmethod
    def from_json(cls, text: bytes) -> "Build":
        """Read build.json; ValueError if it is not one."""
        try:
            found: dict[str, Any] = json.loads(text)
            return cls(
                release=str(found["release"]),
                users=int(found["users"]),
                page_sizes=parse_page_sizes(",".join(map(str, found["page_sizes"]))),
                orders=parse_orders(",".join(found["orders"])),
                source=str(found["source"]),
                seeded_at=str(found["seeded_at"]),
            )
        except (KeyError, TypeError, OverflowError, RecursionError) as exc:
            raise ValueError(f"not a build.json: {exc!r}") from exc

    def to_json(self) -> bytes:
        """Return build.json."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    def listings(self) -> Iterator[Listing]:
        """Yield every listing that is rendered."""
        for order_by in self.orders:
            for pagination in self.page_sizes:
                yield Listing(order_by, pagination)

    def pages(self, listing: Listing) -> int:
        """Return how many pages *listing* has."""
        return pages(self.users, listing.pagination)

    def page_count(self) -> int:
        """Return how many pages all listings have together."""
        return sum(self.pages(listing) for listing in self.listings())

    def has_page(self, key: str) -> bool:
        """Return whether *key* is a page of one of the listings."""
        found = _KEY.fullmatch(key)
        if not found:
            return False
        listing = Listing(found[1], int(found[2])) if found[1] else Listing()
        return (
            listing.key(int(found[3])) == key
            and listing.order_by in self.orders
            and listing.pagination in self.page_sizes
            and int(found[3]) <= self.pages(listing)
        )


def parse_page_sizes(text: str) -> tuple[int, ...]:
    """Return the page sizes *text* names: "10,25,50" or "1-100", ascending.

    25 is always among them, because /users/2 shows it. ValueError says what is wrong.
    """
    sizes = {DEFAULT_PAGINATION}
    for part in text.split(","):
        found = re.fullmatch(r"\s*([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?\s*", part)
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= low <= high <= MAX_PAGINATION:
            raise ValueError(
                f"page sizes are numbers from 1 to {MAX_PAGINATION}, as in 10,25,50 or 1-100;"
                f" {part!r} is not one"
            )
        sizes.update(range(low, high + 1))
    return tuple(sorted(sizes))


def parse_orders(text: str) -> tuple[str, ...]:
    """Return the orderings *text* names, as in "id,type", the default one first.

    The default is always among them, because / shows it. ValueError says what is wrong.
    """
    names = {DEFAULT_ORDER, *(part.strip() for part in text.split(","))}
    if unknown := names - set(ORDERS):
        raise ValueError(f"an order is {one_of(ORDERS)}; {min(unknown)!r} is not one")
    return tuple(name for name in ORDERS if name in names)


def same_place(page: int, pagination: int, other: int) -> int:
    """Return the page of size *other* that shows the first user of *page* of size *pagination*."""
    return (page - 1) * pagination // other + 1


def window(page: int, last: int, around: int = 2) -> list[int | None]:
    """Return the page numbers to offer beside *page*: the ends, and *around* on either side.

    None stands for a gap; a gap of one page is that page instead.
    """
    near = range(max(1, page - around), min(last, page + around) + 1)
    numbers = sorted({1, last, *near})
    return list(_with_gaps(numbers))


def _with_gaps(numbers: Iterable[int]) -> Iterator[int | None]:
    before = 0
    for number in numbers:
        if number - before == 2:
            yield before + 1
        elif number - before > 2:
            yield None
        yield number
        before = number

"""Which pages the site has, what they are called, and how they lie to each other. Does no I/O.

A listing is all users, or those of one type, in one order at one page size. Its pages are objects
with real paths, so that any static host can serve them; `router` maps the addresses people use
onto these keys.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from function.contract import count_pages, fold
from function.errors import one_of
from function.query import (
    DEFAULT_ORDER,
    DEFAULT_PAGINATION,
    MAX_PAGINATION,
    ORDERS,
    ProfileQuery,
)

TEMPLATES = Path(__file__).parents[2] / "site_templates"
STATIC = TEMPLATES / "static"

ABOUT_KEY = "about.html"
BUILD_KEY = "build.json"
INDEX_KEY = "index.html"
NOT_FOUND_KEY = "404.html"
ROBOTS_KEY = "robots.txt"
DEFAULT_PAGE_SIZES = (10, 25, 50, 100)
DEFAULT_ORDERS = ("id", "-id", "type")
# More types than this are not offered to choose from, but the commonest of them.
MAX_TYPES = 8

_KEY = re.compile(
    r"users/(?:(?:type-([a-z0-9-]+)/)?by-([a-z-]+)/([1-9][0-9]{0,2})/)?([1-9][0-9]{0,8})\.html"
)


class TypePages(NamedTuple):
    """A type that has listings of its own.

    Attributes:
        name: as the API is asked for it; types that differ in case alone are one.
        slug: what stands for it in keys.
        users: how many are of it.
    """

    name: str
    slug: str
    users: int


class Listing(NamedTuple):
    """All users, or those of the type with that *slug*, in one order, *pagination* to a page."""

    order_by: str = DEFAULT_ORDER
    pagination: int = DEFAULT_PAGINATION
    slug: str | None = None

    @property
    def is_default(self) -> bool:
        """Whether this is the listing one meets without asking for another."""
        return self == Listing()

    @property
    def prefix(self) -> str:
        """What the keys of the listing's pages begin with."""
        if self.is_default:
            return "users/"
        of_type = f"type-{self.slug}/" if self.slug else ""
        return f"users/{of_type}by-{order_slug(self.order_by)}/{self.pagination}/"

    def key(self, page: int) -> str:
        """Return the key of the listing's page number *page*."""
        return self.prefix + page_name(page)


class Build(NamedTuple):
    """What build.json says: which release the site shows, and which pages there are.

    Attributes:
        release: digest of the directory that the site was made from.
        users: how many there are.
        page_sizes: those rendered, ascending.
        orders: the orders rendered.
        types: those that have listings of their own, the commonest first.
        source: where the users are from.
        seeded_at: when they were gathered, RFC 3339.
    """

    release: str
    users: int
    page_sizes: tuple[int, ...]
    orders: tuple[str, ...]
    types: tuple[TypePages, ...]
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
                types=tuple(
                    TypePages(str(one["name"]), str(one["slug"]), int(one["users"]))
                    for one in found["types"]
                ),
                source=str(found["source"]),
                seeded_at=str(found["seeded_at"]),
            )
        except KeyError as exc:
            raise ValueError(f"not a build.json of this version: it lacks {exc}") from exc
        except (TypeError, OverflowError, RecursionError) as exc:
            raise ValueError(f"not a build.json: {exc!r}") from exc

    def to_json(self) -> bytes:
        """Return build.json."""
        found = self._asdict() | {"types": [one._asdict() for one in self.types]}
        return (json.dumps(found, indent=2) + "\n").encode()

    def listings(self) -> Iterator[Listing]:
        """Yield every listing that is rendered."""
        for order_by, slug in self.orderings():
            for pagination in self.page_sizes:
                yield Listing(order_by, pagination, slug)

    def orderings(self) -> Iterator[tuple[str, str | None]]:
        """Yield the orders of all users, and those of each type, by its slug."""
        for order_by in self.orders:
            yield order_by, None
        for one in self.types:
            for order_by in self.orders:
                if orders_a_type(order_by):
                    yield order_by, one.slug

    def users_of(self, slug: str | None) -> int:
        """Return how many users the listings of the type with that *slug* have; None: of all."""
        return self.users if slug is None else _by_slug(self.types)[slug].users

    def query(self, listing: Listing, page: int) -> ProfileQuery:
        """Return the API's query for what is on *page* of *listing*."""
        name = None if listing.slug is None else _by_slug(self.types)[listing.slug].name
        return ProfileQuery(page, listing.pagination, listing.order_by, type=name)

    def type_named(self, name: str) -> TypePages | None:
        """Return the type that the API takes *name* for, if it has listings."""
        return _by_name(self.types).get(fold(name))

    def pages(self, listing: Listing) -> int:
        """Return how many pages *listing* has."""
        return count_pages(self.users_of(listing.slug), listing.pagination)

    def page_count(self) -> int:
        """Return how many pages all listings have together."""
        return sum(self.pages(listing) for listing in self.listings())

    def has(self, listing: Listing) -> bool:
        """Return whether *listing* is rendered."""
        return (
            listing.order_by in self.orders
            and listing.pagination in self.page_sizes
            and (
                listing.slug is None
                or (listing.slug in _by_slug(self.types) and orders_a_type(listing.order_by))
            )
        )

    def has_page(self, key: str) -> bool:
        """Return whether *key* is a page of one of the listings."""
        found = _KEY.fullmatch(key)
        if not found:
            return False
        slug, order, size, page = found.groups()
        order_by = _by_order_slug(self.orders).get(order or order_slug(DEFAULT_ORDER), "")
        listing = Listing(order_by, int(size or DEFAULT_PAGINATION), slug)
        return (
            self.has(listing) and listing.key(int(page)) == key and int(page) <= self.pages(listing)
        )


# A named tuple keeps nothing by itself; there is one build, or one more to compare it with.
@lru_cache(maxsize=8)
def _by_slug(types: tuple[TypePages, ...]) -> Mapping[str, TypePages]:
    return {one.slug: one for one in types}


@lru_cache(maxsize=8)
def _by_name(types: tuple[TypePages, ...]) -> Mapping[str, TypePages]:
    return {fold(one.name): one for one in types}


@lru_cache(maxsize=8)
def _by_order_slug(orders: tuple[str, ...]) -> Mapping[str, str]:
    return {order_slug(order_by): order_by for order_by in orders}


def page_name(page: int) -> str:
    """Return what a listing's prefix is followed by in the key of its page number *page*."""
    return f"{page}.html"


def order_slug(order_by: str) -> str:
    """Return what stands for *order_by* in keys."""
    return f"{order_by[1:]}-desc" if order_by.startswith("-") else order_by


def orders_a_type(order_by: str) -> bool:
    """Return whether users of one type are worth listing in that order: others repeat these."""
    return not order_by.endswith("type")


def type_pages(types: Mapping[str, int]) -> tuple[TypePages, ...]:
    """Return the types to list by themselves, given how many users are of each.

    Types that differ in case alone are one, as the API has it, under the commonest spelling. One
    that has no name is left out: an address could not ask for it.
    """
    spellings: dict[str, list[str]] = {}
    for name in types:
        if name:
            spellings.setdefault(fold(name), []).append(name)
    found = [
        TypePages(
            max(names, key=lambda name: (types[name], name)),
            _slug(folded),
            sum(types[name] for name in names),
        )
        for folded, names in spellings.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.users, one.name)))


def _slug(folded: str) -> str:
    """Return *folded* as part of a key: as it is, or if that cannot be, with a digest of it."""
    plain = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", folded) and len(folded) <= 40
    if plain and not re.search(r"(^|-)[0-9a-f]{8}$", folded):  # which might be another's digest
        return folded
    kept = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:30].strip("-")
    digest = hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept}-{digest}" if kept else digest


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
    """Return the orders *text* names, as in "id,-id,type", the default one first.

    The default is always among them, because / shows it. ValueError says what is wrong.
    """
    names = [DEFAULT_ORDER, *(part.strip() for part in text.split(","))]
    if unknown := set(names) - set(ORDERS):
        raise ValueError(f"an order is {one_of(ORDERS)}; {min(unknown)!r} is not one")
    return tuple(dict.fromkeys(names))


def choose_types(text: str, types: tuple[TypePages, ...]) -> tuple[TypePages, ...]:
    """Return those of *types* that *text* names: "User,Bot", "none", or "all" for the commonest.

    ValueError says what is wrong.
    """
    if text == "none":
        return ()
    if text == "all":
        return types[:MAX_TYPES]
    by_name = {fold(one.name): one for one in types}
    names = dict.fromkeys(fold(part.strip()) for part in text.split(","))
    for name in names:
        if name not in by_name:
            some = one_of([repr(one.name) for one in types[:MAX_TYPES]] or ["none"])
            raise ValueError(f"there are no users of the type {name!r}; there is {some}")
    return tuple(one for one in types if fold(one.name) in names)


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

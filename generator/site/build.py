"""A build of the site: its listings and their pages, as build.json has them. Does no I/O."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from function.contract import count_pages, fold
from function.query import ProfileQuery
from generator.site.listed_type import ListedType
from generator.site.listing import Listing, applies_to_one_type, parse_key
from generator.site.selection import parse_orders, parse_page_sizes


class Slice(NamedTuple):
    """Users in one order, of one type or of all: from position *start*, from 0, to before *stop*.

    Their pages are the work that one process does at a time.
    """

    order_by: str
    slug: str | None
    start: int
    stop: int

    def pages(self, size: int) -> range:
        """Return the numbers of the pages of *size* users that begin in the slice."""
        return range(-(-self.start // size) + 1, -(-self.stop // size) + 1)


class Build(NamedTuple):
    """The members of build.json: which release the site shows, and which listings it has.

    Attributes:
        release: the digest of the directory.
        users: how many users the directory has.
        page_sizes: the page sizes of the listings, in ascending order.
        orders: the orders of the listings.
        types: the types that have listings of their own, the largest first.
        source: the sources of the users.
        seeded_at: when the users were read from the sources, RFC 3339.
        cut_at: the number of users after which a longer source was cut; None if none was.
        base_path: the site's path on its host, with a slash at either end.
    """

    release: str
    users: int
    page_sizes: tuple[int, ...]
    orders: tuple[str, ...]
    types: tuple[ListedType, ...]
    source: str
    seeded_at: str
    cut_at: int | None = None
    base_path: str = "/"

    @classmethod
    def from_json(cls, text: bytes) -> "Build":
        """Return the build that build.json describes.

        Raises:
            ValueError: *text* is not a build.json of this version.
        """
        try:
            members: dict[str, Any] = json.loads(text)
            return cls(
                release=str(members["release"]),
                users=int(members["users"]),
                page_sizes=parse_page_sizes(",".join(map(str, members["page_sizes"]))),
                orders=parse_orders(",".join(members["orders"])),
                types=tuple(
                    ListedType(str(type_["name"]), str(type_["slug"]), int(type_["users"]))
                    for type_ in members["types"]
                ),
                source=str(members["source"]),
                seeded_at=str(members["seeded_at"]),
                cut_at=None if members["cut_at"] is None else int(members["cut_at"]),
                base_path=str(members["base_path"]),
            )
        except (KeyError, TypeError, OverflowError, RecursionError) as exc:
            raise ValueError("it is not as this version of the program writes it") from exc

    def to_json(self) -> bytes:
        """Return the content of build.json."""
        members = self._asdict() | {"types": [type_._asdict() for type_ in self.types]}
        return (json.dumps(members, indent=2) + "\n").encode()

    def orderings(self) -> Iterator[tuple[str, str | None]]:
        """Yield each order of all users (None), and of each type (its slug)."""
        for order_by in self.orders:
            yield order_by, None
        for type_ in self.types:
            for order_by in self.orders:
                if applies_to_one_type(order_by):
                    yield order_by, type_.slug

    def slices(self, users: int) -> Iterator[Slice]:
        """Yield slices of at most so many *users*. Together they have all pages."""
        for order_by, slug in self.orderings():
            end = self.users_of(slug)
            for start in range(0, end, users):
                yield Slice(order_by, slug, start, min(start + users, end))

    def listings(self) -> Iterator[Listing]:
        """Yield every listing."""
        for order_by, slug in self.orderings():
            for pagination in self.page_sizes:
                yield Listing(order_by, pagination, slug)

    def has(self, listing: Listing) -> bool:
        """Return whether the site has *listing*."""
        return (
            listing.order_by in self.orders
            and listing.pagination in self.page_sizes
            and (
                listing.slug is None
                or (
                    any(type_.slug == listing.slug for type_ in self.types)
                    and applies_to_one_type(listing.order_by)
                )
            )
        )

    def has_page(self, key: str) -> bool:
        """Return whether *key* is a page of one of the listings."""
        if not (parsed := parse_key(key)):
            return False
        listing, page = parsed
        return self.has(listing) and page <= self.page_count(listing)

    def page_count(self, listing: Listing) -> int:
        """Return how many pages *listing* has."""
        return count_pages(self.users_of(listing.slug), listing.pagination)

    def total_pages(self) -> int:
        """Return how many pages all listings have together."""
        return sum(self.page_count(listing) for listing in self.listings())

    def users_of(self, slug: str | None) -> int:
        """Return how many users have the type with that *slug*; None: how many there are."""
        return self.users if slug is None else self._type(slug).users

    def query(self, listing: Listing, page: int) -> ProfileQuery:
        """Return the API's query for the users on *page* of *listing*."""
        name = None if listing.slug is None else self._type(listing.slug).name
        return ProfileQuery(page, listing.pagination, listing.order_by, type=name)

    def type_named(self, name: str) -> ListedType | None:
        """Return the type that the API would look for, None if it has no listings."""
        folded = fold(name)
        return next((type_ for type_ in self.types if fold(type_.name) == folded), None)

    def _type(self, slug: str) -> ListedType:
        return next(type_ for type_ in self.types if type_.slug == slug)

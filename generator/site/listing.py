"""A listing: the users of all types or of one, in one order, at one page size. Does no I/O.

Its pages are files with real paths, which any static host can serve. `router` maps the URLs that
people use to these keys.
"""

import re
from typing import NamedTuple

from function.query import DEFAULT_ORDER, DEFAULT_PAGINATION

_KEY = re.compile(
    r"users/(?:(?:type-([a-z0-9-]+)/)?by-([a-z-]+)/([1-9][0-9]{0,2})/)?([1-9][0-9]{0,8})\.html"
)


class Listing(NamedTuple):
    """The users of the type with that *slug*, or of all types, *pagination* on a page."""

    order_by: str = DEFAULT_ORDER
    pagination: int = DEFAULT_PAGINATION
    slug: str | None = None

    @property
    def is_default(self) -> bool:
        """Whether this is the listing of /users without parameters."""
        return self == Listing()

    @property
    def prefix(self) -> str:
        """The start of the keys of the listing's pages, with a slash at its end."""
        if self.is_default:
            return "users/"
        type_folder = f"type-{self.slug}/" if self.slug else ""
        return f"users/{type_folder}by-{_order_slug(self.order_by)}/{self.pagination}/"

    def key(self, page: int) -> str:
        """Return the key of page number *page*."""
        return self.prefix + page_name(page)


def page_name(page: int) -> str:
    """Return the last part of the key of page number *page*."""
    return f"{page}.html"


def parse_key(key: str) -> tuple[Listing, int] | None:
    """Return the listing and the page number of a page's key, None for any other key.

    The listing need not be one of the site's.
    """
    match = _KEY.fullmatch(key)
    if not match:
        return None
    slug, order, size, page = match.groups()
    listing = Listing(slug=slug)
    if order:
        name, desc, _ = order.partition("-desc")
        listing = Listing(f"-{name}" if desc else name, int(size), slug)
    return (listing, int(page)) if listing.key(int(page)) == key else None


def applies_to_one_type(order_by: str) -> bool:
    """Return whether to list one type in this order. By type, its users would come by id."""
    return not order_by.endswith("type")


def _order_slug(order_by: str) -> str:
    """Return *order_by* as it is written in keys."""
    return f"{order_by[1:]}-desc" if order_by.startswith("-") else order_by

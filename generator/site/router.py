"""The addresses people use, as keys of the site. Does no I/O.

`serve` and, in front of the published site, the distribution's router follow the same rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from generator.site.build import INDEX_KEY, NOT_FOUND_KEY, Build, Listing, same_place

_USERS = re.compile(r"/users(?:/([0-9]+))?/?")
_NUMBER = re.compile(r"[0-9]+")
# Beyond any list; their product is still exact in JavaScript, whose numbers are doubles.
MAX_PAGE, MAX_SIZE = 10**9, 10**6


@dataclass(frozen=True, slots=True)
class Route:
    """What an address leads to: the object at *key*, or with 302 another *location*."""

    status: int
    key: str = NOT_FOUND_KEY
    location: str = ""


def route(path: str, parameters: Mapping[str, str], build: Build) -> Route:
    """Return what the site of *build* has at *path*.

    A page size that is not rendered leads to the nearest that is (of two, the larger), on the
    page that shows the same first user. A size, an order or a type that makes no sense leads to
    the address without it. An empty parameter counts as absent, an unknown one is ignored.

    Args:
        path: decoded, without the query string.
        parameters: the decoded query string; of a repeated one the last.
        build: what is rendered.
    """
    if path == "/":
        return Route(200, INDEX_KEY)
    found = _USERS.fullmatch(path)
    if not found:
        return Route(200, path.removeprefix("/"))
    page = _number(found[1], MAX_PAGE) if found[1] else 1
    if not page:
        return Route(404)
    size, order_by, type_ = (
        parameters.get(name, "") for name in ("pagination", "order_by", "type")
    )
    asked = _number(size, MAX_SIZE) if _NUMBER.fullmatch(size) else 0
    rendered = nearest(asked, build.page_sizes) if asked else Listing().pagination
    of_type = build.type_named(type_) if type_ else None
    listing = Listing(order_by, rendered, of_type.slug if of_type else None)
    if not build.has(listing):
        listing = listing._replace(order_by=Listing().order_by)
    wanted = (size and asked != rendered, order_by and order_by != listing.order_by)
    if any(wanted) or (type_ and not of_type):
        shown = same_place(page, asked, rendered) if asked else page
        return Route(302, location=address(build, listing, shown))
    if page > build.pages(listing):
        return Route(404)
    return Route(200, listing.key(page))


def address(build: Build, listing: Listing, page: int) -> str:
    """Return the address of *listing*'s page number *page*."""
    query = build.query(listing, page)
    asked: dict[str, object] = {}
    if listing.pagination != Listing().pagination:
        asked["pagination"] = listing.pagination
    if listing.order_by != Listing().order_by:
        asked["order_by"] = listing.order_by
    if query.type is not None:
        asked["type"] = query.type
    return f"/users/{page}" + (f"?{urlencode(asked)}" if asked else "")


def nearest(size: int, sizes: tuple[int, ...]) -> int:
    """Return the one of *sizes* nearest to *size*, of two the larger."""
    return min(sizes, key=lambda rendered: (abs(rendered - size), -rendered))


def _number(digits: str, most: int) -> int:
    return min(int(digits), most) if len(digits) < 20 else most

"""The URLs that people use, as keys of the site. Does no I/O.

`serve` follows these rules, and so does the router of the CDN, infra/router.js.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from generator.site.build import Build
from generator.site.files import INDEX_KEY, NOT_FOUND_KEY
from generator.site.listing import Listing
from generator.site.page_numbers import corresponding_page

_USERS = re.compile(r"/(?:users(?:/([0-9]+))?/?)?")
_NUMBER = re.compile(r"[0-9]+")
# Larger numbers are replaced by these. No listing is so long, and infra/router.js can multiply them
# exactly, because its numbers are doubles.
MAX_PAGE, MAX_SIZE = 10**9, 10**6


@dataclass(frozen=True, slots=True)
class Route:
    """The response to a URL: the file at *key*, or with status 302 a redirect to *location*."""

    status: int
    key: str = NOT_FOUND_KEY
    location: str = ""


def route(path: str, parameters: Mapping[str, str], build: Build) -> Route:
    """Return the response of a site to a URL.

    A page size that the site lacks redirects to the nearest one, the larger of two, and to the page
    with the same first user. An invalid size, order or type redirects to the URL without it. An
    empty parameter counts as absent, and unknown ones are ignored. The parameter ``page`` counts
    only if the path has no page number.

    Args:
        path: the decoded path, without the site's base path.
        parameters: the decoded query string; the last value of a repeated parameter.
        build: the site's.
    """
    match = _USERS.fullmatch(path)
    if not match:
        return Route(200, path.removeprefix("/"))
    digits = match[1] or parameters.get("page") or "1"
    page = _number(digits, MAX_PAGE) if _NUMBER.fullmatch(digits) else 0
    if not page:
        return Route(404)
    size, order_by, type_ = (
        parameters.get(name, "") for name in ("pagination", "order_by", "type")
    )
    requested_size = _number(size, MAX_SIZE) if _NUMBER.fullmatch(size) else 0
    pagination = (
        nearest(requested_size, build.page_sizes) if requested_size else Listing().pagination
    )
    listed_type = build.type_named(type_) if type_ else None
    listing = Listing(order_by, pagination, listed_type.slug if listed_type else None)
    if not build.has(listing):
        listing = listing._replace(order_by=Listing().order_by)
    is_other_size = size and requested_size != pagination
    is_other_order = order_by and order_by != listing.order_by
    is_other_type = type_ and not listed_type
    if is_other_size or is_other_order or is_other_type:
        if requested_size:
            page = corresponding_page(page, requested_size, pagination)
        return Route(302, location=page_url(build, listing, page))
    if page > build.page_count(listing):
        return Route(404)
    is_start = path == "/" and page == 1 and listing == Listing()
    return Route(200, INDEX_KEY if is_start else listing.key(page))


def page_url(build: Build, listing: Listing, page: int) -> str:
    """Return the URL of page number *page* of *listing*, without the site's base path."""
    query = build.query(listing, page)
    parameters: dict[str, object] = {}
    if listing.pagination != Listing().pagination:
        parameters["pagination"] = listing.pagination
    if listing.order_by != Listing().order_by:
        parameters["order_by"] = listing.order_by
    if query.type is not None:
        parameters["type"] = query.type
    return f"/users/{page}" + (f"?{urlencode(parameters)}" if parameters else "")


def nearest(size: int, sizes: tuple[int, ...]) -> int:
    """Return the one of *sizes* that is nearest to *size*, the larger of two."""
    return min(sizes, key=lambda candidate: (abs(candidate - size), -candidate))


def _number(digits: str, maximum: int) -> int:
    # int() refuses thousands of digits. https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
    return min(int(digits), maximum) if len(digits) < 20 else maximum

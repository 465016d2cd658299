"""Parses a query string into a `ProfileQuery`. Does no I/O.

An answer depends on `PARAMETERS` alone, because API Gateway caches it by exactly these. So unknown
parameters are ignored: an error for one could be cached as the answer to a valid request. The last
value of a repeated parameter counts. An empty value means that the parameter is absent.

A username is often typed or copied as " @octocat ". Blanks around it and one @ do not count.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from function.errors import InvalidParameter, one_of, shorten

DEFAULT_PAGINATION = 25
MAX_PAGINATION = 100

# The values of ?order_by=. By type, users of one type are in the order of their ids. A hyphen means
# the exact reverse.
DEFAULT_ORDER = "id"
ORDERS = ("id", "type", "-id", "-type")

# The largest page and id that a request may ask for: the largest integer of SQLite. No user has a
# larger id. https://sqlite.org/datatype3.html
MAX_NUMBER = 2**63 - 1


def is_descending(order_by: str) -> bool:
    """Return whether that order is the reverse of another."""
    return order_by.startswith("-")


def is_by_type(order_by: str) -> bool:
    """Return whether that order sorts by type, and by id only within a type."""
    return order_by.endswith("type")


class ProfileQuery(NamedTuple):
    """One request for a page of profiles. A page of the static site has such a query as well.

    Attributes:
        page: from 1.
        pagination: the page size.
        order_by: one of `ORDERS`.
        username: a filter, any part of the username, without blanks around it. The case of A-Z
            does not matter.
        id: a filter, the exact id.
        type: a filter, the whole type. The case of A-Z does not matter.

    A filter that is None is absent. A profile must match all others.
    """

    page: int = 1
    pagination: int = DEFAULT_PAGINATION
    order_by: str = DEFAULT_ORDER
    username: str | None = None
    id: int | None = None
    type: str | None = None

    def on_page(self, page: int) -> "ProfileQuery":
        """Return the same query for another page."""
        return self._replace(page=page)

    def encode(self) -> str:
        """Return the query string of this query, without the question mark.

        Parameters are in the order of `PARAMETERS`. Those other than page and pagination are left
        out if they have their default.
        """
        return f"page={self.page}&{self.encode_without_page()}"

    def encode_without_page(self) -> str:
        """Return the query string without the page: the same for all pages of a query."""
        parameters = {
            name: value
            for name in PARAMETERS[1:]
            if (value := getattr(self, name)) != getattr(_DEFAULT, name) or name == "pagination"
        }
        if self.username and self.username.startswith("@"):
            parameters["username"] = f"@{self.username}"  # the first @ does not count
        return urlencode(parameters)


_DEFAULT = ProfileQuery()


def parse_query(pairs: Iterable[tuple[str, str]]) -> ProfileQuery:
    """Return the query of a query string's decoded *pairs*.

    Raises:
        InvalidParameter: a declared parameter has a value that is not allowed.
    """
    last = {name: value for name, value in pairs if name in _PARSERS}
    # In the order of `PARAMETERS`: of two values that are not allowed, the error always names the
    # same one.
    values: dict[str, Any] = {
        name: parse(name, last[name]) for name, parse in _PARSERS.items() if last.get(name)
    }
    return ProfileQuery(**values)


def _whole_number(minimum: int, maximum: int) -> Callable[[str, str], int]:
    def parse(name: str, value: str) -> int:
        # int() also accepts signs, blanks, underscores and other scripts' digits, and raises
        # ValueError for more than 4,300 digits. MAX_NUMBER has 19.
        number = int(value.lstrip("0")[:20] or "0") if value.isascii() and value.isdigit() else -1
        if not minimum <= number <= maximum:
            raise InvalidParameter(
                name,
                f"{name} must be a whole number from {minimum} to {maximum}, not {shorten(value)}",
            )
        return number

    return parse


def _choice(allowed: Sequence[str]) -> Callable[[str, str], str]:
    def parse(name: str, value: str) -> str:
        if value not in allowed:
            raise InvalidParameter(name, f"{name} must be {one_of(allowed)}, not {shorten(value)}")
        return value

    return parse


def _text(name: str, value: str) -> str:
    return value


def _term(name: str, value: str) -> str | None:
    return value.strip().removeprefix("@").strip() or None


_PARSERS: dict[str, Callable[[str, str], object]] = {
    "page": _whole_number(1, MAX_NUMBER),
    "pagination": _whole_number(1, MAX_PAGINATION),
    "order_by": _choice(ORDERS),
    "username": _term,
    "id": _whole_number(0, MAX_NUMBER),
    "type": _text,
}

PARAMETERS = tuple(_PARSERS)

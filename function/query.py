"""A query string as a `ProfileQuery`. Does no I/O.

`PARAMETERS` is the one list of what an answer may depend on. The cache in front of the function
is keyed on exactly these, so unknown parameters are ignored (an error for them could be cached
under a good key), the last of a repeated one counts, and an empty one counts as absent.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from function.errors import InvalidParameter, one_of, shorten

DEFAULT_PAGINATION = 25
MAX_PAGINATION = 100

# ?order_by=: with a hyphen the exact reverse; ties of type are in the order of ids.
DEFAULT_ORDER = "id"
ORDERS = ("id", "type", "-id", "-type")

MAX_NUMBER = 2**64 - 1


def is_descending(order_by: str) -> bool:
    """Return whether that order is the reverse of another."""
    return order_by.startswith("-")


def is_by_type(order_by: str) -> bool:
    """Return whether that order sorts by type, and by id only within a type."""
    return order_by.endswith("type")


class ProfileQuery(NamedTuple):
    """One request for profiles. A page of the static site is one too, with no filter.

    Filters that are None are absent; all that are given must hold. *username* is any part of
    the name, *type* the whole type, both without regard to the case of A-Z.
    """

    page: int = 1
    pagination: int = DEFAULT_PAGINATION
    order_by: str = DEFAULT_ORDER
    username: str | None = None
    id: int | None = None
    type: str | None = None

    def on_page(self, page: int) -> "ProfileQuery":
        """Return the same query, asking for *page*."""
        return self._replace(page=page)

    def encode(self) -> str:
        """Return the query string that parses to this query, without the question mark.

        Parameters come in the order of `PARAMETERS`; page and pagination always, others only
        where they say something.
        """
        return f"page={self.page}&{self.encode_without_page()}"

    def encode_without_page(self) -> str:
        """Return the same without the page: what all pages of a list have in common."""
        others = {"pagination": self.pagination} | {
            name: value
            for name in PARAMETERS[2:]
            if (value := getattr(self, name)) != getattr(_DEFAULT, name)
        }
        return urlencode(others)


_DEFAULT = ProfileQuery()


def parse_query(pairs: Iterable[tuple[str, str]]) -> ProfileQuery:
    """Return the query that the decoded *pairs* of a query string ask for.

    Raises:
        InvalidParameter: a declared parameter has a value that is not allowed.
    """
    last = {name: value for name, value in pairs if name in _PARSERS}
    # In the order of `PARAMETERS`, not of the query string: of two bad values, the same is named.
    values: dict[str, Any] = {
        name: parse(name, last[name]) for name, parse in _PARSERS.items() if last.get(name)
    }
    return ProfileQuery(**values)


def _whole_number(least: int, most: int) -> Callable[[str, str], int]:
    def parse(name: str, value: str) -> int:
        # Digits alone: int() takes signs, blanks, underscores and other scripts' digits as well,
        # and refuses thousands of them.
        number = int(value.lstrip("0")[:21] or "0") if value.isascii() and value.isdigit() else -1
        if not least <= number <= most:
            raise InvalidParameter(
                name,
                f"{name} must be a whole number from {least} to {most}, not {shorten(value)}",
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


_PARSERS: dict[str, Callable[[str, str], object]] = {
    "page": _whole_number(1, MAX_NUMBER),
    "pagination": _whole_number(1, MAX_PAGINATION),
    "order_by": _choice(ORDERS),
    "username": _text,
    "id": _whole_number(0, MAX_NUMBER),
    "type": _text,
}

PARAMETERS = tuple(_PARSERS)

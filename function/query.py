"""A query string as a `ProfileQuery`, and a `ProfileQuery` as SQL. Does no I/O.

`PARAMETERS` is the one list of what an answer may depend on. The cache in front of the function
is keyed on exactly these, so unknown parameters are ignored (an error for them could be cached
under a good key), the last of a repeated one counts, and an empty one counts as absent.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from function.contract import fold
from function.errors import InvalidParameter, one_of, shorten

DEFAULT_PAGINATION = 25
MAX_PAGINATION = 100

# ?order_by= -> ORDER BY
DEFAULT_ORDER = "id"
ORDERINGS = {"id": "id", "type": "type, id"}

_WHOLE_NUMBER = re.compile(r"0*([0-9]{1,20})")
_MAX_NUMBER = 2**64 - 1
# SQLite's integers end here; no id is above. https://sqlite.org/datatype3.html
_MAX_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ProfileQuery:
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
        return replace(self, page=page)

    def encode(self) -> str:
        """Return the query string that parses to this query, without the question mark.

        Parameters come in the order of `PARAMETERS`; page and pagination always, others only
        where they say something.
        """
        default = ProfileQuery()
        return urlencode(
            {
                name: value
                for name in PARAMETERS
                if (value := getattr(self, name)) != getattr(default, name)
                or name in ("page", "pagination")
            }
        )


def parse_query(pairs: Iterable[tuple[str, str]]) -> ProfileQuery:
    """Return the query that the decoded *pairs* of a query string ask for.

    Raises:
        InvalidParameter: a declared parameter has a value that is not allowed.
    """
    last = {name: value for name, value in pairs if name in _PARSERS}
    values: dict[str, Any] = {
        name: _PARSERS[name](name, value) for name, value in last.items() if value
    }
    return ProfileQuery(**values)


def where(query: ProfileQuery, types: Iterable[str]) -> tuple[str, tuple[object, ...]]:
    """Return the WHERE clause for *query*'s filters ("" for none) and the values to bind.

    *types* are all types there are: ``type`` is matched against them here, so that SQLite seeks
    in its index whatever the case asked for.
    """
    terms: list[str] = []
    values: list[object] = []
    if query.id is not None:
        terms.append("id = ?")
        values.append(query.id if query.id <= _MAX_INTEGER else None)  # NULL: equal to nothing
    if query.type is not None:
        matching = [t for t in types if fold(t) == fold(query.type)]
        terms.append(f"type IN ({', '.join('?' * len(matching))})")
        values += matching
    if query.username is not None:
        # Not LIKE: its % and _ want escaping, it limits the pattern, and it stops at NUL.
        terms.append("instr(lower(username), ?) > 0")
        values.append(fold(query.username))
    return (f"WHERE {' AND '.join(terms)}" if terms else ""), tuple(values)


def _whole_number(least: int, most: int) -> Callable[[str, str], int]:
    def parse(name: str, value: str) -> int:
        digits = _WHOLE_NUMBER.fullmatch(value)
        if not digits or not least <= int(digits[1]) <= most:
            raise InvalidParameter(
                name,
                f"{name} must be a whole number from {least} to {most}, not {shorten(value)}",
            )
        return int(digits[1])

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
    "page": _whole_number(1, _MAX_NUMBER),
    "pagination": _whole_number(1, MAX_PAGINATION),
    "order_by": _choice(tuple(ORDERINGS)),
    "username": _text,
    "id": _whole_number(0, _MAX_NUMBER),
    "type": _text,
}

PARAMETERS = tuple(_PARSERS)

"""Reading a directory from its start to its end, which the function never does."""

import json
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from function.contract import Profile
from function.database import Directory
from function.database_file import damaged_database
from function.query import ProfileQuery
from function.statements import Row

# So many users are read at a time.
_AT_ONCE = 1000


class Columns(NamedTuple):
    """The ids (in digits), types and usernames of many users, each a list in the same order."""

    ids: list[bytes]
    types: list[int]
    usernames: list[str]

    def row(self, number: int) -> Row:
        """Return the row of that *number*, from 0."""
        return int(self.ids[number]), self.types[number], self.usernames[number]


def read_profiles(
    directory: Directory, order_by: str, type_: str | None = None
) -> Iterator[Profile]:
    """Yield every profile of *directory*, or those of *type_*, in one of the `ORDERS`."""
    page = 1
    while found := directory.find(ProfileQuery(page, _AT_ONCE, order_by, type=type_)).profiles:
        yield from found
        page += 1


def read_columns(
    directory: Directory, order_by: str, type_: str | None, start: int, stop: int
) -> Columns:
    """Return the users from *start* to before *stop*, from 0, of those of *type_*.

    SQLite puts a column into one text, which is read faster than a row at a time. It does so in
    the order in which the rows come, which `generator.check` sees.

    Raises:
        DatabaseMismatch: the directory is damaged.
    """
    try:
        return _read_columns(directory, order_by, type_, start, stop)
    except (sqlite3.DatabaseError, TypeError, KeyError, ValueError) as exc:
        raise damaged_database(directory.path, exc) from exc


def _read_columns(
    directory: Directory, order_by: str, type_: str | None, start: int, stop: int
) -> Columns:
    found = Columns([], [], [])
    statements, wanted = directory.slice_statements(order_by, type_, start, stop)
    for sql, values in statements:
        ((ids, types, usernames),) = directory.fetch_all(
            "SELECT json_group_array(id), json_group_array(type), json_group_array(username)"
            f" FROM ({sql})",
            values,
        )
        found.ids.extend(ids[1:-1].encode().split(b","))
        found.types.extend(json.loads(types))
        found.usernames.extend(json.loads(usernames))
    if {len(column) for column in found} != {wanted}:
        raise ValueError(f"{len(found.types)} users where there are {wanted}")
    if order_by.startswith("-"):
        for column in found:
            column.reverse()
    return found

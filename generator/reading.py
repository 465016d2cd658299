"""Reads many users of a directory at once: every profile, or whole columns.

The function never needs this: it answers one page at a time.
"""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from function.contract import Profile
from function.database import Directory
from function.database_file import SHAPE_ERRORS, damaged_database
from function.query import ProfileQuery, is_descending
from function.statements import USER_BY_ID, Row

# Users read with one query.
BATCH = 1000


class Columns(NamedTuple):
    """Users in columns, each in the same order.

    Attributes:
        ids: in decimal digits.
        types: packed types, see `function.statements.Row`.
        usernames: as GitHub sent them.
    """

    ids: list[bytes]
    types: list[int]
    usernames: list[str]

    def row(self, position: int) -> Row:
        """Return the user at *position*, from 0."""
        return int(self.ids[position]), self.types[position], self.usernames[position]


def read_profiles(
    directory: Directory, order_by: str, type_: str | None = None
) -> Iterator[Profile]:
    """Yield every profile of *directory*, or of *type_*, in one of the orders of the API.

    Raises:
        DatabaseMismatch: the directory is damaged.
    """
    page = 1
    while profiles := directory.find(ProfileQuery(page, BATCH, order_by, type=type_)).profiles:
        yield from profiles
        page += 1


def read_cut(directory: Directory) -> int | None:
    """Return the number of users after which a longer source was cut; None if none was.

    Raises:
        DatabaseMismatch: the directory is damaged.
    """
    tables = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'cut'"
    if not directory.fetch_all(tables, ()):
        return None
    try:
        ((users,),) = directory.fetch_all("SELECT users FROM cut", ())
        return int(users)
    except SHAPE_ERRORS as exc:
        raise damaged_database(directory.path, exc) from exc


def read_places(directory: Directory, ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Return position and username, by id, of the users of *directory* that have one of *ids*.

    Positions count from 0 in the order of ids.
    """
    places, position, start = {}, 0, 0
    for identity in sorted(set(ids)):
        # Each stretch between two ids is counted once.
        preceding = "SELECT count(*) FROM users WHERE id >= ? AND id < ?"
        ((users,),) = directory.fetch_all(preceding, (start, identity))
        position, start = position + users, identity
        for _, _, username in directory.fetch_all(USER_BY_ID, (identity,)):
            places[identity] = position, username
    return places


def read_columns(
    directory: Directory, order_by: str, type_: str | None, start: int, stop: int
) -> Columns:
    """Return a slice of all users, or of those of a type, as columns.

    The arguments are those of `Directory.slice_statements`. The slice is in the order asked for.

    Raises:
        DatabaseMismatch: the directory is damaged.
    """
    try:
        return _read_columns(directory, order_by, type_, start, stop)
    except SHAPE_ERRORS as exc:
        raise damaged_database(directory.path, exc) from exc


def _read_columns(
    directory: Directory, order_by: str, type_: str | None, start: int, stop: int
) -> Columns:
    columns = Columns([], [], [])
    statements, count = directory.slice_statements(order_by, type_, start, stop)
    for sql, values in statements:
        # One JSON text for each column is faster than a tuple for each row. SQLite does not
        # promise that json_group_array keeps the order of the rows. It does, and `check` would
        # notice if it did not. https://sqlite.org/lang_aggfunc.html
        ((ids, types, usernames),) = directory.fetch_all(
            "SELECT json_group_array(id), json_group_array(type), json_group_array(username)"
            f" FROM ({sql})",
            values,
        )
        columns.ids.extend(ids[1:-1].encode().split(b","))
        columns.types.extend(json.loads(types))
        columns.usernames.extend(json.loads(usernames))
    if {len(column) for column in columns} != {count}:
        raise ValueError(f"{len(columns.types)} users instead of {count}")
    if unknown := {code >> 1 for code in {*columns.types}} - directory.type_names.keys():
        raise ValueError(f"users of unknown types: {unknown}")
    if is_descending(order_by):
        for column in columns:
            column.reverse()
    return columns

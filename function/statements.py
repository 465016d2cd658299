"""The SQL statements that read a directory database. Does no I/O.

A page is a slice of one list (`UserList`), or of several lists that follow each other. With
``order_by=type``, there is one list for each type. A slice is read from the nearest anchor before
it, so a page deep in a list costs as much as the first. `function.contract` explains these words.
"""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from function.index import ALL_TYPES, ANCHOR_INTERVAL, ANCHORS_PER_ROW, match_query
from function.query import is_descending

# A row of the table `users`: id, packed type, username. A packed type is twice the type's code,
# plus 1 if the user has explicit URLs in the table `addresses`.
Row = tuple[int, int, str]

# ?id=, and the user whose whole name is a frequent term.
USER_BY_ID = "SELECT id, type, username FROM users WHERE id = ?"
# The columns of a `UserList`: of all users for the term "", else of ?username=.
LISTS_OF_TERM = "SELECT term, kind, list, users, match, precise, exact_id FROM lists WHERE term = ?"


class Statement(NamedTuple):
    """An SQL statement, and the values of its parameters."""

    sql: str
    values: Sequence[object]


class UserList(NamedTuple):
    """A row of the table `lists`: users of one type group, in the order of their ids.

    Attributes:
        term: what their usernames contain; "" for all users.
        type_group: see `function.index.type_groups`.
        number: the list's number in the table `anchors`.
        total: how many users it has.
        match: an FTS5 query that finds them; None if they are found by reading all users.
        is_precise: whether *match* finds nobody else.
        exact_id: of the users whose whole name is the term, the highest id; None without any.
    """

    term: str
    type_group: int
    number: int
    total: int
    match: str | None
    is_precise: int
    exact_id: int | None

    @property
    def may_begin_late(self) -> bool:
        """Whether *match* may find many users before the first of the list.

        A list that fits between two anchors has none.
        """
        return self.match is not None and not self.is_precise and self.total > ANCHOR_INTERVAL


def slices(
    lists: Sequence[UserList], start: int, stop: int, order_by: str
) -> Iterator[tuple[UserList, int, int]]:
    """Yield each list that has users of a page, with the first one's position and their count.

    Args:
        lists: the lists that follow each other, in ascending order.
        start: the position of the page's first user in all lists, from 0.
        stop: the position after the last user.
        order_by: one of `function.query.ORDERS`. In a descending order, *start* and *stop* count
            from the end. The slices are in ascending order still.
    """
    if is_descending(order_by):
        total = sum(user_list.total for user_list in lists)
        start, stop = max(total - stop, 0), total - start
    preceding = 0
    for user_list in lists:
        first, last = max(start - preceding, 0), min(stop - preceding, user_list.total)
        if first < last:
            yield user_list, first, last - first
        preceding += user_list.total


def anchor_statement(list_number: int, anchor: int, id_bytes: int) -> Statement:
    """Return the statement that reads an anchor of a list: an id, in little-endian bytes.

    Args:
        list_number: the list's number.
        anchor: the anchor's position in that list, from 0.
        id_bytes: how many bytes an id takes.
    """
    row, place = divmod(anchor, ANCHORS_PER_ROW)
    return Statement(
        "SELECT substr(ids, ?, ?) FROM anchors WHERE list = ? AND number = ?",
        [id_bytes * place + 1, id_bytes, list_number, row],
    )


def slice_statement(
    user_list: UserList, codes: Sequence[int], first_id: int, skip: int, count: int
) -> Statement:
    """Return the statement that reads a slice of a list, as `Row`, in ascending order.

    Args:
        user_list: the list.
        codes: the type codes of its type group.
        first_id: the id of the anchor to read from.
        skip: how many users of the list to skip from there.
        count: how many to read.
    """
    if user_list.is_precise:
        # ?username= or ?type= whose posting list has exactly the users of the list. OFFSET skips
        # its entries, and no row of `users` is read for them.
        return Statement(
            "SELECT u.id, u.type, u.username FROM (SELECT rowid AS id FROM grams"
            " WHERE grams MATCH ? AND rowid >= ? ORDER BY rowid LIMIT ? OFFSET ?)"
            " CROSS JOIN users u USING (id)",
            [user_list.match, first_id, count, skip],
        )
    tests, values = "", []
    if user_list.type_group != ALL_TYPES:
        packed_types = (f"{2 * code}, {2 * code + 1}" for code in codes)
        tests += f" AND u.type IN ({', '.join(packed_types)})"
    if user_list.term:
        tests += " AND instr(lower(u.username), ?)"
        values.append(user_list.term)
    if user_list.match is None:
        # No filter, or ?username= or ?type= that so many users match that it needs no posting list.
        return Statement(
            "SELECT u.id, u.type, u.username FROM users u"
            f" WHERE u.id >= ?{tests} ORDER BY u.id LIMIT ? OFFSET ?",
            [first_id, *values, count, skip],
        )
    # ?username= or ?type= whose posting list has other users as well. CROSS JOIN makes SQLite read
    # the posting list first. https://sqlite.org/optoverview.html#crossjoin
    return Statement(
        "SELECT u.id, u.type, u.username FROM grams CROSS JOIN users u ON u.id = grams.rowid"
        f" WHERE grams MATCH ? AND grams.rowid >= ?{tests}"
        " ORDER BY grams.rowid LIMIT ? OFFSET ?",
        [user_list.match, first_id, *values, count, skip],
    )


def rare_term_statement(term: str, tokens: Sequence[str]) -> Statement:
    """Return the statement that reads all users with a term that has no list, by ascending id.

    Args:
        term: the folded term.
        tokens: tokens that all of these users have. Without any, all users are read.
    """
    # LIKE has wildcards, and ends a text at NUL.
    contains = "instr(lower(u.username), ?)"
    if not tokens:
        return Statement(f"SELECT u.id, u.type, u.username FROM users u WHERE {contains}", [term])
    return Statement(
        "SELECT u.id, u.type, u.username FROM grams CROSS JOIN users u ON u.id = grams.rowid"
        f" WHERE grams MATCH ? AND {contains}",
        [match_query(tokens), term],
    )


def frequent_terms_statement(terms: Sequence[str]) -> Statement:
    """Return the statement that reads term, users and precise of the frequent ones of *terms*."""
    parameters = ", ".join("?" * len(terms))
    return Statement(
        "SELECT term, users, precise FROM lists"
        f" WHERE kind = {ALL_TYPES} AND term IN ({parameters})",
        terms,
    )


def explicit_urls_statement(ids: Sequence[int]) -> Statement:
    """Return the statement that reads id, avatar_url and html_url of the users *ids*.

    The ids are one value, so that their number has no limit. https://sqlite.org/json1.html#jeach
    """
    return Statement(
        "SELECT id, avatar_url, html_url FROM addresses"
        " WHERE id IN (SELECT value FROM json_each(?))",
        [json.dumps(ids)],
    )

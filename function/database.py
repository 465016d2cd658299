"""The directory: a baked database, opened read-only, that answers one `ProfileQuery` at a time.

The database has the total of each list, so no query counts users. It has an anchor for every 32nd
user of a list, so no query reads a list from its start. `function.contract` explains these words.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from function.contract import About, Page, Profile, fold, ordinary_profile
from function.database_file import (
    READ_ERRORS,
    SHAPE_ERRORS,
    damaged_database,
    load_database,
    open_database,
    read_release,
)
from function.errors import DatabaseMismatch
from function.index import (
    ALL_TYPES,
    ANCHOR_INTERVAL,
    MAX_GRAM,
    substrings,
    term_token,
    type_group_token,
    type_groups,
)
from function.query import ProfileQuery, is_by_type, is_descending
from function.statements import (
    LISTS_OF_TERM,
    USER_BY_ID,
    Row,
    Statement,
    UserList,
    anchor_statement,
    explicit_urls_statement,
    frequent_terms_statement,
    rare_term_statement,
    slice_statement,
    slices,
)

# The parameters of a statement. Every SQLite accepts so many. https://sqlite.org/limits.html
_MAX_PARAMETERS = 999
# A user with three parts of a term mostly has the whole term: more tokens would save nothing.
_MAX_TOKENS = 3


class _Matches(NamedTuple):
    """The users that match a query.

    Attributes:
        rows: those on the page.
        total: the number of users on all pages.
        exact_row: the user of `Page.exact`.
    """

    rows: Sequence[Row]
    total: int
    exact_row: Row | None


class Directory:
    """An open directory.

    Attributes:
        path: the database file.
        release: the first 16 hexadecimal digits of the file's SHA-256. A site and an API with the
            same release were made from the same file.
        about: which users are listed, and when they were seeded.
        users: how many users are listed.
        types: how many users have each type, in the order of ``order_by=type``.
        type_names: the name of each type, by its code.
    """

    def __init__(
        self,
        path: Path,
        *,
        release: str = "",
        verify: bool = True,
        in_memory: bool = False,
        use_mmap: bool = False,
    ) -> None:
        """Open the file at *path*.

        If the release is known and verified, no damage changes an answer. Otherwise only damage to
        the database's structure is found, and not, for example, a wrong bit in a name. The function
        does not verify the release, because its cold start would have to read the whole file: 70 ms
        for a million users. The release in the file's name was computed when the bundle was made.

        Args:
            path: the file.
            release: the release that the file must have; by default any.
            verify: whether to compute the file's release even if *release* is given.
            in_memory: see `load_database`.
            use_mmap: see `open_database`.

        Raises:
            DatabaseMismatch: the file cannot be read, is not a directory database of this version,
                or is of another release.
        """
        self.path = path
        if in_memory:
            self._sql, self.release = load_database(path)
        else:
            self.release = read_release(path) if verify or not release else release
            self._sql = open_database(path, use_mmap=use_mmap)
        try:
            if release not in ("", self.release):
                raise DatabaseMismatch(
                    f"{path} is of release {self.release}, not {release}: it is damaged, or of"
                    " another build; run `make build-site` to make both again"
                )
            self._read_summary()
        except DatabaseMismatch:
            self.close()
            raise
        except SHAPE_ERRORS as exc:
            self.close()
            raise damaged_database(path, exc) from exc

    def _read_summary(self) -> None:
        ((*about, self._longest, self._id_bytes),) = self.fetch_all(
            "SELECT source, title, seeded_at, longest, id_bytes FROM about", ()
        )
        if self._id_bytes not in (4, 8):
            raise ValueError(f"anchors of {self._id_bytes} bytes")
        self.about = About(*about)
        self.type_names: dict[int, str] = dict(self.fetch_all("SELECT code, type FROM types", ()))
        self._group_codes = type_groups(self.type_names)
        # Types that differ in case alone have one name here. Their common group comes last, and so
        # replaces the group of each.
        self._groups_by_name = {
            fold(self.type_names[codes[0]]): group
            for group, codes in self._group_codes.items()
            if group != ALL_TYPES
        }
        self._all_users = self._lists("")
        self.users = self._all_users[ALL_TYPES].total
        self.types = {
            self.type_names[code]: self._all_users[code].total
            for code in self._group_codes[ALL_TYPES]
        }
        # Fails here, and not at the first search, if SQLite has no FTS5 or the table is damaged.
        self.fetch_all("SELECT 1 FROM grams WHERE grams MATCH '\"=\"'", ())

    def find(self, query: ProfileQuery) -> Page:
        """Return the page that *query* asks for. A page past the end has no profiles.

        Raises:
            DatabaseMismatch: the file is damaged.
        """
        try:
            rows, total, exact_row = self._find(query)
        except SHAPE_ERRORS as exc:
            raise damaged_database(self.path, exc) from exc
        profiles = self.profiles([*rows, exact_row] if exact_row else rows)
        exact = profiles[-1] if exact_row else None
        return Page(profiles[: len(rows)], query.page, query.pagination, total, exact)

    def slice_statements(
        self, order_by: str, type_: str | None, start: int, stop: int
    ) -> tuple[list[Statement], int]:
        """Return the statements that read a slice of all users, or of those of a type.

        Args:
            order_by: one of `function.query.ORDERS`. In a descending order, the statements give
                the rows of the slice in the reverse, ascending order.
            type_: a type, in any case; None for all users.
            start: the position of the first user, from 0.
            stop: the position after the last user. The slice is shorter if the list is.

        Returns:
            The statements, which select `Row`, and the number of rows that they give in all.
        """
        group = self._group_of(type_)
        if group is None:
            return [], 0
        lists = self._lists_of_group(self._all_users, group, order_by)
        count = max(min(stop, self._all_users[group].total) - start, 0)
        return self._statements(lists, start, stop, order_by), count

    def profiles(self, rows: Sequence[Row]) -> tuple[Profile, ...]:
        """Return the profile of each of *rows*, in their order.

        Raises:
            DatabaseMismatch: the file is damaged.
        """
        try:
            return tuple(self._profiles(rows))
        except SHAPE_ERRORS as exc:
            raise damaged_database(self.path, exc) from exc

    def explicit_urls(self, rows: Sequence[Row]) -> dict[int, tuple[str, str]]:
        """Return (avatar_url, html_url) by id, of those *rows* whose URLs are not implied."""
        ids = [user_id for user_id, packed_type, _ in rows if packed_type & 1]
        if not ids:
            return {}
        urls = self.fetch_all(*explicit_urls_statement(ids))
        return {user_id: (avatar_url, html_url) for user_id, avatar_url, html_url in urls}

    def fetch_all(self, sql: str, values: Sequence[object]) -> list[Any]:
        """Execute a statement, and return its rows. A query executes all of its statements here.

        Raises:
            DatabaseMismatch: the file is damaged.
        """
        try:
            return self._sql.execute(sql, values).fetchall()
        except READ_ERRORS as exc:
            raise damaged_database(self.path, exc) from exc

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def _find(self, query: ProfileQuery) -> _Matches:
        group = self._group_of(query.type)
        if group is None:
            return _Matches([], 0, None)
        term = fold(query.username or "")
        if query.id is not None:
            return self._page_of(self._rows_by_id(query.id, term), group, query)
        lists = self._lists(term) if term else self._all_users
        if not lists:
            return self._page_of(self._rows_by_rare_term(term, group), group, query)
        lists_of_group = self._lists_of_group(lists, group, query.order_by)
        start = (query.page - 1) * query.pagination
        stop = start + query.pagination
        statements = self._statements(lists_of_group, start, stop, query.order_by)
        rows = [row for statement in statements for row in self.fetch_all(*statement)]
        if is_descending(query.order_by):
            rows.reverse()
        total = sum(user_list.total for user_list in lists_of_group)
        if len(rows) != max(min(stop, total) - start, 0):
            raise ValueError(f"{len(rows)} users from {start} to {stop} of {total}")
        return _Matches(rows, total, self._exact_row(lists.get(group)))

    def _exact_row(self, user_list: UserList | None) -> Row | None:
        """Return the user whose whole name is the term of a list; None if there is none."""
        if user_list is None or user_list.exact_id is None:
            return None
        (row,) = self._rows_by_id(user_list.exact_id, user_list.term)
        return row

    def _group_of(self, type_: str | None) -> int | None:
        """Return the type group that *type_* asks for; None if no user has such a type."""
        return ALL_TYPES if type_ is None else self._groups_by_name.get(fold(type_))

    def _lists(self, term: str) -> dict[int, UserList]:
        """Return the lists of a frequent term by type group. A rare term has none."""
        rows = (UserList(*row) for row in self.fetch_all(LISTS_OF_TERM, [term]))
        lists = {user_list.type_group: user_list for user_list in rows}
        of_types = sum(lists[code].total for code in lists if code in self.type_names)
        if lists and of_types != lists[ALL_TYPES].total:  # each user has one type
            raise ValueError(f"{of_types} users with {term!r}, not {lists[ALL_TYPES].total}")
        return lists

    def _lists_of_group(
        self, lists: dict[int, UserList], group: int, order_by: str
    ) -> list[UserList]:
        """Return those of *lists* that, one after another, have the users of *group* in order."""
        groups = self._group_codes[group] if is_by_type(order_by) else (group,)
        return [lists[group] for group in groups if group in lists]

    def _statements(
        self, lists: Sequence[UserList], start: int, stop: int, order_by: str
    ) -> list[Statement]:
        """Return the statements that read from *start* to before *stop* of *lists*, as `slices`."""
        statements = []
        for user_list, first, count in slices(lists, start, stop, order_by):
            anchor, skip = divmod(first, ANCHOR_INTERVAL)
            needs_anchor = anchor > 0 or user_list.may_begin_late
            first_id = self._anchor(user_list.number, anchor) if needs_anchor else 0
            codes = self._group_codes[user_list.type_group]
            statements.append(slice_statement(user_list, codes, first_id, skip, count))
        return statements

    def _anchor(self, list_number: int, anchor: int) -> int:
        """Return the id at an anchor; see `anchor_statement`."""
        ((encoded,),) = self.fetch_all(*anchor_statement(list_number, anchor, self._id_bytes))
        if len(encoded) != self._id_bytes:
            raise ValueError(f"list {list_number} has no anchor {anchor}")
        return int.from_bytes(encoded, "little")

    def _rows_by_id(self, user_id: int, term: str) -> list[Row]:
        """Return the user of that id, if the username contains *term*."""
        rows = self.fetch_all(USER_BY_ID, [user_id])
        return [row for row in rows if term in fold(row[2])]

    def _rows_by_rare_term(self, term: str, group: int) -> list[Row]:
        """Return all users of *group*, and perhaps other users, with a rare *term*, by id."""
        if len(term) > self._longest:
            return []
        tokens = self._rarest_tokens(term)
        # Most users are in a type group that has no posting list.
        if tokens and self._all_users[group].match:
            tokens.append(type_group_token(group))
        return self.fetch_all(*rare_term_statement(term, tokens))

    def _rarest_tokens(self, term: str) -> list[str]:
        """Return the tokens of the rarest parts of a rare *term*: each user with it has them all.

        The result is empty if no part of the term has a posting list, since all are too frequent.
        """
        if len(term) <= MAX_GRAM:
            return [term_token(term)]
        for length in range(MAX_GRAM, len(term)):
            parts = sorted(substrings(term, length))[:_MAX_PARAMETERS]
            frequent = self.fetch_all(*frequent_terms_statement(parts))
            # The parts with a posting list: every rare n-gram, and each frequent term whose list
            # is precise.
            totals = dict.fromkeys(parts, 0) if length == MAX_GRAM else {}
            for part, total, is_precise in frequent:
                if is_precise:
                    totals[part] = total
                else:
                    totals.pop(part, None)
            if totals:
                rarest = sorted(totals, key=totals.__getitem__)[:_MAX_TOKENS]
                return [term_token(part) for part in rarest]
            if not frequent:  # Then no longer part is frequent, and none has a posting list.
                break
        return []

    def _page_of(self, rows: list[Row], group: int, query: ProfileQuery) -> _Matches:
        """Return the page of those *rows* that are of *group*.

        *rows* match all filters but the type. They are ordered by id.
        """
        codes = self._group_codes[group]
        matches = rows if group == ALL_TYPES else [row for row in rows if row[1] >> 1 in codes]
        term = fold(query.username or "")
        of_that_name = (
            row for row in reversed(matches) if len(row[2]) == len(term) and fold(row[2]) == term
        )
        exact_row = next(of_that_name, None) if term else None
        if is_by_type(query.order_by):
            matches.sort(key=lambda row: self.type_names[row[1] >> 1])
        if is_descending(query.order_by):
            matches.reverse()
        start = (query.page - 1) * query.pagination
        return _Matches(matches[start : start + query.pagination], len(matches), exact_row)

    def _profiles(self, rows: Sequence[Row]) -> list[Profile]:
        explicit, types = self.explicit_urls(rows), self.type_names
        return [
            Profile(user_id, username, types[packed_type >> 1], *explicit[user_id])
            if packed_type & 1
            else ordinary_profile(user_id, username, types[packed_type >> 1])
            for user_id, packed_type, username in rows
        ]

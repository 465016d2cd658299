"""The baked directory, opened read-only, asked one `ProfileQuery` at a time.

A list is never counted, and never gone through from its start: its total is baked, and so is the
id of every 32nd of its users. What a query asks for is a page of one list, or of several one
after another (the types, for ``order_by=type``); each part of it is read from the nearest anchor.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from function.contract import (
    APPLICATION_ID,
    MINIMUM_SQLITE_VERSION,
    SCHEMA_VERSION,
    About,
    Page,
    Profile,
    fold,
    implied_urls,
)
from function.errors import DatabaseMismatch
from function.index import (
    ALL_TYPES,
    ANCHOR_INTERVAL,
    ANCHORS_PER_ROW,
    MAX_GRAM,
    match_query,
    substrings,
    term_token,
    type_group_token,
    type_groups,
)
from function.query import ProfileQuery

# SQLite takes so many values with a statement at least. https://sqlite.org/limits.html
_MAX_VALUES = 999
# One text however many are looked up: sqlite3 keeps every statement that it has prepared.
_AT_ONCE = 100
_ADDRESSES = (
    f"SELECT id, avatar_url, html_url FROM addresses WHERE id IN ({', '.join('?' * _AT_ONCE)})"
)
# SQLite's integers end here; no id is above. https://sqlite.org/datatype3.html
_MAX_INTEGER = 2**63 - 1


# A row of `users`: id, type (twice the code, and one more for addresses of its own), username.
Row = tuple[int, int, str]


# SQL, and the values that it is asked with.
Statement = tuple[str, list[object]]


class _List(NamedTuple):
    """A list of users in the order of their ids: of one *kind*, and of those who have *term*.

    *number* is that of its anchors, *users* how many there are. *match* leads to them in `grams`,
    and to nobody else if it is *exact*; None: they are looked for among all users.
    """

    term: str
    kind: int
    number: int
    users: int
    match: str | None
    exact: int


class Directory:
    """An open directory.

    Attributes:
        path: where it is.
        about: what is listed, from where, from when.
        release: the first 16 hexadecimal digits of the file's SHA-256. Site and API both carry
            it, so that anyone can see whether they were made from the same file.
        types: how many users there are of each type, in the order of ``order_by=type``.
    """

    def __init__(self, path: Path, *, release: str = "", use_mmap: bool = True) -> None:
        """Open the file at *path*, for the life of the process.

        Args:
            path: the file.
            release: the file's, where it is known; to find it out the whole file is read.
            use_mmap: whether to look at the file as memory, rather than to read page by page.

        Raises:
            DatabaseMismatch: there is none, or it is not one that this code can read.
        """
        self.path = path
        if sqlite3.sqlite_version_info < MINIMUM_SQLITE_VERSION:
            needed = ".".join(map(str, MINIMUM_SQLITE_VERSION))
            raise DatabaseMismatch(
                f"SQLite {needed} or newer is needed; this Python has {sqlite3.sqlite_version}"
            )
        try:
            self.release = release or _digest(path)
            with path.open("rb") as file:
                size = file.seek(0, 2)
        except OSError as exc:
            raise DatabaseMismatch(
                f"cannot read the directory {path}: {exc.strerror};"
                " `make build-site` makes it, DIRECTORY_DB or --database names another"
            ) from exc
        # /var/task is a read-only mount; immutable=1 makes SQLite look for no journal and take
        # no lock. https://sqlite.org/uri.html#uriimmutable
        self._sql = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            self._check_stamps(size)
            if use_mmap:  # a page is looked at where it lies, not copied first
                # https://sqlite.org/mmap.html
                self._sql.execute(f"PRAGMA mmap_size = {size}")
            *about, self._longest, self._id_bytes = self._sql.execute(
                "SELECT source, title, seeded_at, longest, id_bytes FROM about"
            ).fetchone()
            self.about = About(*about)
            self.type_names: dict[int, str] = dict(
                self._sql.execute("SELECT code, type FROM types")
            )
            self._all = self._lists("")
            # Opens the posting lists now, and shows that they are there.
            self._sql.execute("SELECT 1 FROM grams WHERE grams MATCH '\"=\"'").fetchone()
            users = {code: self._all[code].users for code in self.type_names}
            self._users = self._all[ALL_TYPES].users
        except DatabaseMismatch:
            self.close()
            raise
        # TypeError: no row says what is listed; KeyError: nor how many.
        except (sqlite3.Error, TypeError, KeyError, UnicodeDecodeError) as exc:
            self.close()
            raise self.damaged(exc) from exc
        self._codes = type_groups(self.type_names)
        # Of types that differ in case alone, the group of all of them comes last, and stays.
        self._groups = {
            fold(self.type_names[codes[0]]): group
            for group, codes in self._codes.items()
            if group != ALL_TYPES
        }
        self.types = {self.type_names[code]: users[code] for code in self._codes[ALL_TYPES]}

    @property
    def users(self) -> int:
        """How many users are listed."""
        return self._users

    def find(self, query: ProfileQuery) -> Page:
        """Return the page *query* asks for; without profiles when it is past the end."""
        try:
            rows, total = self._find(query)
            return Page(tuple(self._profiles(rows)), query.page, query.pagination, total)
        except (sqlite3.DatabaseError, TypeError, KeyError) as exc:  # an anchor, a type is missing
            raise self.damaged(exc) from exc

    def statements(
        self, order_by: str, type_: str | None, start: int, stop: int
    ) -> tuple[list[Statement], int]:
        """Return what reads the rows from *start* to before *stop* of those of *type_*, from 0.

        And how many users these are. In a descending order the rows come in the reverse.
        """
        group = self._group_of(type_)
        chosen = [self._all[listed] for listed in self._listed_groups(group, order_by)]
        total = sum(one.users for one in chosen)
        return [*self._statements(chosen, start, stop, order_by)], max(min(stop, total) - start, 0)

    def rows(self, sql: str, values: Sequence[object]) -> list[Any]:
        """Return what *sql* finds: every statement of a query comes by here."""
        return self._sql.execute(sql, values).fetchall()

    def damaged(self, why: Exception | str) -> DatabaseMismatch:
        """Return the error that says that the file is not what it should be."""
        if "no such module: fts5" in str(why):
            return DatabaseMismatch(
                f"this Python's SQLite {sqlite3.sqlite_version} has no FTS5, which the search"
                " needs; python.org's builds, Debian's and Lambda's have it"
            )
        return DatabaseMismatch(
            f"{self.path} is not a directory database, or a damaged one ({why});"
            " `ghdirectory bake` makes it anew"
        )

    def explicit_urls(self, rows: Sequence[Row]) -> dict[int, tuple[str, str]]:
        """Return the avatar_url and html_url of those of *rows* that have their own, by id."""
        own = [identity for identity, flagged, _ in rows if flagged & 1]
        return {
            identity: (avatar_url, html_url)
            for start in range(0, len(own), _AT_ONCE)
            for identity, avatar_url, html_url in self.rows(_ADDRESSES, _filled(own, start))
        }

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def _find(self, query: ProfileQuery) -> tuple[Sequence[Row], int]:
        group = self._group_of(query.type)
        if group is None:
            return [], 0
        term = None if query.username is None else fold(query.username)
        start = (query.page - 1) * query.pagination
        if query.id is not None:
            found = self._one(query.id, group, term)
            return found[start : start + query.pagination], len(found)
        lists = self._all
        if term is not None:
            if len(term) > self._longest:
                return [], 0
            lists = self._lists(term)
            if not lists:
                return self._page_of_few(self._few(term, group), group, query)
        chosen = [
            lists[listed]
            for listed in self._listed_groups(group, query.order_by)
            if listed in lists
        ]
        return self._between(chosen, start, start + query.pagination, query.order_by)

    def _group_of(self, type_: str | None) -> int | None:
        """Return the type group that *type_* asks for; None if no user has such a type."""
        return ALL_TYPES if type_ is None else self._groups.get(fold(type_))

    def _between(
        self, lists: Sequence[_List], start: int, stop: int, order_by: str
    ) -> tuple[Sequence[Row], int]:
        """Return what stands from *start* to before *stop* in *lists*, and how many in all."""
        rows: list[Row] = []
        for sql, values in self._statements(lists, start, stop, order_by):
            rows += self.rows(sql, values)
        if order_by.startswith("-"):
            rows.reverse()
        return rows, sum(one.users for one in lists)

    def _listed_groups(self, group: int | None, order_by: str) -> Sequence[int]:
        """Return the type groups whose lists, joined, are the users of *group* in that order."""
        if group is None:
            return ()
        return self._codes[group] if order_by.endswith("type") else (group,)

    def _lists(self, term: str) -> dict[int, _List]:
        """Return the lists of those who have *term*, by kind; none if they are few."""
        rows = self.rows(
            "SELECT term, kind, list, users, match, exact FROM lists WHERE term = ?", [term]
        )
        return {row[1]: _List(*row) for row in rows}

    def _statements(
        self, lists: Sequence[_List], start: int, stop: int, order_by: str
    ) -> Iterator[Statement]:
        """Yield what reads what stands from *start* to before *stop* in *lists*, one after another.

        In a descending order these are the same users counted from the end, read in the other.
        """
        if order_by.startswith("-"):
            total = sum(one.users for one in lists)
            start, stop = max(total - stop, 0), total - start
        before = 0
        for one in lists:
            first, last = max(start - before, 0), min(stop - before, one.users)
            if first < last:
                yield self._statement(one, first, last - first)
            before += one.users

    def _statement(self, one: _List, first: int, count: int) -> Statement:
        """Return what reads *count* users of the list *one* from its number *first* on, from 0."""
        anchor, skip = divmod(first, ANCHOR_INTERVAL)
        begin = self._anchor(one.number, anchor) if anchor else 0
        if one.exact:  # whom it skips, it need not look at
            return (
                "SELECT u.id, u.type, u.username FROM (SELECT rowid AS id FROM grams"
                " WHERE grams MATCH ? AND rowid >= ? ORDER BY rowid LIMIT ? OFFSET ?)"
                " CROSS JOIN users u USING (id)",
                [one.match, begin, count, skip],
            )
        tests, values = "", []
        if one.kind != ALL_TYPES:
            types = (f"{2 * code}, {2 * code + 1}" for code in self._codes[one.kind])
            tests += f" AND u.type IN ({', '.join(types)})"
        if one.term:
            tests += " AND instr(lower(u.username), ?)"
            values.append(one.term)
        if one.match is None:
            return (
                "SELECT u.id, u.type, u.username FROM users u"
                f" WHERE u.id >= ?{tests} ORDER BY u.id LIMIT ? OFFSET ?",
                [begin, *values, count, skip],
            )
        return (
            "SELECT u.id, u.type, u.username FROM grams CROSS JOIN users u ON u.id = grams.rowid"
            f" WHERE grams MATCH ? AND grams.rowid >= ?{tests}"
            " ORDER BY grams.rowid LIMIT ? OFFSET ?",
            [one.match, begin, *values, count, skip],
        )

    def _anchor(self, number: int, anchor: int) -> int:
        """Return the id at the anchor of that number in the list of that *number*."""
        row, place = divmod(anchor, ANCHORS_PER_ROW)
        width = self._id_bytes
        ((found,),) = self.rows(
            "SELECT substr(ids, ?, ?) FROM anchors WHERE list = ? AND number = ?",
            [width * place + 1, width, number, row],
        )
        return int.from_bytes(found, "little")

    def _one(self, identity: int, group: int, term: str | None) -> list[Row]:
        """Return the user *identity* if it is of those types and has that term."""
        if identity > _MAX_INTEGER:
            return []
        return [
            (found, flagged, username)
            for found, flagged, username in self.rows(
                "SELECT id, type, username FROM users WHERE id = ?", [identity]
            )
            if flagged >> 1 in self._codes[group] and (term is None or term in fold(username))
        ]

    def _few(self, term: str, kind: int) -> list[Row]:
        """Return all of *kind* who have *term*, which is none of `lists`: they are few.

        Of those of the commonest type, and where there is no gram to look for, it returns all.
        """
        inside = "instr(lower(u.username), ?)"
        words = self._words(term)
        if not words:
            return self.rows(f"SELECT u.id, u.type, u.username FROM users u WHERE {inside}", [term])
        if kind in self._all and self._all[kind].match:
            words = [*words, type_group_token(kind)]
        return self.rows(
            "SELECT u.id, u.type, u.username FROM grams CROSS JOIN users u ON u.id = grams.rowid"
            f" WHERE grams MATCH ? AND {inside}",
            [match_query(words), term],
        )

    def _words(self, term: str) -> list[str]:
        """Return up to three words of `grams` that whoever has the rare *term* has, if any."""
        if len(term) <= MAX_GRAM:
            return [term_token(term)]
        # Longer parts are of use where all grams are such that too many have.
        for length in range(MAX_GRAM, len(term)):
            parts = sorted(substrings(term, length))[:_MAX_VALUES]
            rows = self.rows(
                f"SELECT term, users, exact FROM lists WHERE kind = {ALL_TYPES}"
                f" AND term IN ({_marks(parts)})",
                parts,
            )
            having = dict.fromkeys(parts, 0) if length == MAX_GRAM else {}
            for part, users, exact in rows:
                if exact:
                    having[part] = users
                else:
                    having.pop(part, None)
            if having:
                return [term_token(part) for part in sorted(having, key=having.__getitem__)[:3]]
            if not rows:
                break
        return []

    def _page_of_few(
        self, rows: Sequence[Row], group: int, query: ProfileQuery
    ) -> tuple[Sequence[Row], int]:
        """Return the page of *rows*, which come in the order of ids, and how many there are."""
        found = [row for row in rows if row[1] >> 1 in self._codes[group]]
        if query.order_by.endswith("type"):
            found.sort(key=lambda row: self.type_names[row[1] >> 1])
        if query.order_by.startswith("-"):
            found.reverse()
        start = (query.page - 1) * query.pagination
        return found[start : start + query.pagination], len(found)

    def _profiles(self, rows: Sequence[Row]) -> Iterator[Profile]:
        addresses = self.explicit_urls(rows)
        # A named tuple's own constructor takes three times as long, for every user of every page.
        new, types = tuple.__new__, self.type_names
        for identity, flagged, username in rows:
            urls = addresses[identity] if flagged & 1 else implied_urls(identity, username)
            yield new(Profile, (identity, username, types[flagged >> 1], *urls))

    def _check_stamps(self, size: int) -> None:
        stamps = self._value("PRAGMA application_id"), self._value("PRAGMA user_version")
        if stamps != (APPLICATION_ID, SCHEMA_VERSION):
            raise DatabaseMismatch(
                f"{self.path} is stamped {stamps[0]:#x} version {stamps[1]}, and this code reads"
                f" {APPLICATION_ID:#x} version {SCHEMA_VERSION}; `ghdirectory bake` makes"
                " it anew"
            )
        whole = self._value("PRAGMA page_size") * self._value("PRAGMA page_count")
        if size != whole:
            raise self.damaged(f"{size:,} bytes, not {whole:,}")

    def _value(self, sql: str) -> int:
        try:
            return int(self._sql.execute(sql).fetchone()[0])
        except sqlite3.DatabaseError as exc:
            raise self.damaged(exc) from exc


def _digest(path: Path) -> str:
    import hashlib  # a cold start that knows the release does without

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _filled(values: Sequence[int], start: int) -> Sequence[int | None]:
    """Return `_AT_ONCE` of *values* from *start* on, filled up with None, which nothing is in."""
    found = values[start : start + _AT_ONCE]
    return [*found, *[None] * (_AT_ONCE - len(found))]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))

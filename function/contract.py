"""The records and the database schema that the function and the generator share. Does no I/O.

The database has a row for each user, and a search index. The index answers two questions without
counting or scanning: how many users match a query, and which of them are on a page.

A term is any substring of a username. A term is frequent if so many users have it that a search
must not read them all; `generator.bake.terms` has the limits.

A list has users of one type group (`function.index.type_groups`), in the order of their ids. It
has all of them, or those whose username contains one frequent term. An anchor is the id of every
32nd user of a list, from the first on: reading starts there.

A posting list, in the table `grams`, has the ids of all users with one token. A token stands for
an n-gram (a term of one to three characters), a longer frequent term, or a type group.
"""

from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

# "GHdi" in ASCII. https://sqlite.org/fileformat2.html#application_id
APPLICATION_ID = 0x47486469
# Raise it with every change of SCHEMA: a function refuses a file of another version.
SCHEMA_VERSION = 4
# 3.37 has STRICT tables, and 3.38 has the JSON functions in every build.
# https://sqlite.org/stricttables.html https://sqlite.org/json1.html
MINIMUM_SQLITE_VERSION = (3, 38, 0)

# The fields of a `Profile`, as columns of `github_users` here and in the generator's store.
COLUMNS = "id, username, type, avatar_url, html_url"

_AVATAR_URL = "https://avatars.githubusercontent.com/u/"
_HTML_URL = "https://github.com/"

# The comments stand before each statement, since SQLite stores a statement's text in the file.
SCHEMA = f"""
-- ?id=, and the users of a list from an anchor on. type is a packed type: twice the type's code,
-- plus 1 if the user has explicit URLs in `addresses`.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    username TEXT NOT NULL
) STRICT;

-- The explicit URLs: of users whose URLs are not those that id and username imply.
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    avatar_url TEXT NOT NULL,
    html_url TEXT NOT NULL
) STRICT;

-- The name of each type code.
CREATE TABLE types (
    code INTEGER PRIMARY KEY,
    type TEXT NOT NULL
) STRICT;

-- The total of a page's list, and how to read it. A term that is not here is rare.
-- term: a frequent term, or '' for all users. kind: the type group. list: its number in `anchors`.
-- users: how many it has. match: the query for `grams` that finds them; NULL if so many users are
-- in the list that reading all users finds them as fast. precise: 1 if match finds nobody else.
-- exact_id: of the users whose whole name is the term, the highest id; NULL if there is none.
CREATE TABLE lists (
    term TEXT NOT NULL,
    kind INTEGER NOT NULL,
    list INTEGER NOT NULL,
    users INTEGER NOT NULL,
    match TEXT,
    precise INTEGER NOT NULL,
    exact_id INTEGER,
    PRIMARY KEY (term, kind)
) STRICT, WITHOUT ROWID;

-- Where to start reading for a page deep in a list. Each row has 256 anchors.
-- list: the list's number. number: the row's number in that list. ids: the anchors, one after
-- another, each of about.id_bytes bytes.
CREATE TABLE anchors (
    list INTEGER NOT NULL,
    number INTEGER NOT NULL,
    ids BLOB NOT NULL,
    PRIMARY KEY (list, number)
) STRICT, WITHOUT ROWID;

-- ?username= and ?type=: the posting lists. gram: the tokens of a user, separated by blanks:
-- n-grams and longer terms (function.index.term_token), type groups (type_group_token).
-- https://sqlite.org/fts5.html#contentless_tables
CREATE VIRTUAL TABLE grams USING fts5(
    gram, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '-_='"
);

-- One row: where the users are from, a title for people, when they were seeded.
-- longest: the length of the longest username. id_bytes: how many bytes an anchor takes.
CREATE TABLE about (
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    seeded_at TEXT NOT NULL,
    longest INTEGER NOT NULL,
    id_bytes INTEGER NOT NULL
) STRICT;

-- The users as one plain table, for people and tools. The function does not query it.
CREATE VIEW github_users AS
SELECT
    users.id AS id,
    username,
    types.type AS type,
    coalesce(avatar_url, '{_AVATAR_URL}' || users.id || '?v=4') AS avatar_url,
    coalesce(html_url, '{_HTML_URL}' || username) AS html_url
FROM users
JOIN types ON code = users.type >> 1
LEFT JOIN addresses USING (id);
"""


# Named tuples, since each dataclass that is defined takes time of a cold start.
class Profile(NamedTuple):
    """One account as the directory lists it. Each text is as GitHub sent it.

    *type* is an open set: "User", "Organization", "Bot", "Mannequin" and others.
    """

    id: int
    username: str
    type: str
    avatar_url: str
    html_url: str


class Page(NamedTuple):
    """One page of the profiles that match a query.

    Attributes:
        profiles: at most *pagination* of them; none if the page is past the end.
        page: the number of the page, from 1.
        pagination: the page size.
        total: how many profiles all pages have.
        exact: the profile whose whole name is the term that was searched for, on this page or not;
            None if nobody has that name. Of several profiles, the one with the highest id.
    """

    profiles: tuple[Profile, ...]
    page: int
    pagination: int
    total: int
    exact: Profile | None = None

    @property
    def pages(self) -> int:
        """How many pages the query has; 0 if nothing matches."""
        return count_pages(self.total, self.pagination)


class About(NamedTuple):
    """Which users a directory lists.

    Attributes:
        source: the source that was seeded, such as "users".
        title: the same for people, such as "GitHub users".
        seeded_at: RFC 3339, UTC, to the second: "2026-11-24T12:00:00Z".
    """

    source: str
    title: str
    seeded_at: str


def implied_urls(user_id: int, username: str) -> tuple[str, str]:
    """Return the avatar_url and the html_url that GitHub gives an ordinary account."""
    return f"{_AVATAR_URL}{user_id}?v=4", _HTML_URL + username


def ordinary_profile(user_id: int, username: str, type_: str) -> Profile:
    """Return the profile with the URLs that `implied_urls` returns."""
    return Profile(user_id, username, type_, f"{_AVATAR_URL}{user_id}?v=4", _HTML_URL + username)


def count_pages(total: int, pagination: int) -> int:
    """Return the number of pages for *total* rows, at most *pagination* on each."""
    return -(-total // pagination)


def fold(text: str) -> str:
    """Return *text* with A-Z as a-z and every other character unchanged, like SQLite's lower().

    GitHub compares logins like this. https://sqlite.org/lang_corefunc.html#lower
    """
    return text.translate(_FOLD)


_FOLD = str.maketrans(ascii_uppercase, ascii_lowercase)

"""What both halves agree on: the records, and the file they are baked into. Does no I/O."""

from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

# "GHdi". https://sqlite.org/fileformat2.html#application_id
APPLICATION_ID = 0x47486469
# Grows with every change of SCHEMA, so that a function never reads a file of another shape.
SCHEMA_VERSION = 3
# STRICT tables, and (for the generator) JSON in every SQLite: https://sqlite.org/json1.html
MINIMUM_SQLITE_VERSION = (3, 38, 0)

# The fields of a `Profile`, as columns of `github_users` here and in the generator's store.
COLUMNS = "id, username, type, avatar_url, html_url"


_AVATAR_URL = "https://avatars.githubusercontent.com/u/"
_HTML_URL = "https://github.com/"

SCHEMA = f"""
-- Every user, in the order of ids: ?id=, and the pages of a list from an anchor on.
-- type is twice the type's code, and one more if `addresses` has the user.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    username TEXT NOT NULL
) STRICT;

-- Addresses that are not what id and username imply.
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    avatar_url TEXT NOT NULL,
    html_url TEXT NOT NULL
) STRICT;

CREATE TABLE types (
    code INTEGER PRIMARY KEY,
    type TEXT NOT NULL
) STRICT;

-- The total of every list: of all users (term '') and of those whose username has a term that
-- many have, each of every kind. A term of many that is not here has no such list.
-- match: what leads to its users in `grams`; NULL: they are looked for among all users, as there is
-- one among any few. exact: whether match leads to nobody else.
CREATE TABLE lists (
    term TEXT NOT NULL,
    kind INTEGER NOT NULL,
    list INTEGER NOT NULL,
    users INTEGER NOT NULL,
    match TEXT,
    exact INTEGER NOT NULL,
    PRIMARY KEY (term, kind)
) STRICT, WITHOUT ROWID;

-- Where to begin in a list for a page deep in it: nothing is counted away from its start.
CREATE TABLE anchors (
    list INTEGER NOT NULL,
    number INTEGER NOT NULL,
    ids BLOB NOT NULL,
    PRIMARY KEY (list, number)
) STRICT, WITHOUT ROWID;

-- ?username=, ?type=, ?order_by=type: who has which gram or other term, and is of which kind ("="
-- and its number).
-- https://sqlite.org/fts5.html#contentless_tables
CREATE VIRTUAL TABLE grams USING fts5(
    gram, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '-_='"
);

-- One row: what is listed, from where, from when; the length of the longest username, and how many
-- bytes an anchor takes.
CREATE TABLE about (
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    seeded_at TEXT NOT NULL,
    longest INTEGER NOT NULL,
    id_bytes INTEGER NOT NULL
) STRICT;

-- The plain table, for people and tools.
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


# These are named tuples because a cold start waits for every dataclass that is made.
class Profile(NamedTuple):
    """One account as the directory lists it; every text is as GitHub sent it.

    *type* is an open set ("User", "Organization", "Bot", "Mannequin", ...).
    """

    id: int
    username: str
    type: str
    avatar_url: str
    html_url: str


class Page(NamedTuple):
    """Page number *page* (from 1) of a list of *total* profiles, *pagination* to a page."""

    profiles: tuple[Profile, ...]
    page: int
    pagination: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages the list has; 0 when it is empty."""
        return count_pages(self.total, self.pagination)


class About(NamedTuple):
    """What a directory lists: its source, a title for people, and when it was gathered.

    *seeded_at* is RFC 3339, UTC, to the second: "2026-11-24T12:00:00Z".
    """

    source: str
    title: str
    seeded_at: str


def implied_urls(identity: int, username: str) -> tuple[str, str]:
    """Return the avatar_url and the html_url that GitHub has for an ordinary account."""
    return f"{_AVATAR_URL}{identity}?v=4", _HTML_URL + username


def count_pages(total: int, pagination: int) -> int:
    """Return how many pages *total* rows fill, *pagination* to a page."""
    return -(-total // pagination)


def fold(text: str) -> str:
    """Return *text* with A-Z as a-z and every other character as it is, like SQLite's lower().

    GitHub compares logins that way. https://sqlite.org/lang_corefunc.html#lower
    """
    return text.translate(_FOLD)


_FOLD = str.maketrans(ascii_uppercase, ascii_lowercase)

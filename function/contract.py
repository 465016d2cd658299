"""What both halves agree on: the records, and the file they are baked into. Does no I/O."""

from dataclasses import dataclass
from operator import attrgetter
from string import ascii_lowercase, ascii_uppercase

# "GHdi". https://sqlite.org/fileformat2.html#application_id
APPLICATION_ID = 0x47486469
# Grows with every change of SCHEMA, so that a function never reads a file of another shape.
SCHEMA_VERSION = 1
# STRICT tables: https://sqlite.org/stricttables.html
MINIMUM_SQLITE_VERSION = (3, 37, 0)

# The fields of a `Profile`, as columns of `github_users` here and in the generator's store.
COLUMNS = "id, username, type, avatar_url, html_url"

SCHEMA = """
-- ?id=, and ?order_by=id: the table's own order
CREATE TABLE github_users (
    id INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    type TEXT NOT NULL,
    avatar_url TEXT NOT NULL,
    html_url TEXT NOT NULL
) STRICT;

-- ?order_by=type (ties by id), and ?type=
CREATE INDEX github_users_by_type ON github_users (type, id);

-- totals without a filter or by type alone: nothing is counted when a request comes in
CREATE TABLE types (
    type TEXT PRIMARY KEY,
    users INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- one row: what is listed, from where, from when
CREATE TABLE about (
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    seeded_at TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """One account as the directory lists it; every text is as GitHub sent it.

    *type* is an open set ("User", "Organization", "Bot", "Mannequin", ...).
    """

    id: int
    username: str
    type: str
    avatar_url: str
    html_url: str


@dataclass(frozen=True, slots=True)
class Page:
    """Page number *page* (from 1) of a list of *total* profiles, *pagination* to a page."""

    profiles: tuple[Profile, ...]
    page: int
    pagination: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages the list has; 0 when it is empty."""
        return pages(self.total, self.pagination)


@dataclass(frozen=True, slots=True)
class About:
    """What a directory lists: its source, a title for people, and when it was gathered.

    *seeded_at* is RFC 3339, UTC, to the second: "2026-11-24T12:00:00Z".
    """

    source: str
    title: str
    seeded_at: str


# A profile's fields in the order of COLUMNS: ten times as fast as dataclasses.astuple.
as_row = attrgetter(*COLUMNS.split(", "))


def pages(total: int, pagination: int) -> int:
    """Return how many pages *total* rows fill, *pagination* to a page."""
    return -(-total // pagination)


def fold(text: str) -> str:
    """Return *text* with A-Z as a-z and every other character as it is, like SQLite's lower().

    GitHub compares logins that way. https://sqlite.org/lang_corefunc.html#lower
    """
    return text.translate(_FOLD)


_FOLD = str.maketrans(ascii_uppercase, ascii_lowercase)

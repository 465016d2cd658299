"""The users of a list and their positions: the SQL statements of `Store`."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from function.contract import COLUMNS, Profile
from generator.github import Step

# The position of a user that another user displaced. Whether it reappears later in the list, or
# is gone, shows only at the end of the list.
PARKED = f"{2**62} + (id & {2**61 - 1})"


@dataclass(frozen=True, slots=True)
class Tally:
    """The changes that reading a list made, in users.

    Attributes:
        new: users that were not in the list before.
        renamed: users with another name.
        retyped: users with another type.
        changed: users with another address, but the same name and type.
        gone: users that are no longer in the part of the list that was read.
        unchanged: users with the same values.
    """

    new: int = 0
    renamed: int = 0
    retyped: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Return the sum of both."""
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Seen:
    """A user of a reply, and its state in the store before.

    Attributes:
        profile: the profile that is stored now.
        stored: the profile that was stored before; None if there was none.
        first_seen: when the user was first stored, RFC 3339 in UTC.
        was_member: whether the user was in the list.
    """

    profile: Profile
    stored: Profile | None
    first_seen: str
    was_member: bool

    @property
    def is_changed(self) -> bool:
        """Whether the stored profile had other values."""
        return self.stored is not None and self.stored != self.profile


def already_read(
    sql: sqlite3.Connection, number: int, position: int, users: Sequence[int]
) -> set[int]:
    """Return those of *users* that are at or before *position* in list *number*."""
    marks = ", ".join("?" * len(users))
    # The plus makes SQLite look up each id. Without it, SQLite would scan all earlier positions.
    # https://sqlite.org/optoverview.html#uplus
    rows = sql.execute(
        f"SELECT id FROM members WHERE id IN ({marks}) AND list = ? AND +position <= ?",
        [*users, number, position],
    )
    return {row[0] for row in rows}


def store_users(
    sql: sqlite3.Connection, number: int, users: Sequence[Profile], now: str, *, local: bool = False
) -> list[Seen]:
    """Store *users* of list *number*, and return each once, with its state before.

    A *local* list does not change the values of users that are in a list on GitHub.
    """
    latest = {user.id: user for user in users}
    marks = ", ".join("?" * len(latest))
    is_on_github = (
        "EXISTS (SELECT 1 FROM members o JOIN lists USING (list)"
        " WHERE o.id = u.id AND position IS NOT NULL AND cursor IS NOT NULL)"
    )
    known = {
        row[0]: row
        for row in sql.execute(
            f"SELECT u.{COLUMNS}, first_seen, position, {is_on_github if local else 'FALSE'}"
            " FROM github_users u LEFT JOIN members m ON m.id = u.id AND m.list = ?"
            f" WHERE u.id IN ({marks})",
            [number, *latest],
        )
    }
    seen = []
    for user in latest.values():
        *columns, first_seen, position, unchanged = known.get(user.id, (None, None, False))
        stored = Profile(*columns) if columns else None
        seen.append(
            Seen(stored if stored and unchanged else user, stored, first_seen, position is not None)
        )
    sql.executemany(
        f"INSERT INTO github_users ({COLUMNS}, first_seen, last_seen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " username = excluded.username, type = excluded.type, avatar_url = excluded.avatar_url,"
        " html_url = excluded.html_url, last_seen = excluded.last_seen, gone_at = NULL",
        [(*user.profile, now, now) for user in seen],
    )
    return seen


def place(sql: sqlite3.Connection, number: int, step: Step, now: str) -> int:
    """Store the positions of *step* in list *number*. Return how many users are gone from it."""
    sql.executemany(
        "INSERT INTO members (id, list, position) VALUES (?, ?, ?)"
        " ON CONFLICT (id, list) DO UPDATE SET position = excluded.position",
        [(identity, number, position) for identity, position in step.positions.items()],
    )
    marks = ", ".join("?" * len(step.positions))
    between = f"list = ? AND position > ? AND position <= ? AND id NOT IN ({marks})"
    values = [number, step.after, step.reached, *step.positions]
    new_position = "NULL" if step.is_by_id else PARKED
    missing = sql.execute(
        f"UPDATE members SET position = {new_position} WHERE {between} RETURNING id", values
    ).fetchall()
    gone = missing if step.is_by_id else []
    if step.is_end:
        gone += sql.execute(
            "UPDATE members SET position = NULL WHERE list = ? AND position > ? RETURNING id",
            [number, step.reached],
        ).fetchall()
    sql.executemany(
        "UPDATE github_users SET gone_at = ? WHERE id = ? AND NOT EXISTS"
        " (SELECT 1 FROM members m WHERE m.id = github_users.id AND position IS NOT NULL)",
        [(now, identity) for (identity,) in gone],
    )
    return len(gone)


def compare(seen: Iterable[Seen]) -> Tally:
    """Return the changes of users that this reading has not read before."""
    numbers: Counter[str] = Counter()
    for user in seen:
        if not user.was_member or user.stored is None:
            numbers["new"] += 1
        elif not user.is_changed:
            numbers["unchanged"] += 1
        else:
            renamed = user.stored.username != user.profile.username
            retyped = user.stored.type != user.profile.type
            numbers["renamed"] += renamed
            numbers["retyped"] += retyped
            numbers["changed"] += not (renamed or retyped)
    return Tally(**numbers)


def compare_with_before(sql: sqlite3.Connection, members: int) -> Tally:
    """Return the changes of *members* users against the temporary table ``before``.

    That table has the earlier values of some of them. Rows of users that are unchanged in the end
    are deleted from it.
    """
    sql.execute(
        "DELETE FROM before WHERE EXISTS (SELECT 1 FROM github_users u WHERE u.id = before.id"
        " AND u.username = before.username AND u.type = before.type"
        " AND u.avatar_url = before.avatar_url AND u.html_url = before.html_url)"
    )
    renamed, retyped, changed, different = sql.execute(
        "SELECT coalesce(sum(u.username != b.username), 0), coalesce(sum(u.type != b.type), 0),"
        " coalesce(sum(u.username = b.username AND u.type = b.type), 0), count(*)"
        " FROM before b JOIN github_users u USING (id)"
    ).fetchone()
    return Tally(renamed=renamed, retyped=retyped, changed=changed, unchanged=members - different)


def between(sql: sqlite3.Connection, number: int, after: int, reached: int) -> list[Profile]:
    """Return the users after position *after*, up to *reached*, of list *number*, in order."""
    rows = sql.execute(
        f"SELECT {COLUMNS} FROM github_users JOIN members USING (id)"
        " WHERE list = ? AND position > ? AND position <= ? ORDER BY position",
        [number, after, reached],
    )
    return [Profile(*row) for row in rows]

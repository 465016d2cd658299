"""Who stands where in a list, and what is known of them: the statements behind `Store`."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from function.contract import COLUMNS, Profile
from generator.github import Step

# Where one is put who lost the position to another: whether that one stands further back or is
# gone shows only when the list has been read to its end.
FURTHER_BACK = f"{2**62} + (id & {2**61 - 1})"


@dataclass(frozen=True, slots=True)
class Tally:
    """What reading a list changed: how many users are *new* to it, and so on.

    *changed* are those of whom neither name nor type but an address did, *gone* those who are no
    longer in the part that was read.
    """

    new: int = 0
    renamed: int = 0
    retyped: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Seen:
    """A *user*, how it was *stored* (since *first_seen*), and if it was a *member* of the list."""

    user: Profile
    stored: Profile | None
    first_seen: str
    member: bool

    @property
    def changed(self) -> bool:
        """Whether it was stored otherwise."""
        return self.stored is not None and self.stored != self.user


def met(sql: sqlite3.Connection, number: int, position: int, users: Sequence[int]) -> set[int]:
    """Return who of *users* stands at or before *position* in list *number*."""
    marks = ", ".join("?" * len(users))
    # The plus keeps SQLite from going through everybody who stands before that position instead.
    # https://sqlite.org/optoverview.html#uplus
    rows = sql.execute(
        f"SELECT id FROM members WHERE id IN ({marks}) AND list = ? AND +position <= ?",
        [*users, number, position],
    )
    return {row[0] for row in rows}


def store_users(
    sql: sqlite3.Connection, number: int, users: Sequence[Profile], now: str, *, local: bool = False
) -> list[Seen]:
    """Store *users* of list *number*, and return each once, with what was known before.

    Of those that a list on GitHub has, a *local* list only says that they were seen.
    """
    latest = {user.id: user for user in users}
    marks = ", ".join("?" * len(latest))
    told = (
        "EXISTS (SELECT 1 FROM members o JOIN lists USING (list)"
        " WHERE o.id = u.id AND position IS NOT NULL AND cursor IS NOT NULL)"
    )
    known = {
        row[0]: row
        for row in sql.execute(
            f"SELECT u.{COLUMNS}, first_seen, position, {told if local else 'FALSE'}"
            " FROM github_users u LEFT JOIN members m ON m.id = u.id AND m.list = ?"
            f" WHERE u.id IN ({marks})",
            [number, *latest],
        )
    }
    seen = []
    for user in latest.values():
        *columns, first_seen, position, kept = known.get(user.id, (None, None, False))
        stored = Profile(*columns) if columns else None
        seen.append(
            Seen(stored if stored and kept else user, stored, first_seen, position is not None)
        )
    sql.executemany(
        f"INSERT INTO github_users ({COLUMNS}, first_seen, last_seen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " username = excluded.username, type = excluded.type, avatar_url = excluded.avatar_url,"
        " html_url = excluded.html_url, last_seen = excluded.last_seen, gone_at = NULL",
        [(*one.user, now, now) for one in seen],
    )
    return seen


def place(sql: sqlite3.Connection, number: int, step: Step, now: str) -> int:
    """Give those of *step* their places in list *number*; return how many are gone from it."""
    sql.executemany(
        "INSERT INTO members (id, list, position) VALUES (?, ?, ?)"
        " ON CONFLICT (id, list) DO UPDATE SET position = excluded.position",
        [(identity, number, position) for identity, position in step.positions.items()],
    )
    marks = ", ".join("?" * len(step.positions))
    between = f"list = ? AND position > ? AND position <= ? AND id NOT IN ({marks})"
    values = [number, step.after, step.reached, *step.positions]
    leaves = "NULL" if step.is_by_id else FURTHER_BACK
    left = sql.execute(
        f"UPDATE members SET position = {leaves} WHERE {between} RETURNING id", values
    ).fetchall()
    gone = left if step.is_by_id else []
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
    """Return what is new in users of a list who were not met before in this reading."""
    found: Counter[str] = Counter()
    for one in seen:
        if not one.member or one.stored is None:
            found["new"] += 1
        elif not one.changed:
            found["unchanged"] += 1
        else:
            renamed = one.stored.username != one.user.username
            retyped = one.stored.type != one.user.type
            found["renamed"] += renamed
            found["retyped"] += retyped
            found["changed"] += not (renamed or retyped)
    return Tally(**found)


def compare_in_the_end(sql: sqlite3.Connection, members: int) -> Tally:
    """Return how *members* users are to what the temporary table ``before`` has of some of them.

    What is no different in the end is taken out of that table.
    """
    sql.execute(
        "DELETE FROM before WHERE EXISTS (SELECT 1 FROM github_users u WHERE u.id = before.id"
        " AND u.username = before.username AND u.type = before.type"
        " AND u.avatar_url = before.avatar_url AND u.html_url = before.html_url)"
    )
    renamed, retyped, neither, different = sql.execute(
        "SELECT coalesce(sum(u.username != b.username), 0), coalesce(sum(u.type != b.type), 0),"
        " coalesce(sum(u.username = b.username AND u.type = b.type), 0), count(*)"
        " FROM before b JOIN github_users u USING (id)"
    ).fetchone()
    return Tally(renamed=renamed, retyped=retyped, changed=neither, unchanged=members - different)


def between(sql: sqlite3.Connection, number: int, after: int, reached: int) -> list[Profile]:
    """Return who stands in a stretch of list *number*, in its order."""
    rows = sql.execute(
        f"SELECT {COLUMNS} FROM github_users JOIN members USING (id)"
        " WHERE list = ? AND position > ? AND position <= ? ORDER BY position",
        [number, after, reached],
    )
    return [Profile(*row) for row in rows]

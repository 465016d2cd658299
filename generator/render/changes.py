"""What the page "What changed" and its feed show: the changes of each day. Does no I/O."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

from generator.changes import Change
from generator.site import CHANGES_KEY, Listing
from generator.text import count, day, number

# The kinds of changes, in the order in which a day shows them, and their nouns.
KINDS = {"new": "new", "renamed": "renamed", "retyped": "of another type"}


class ShownChange(NamedTuple):
    """A change of a user.

    Attributes:
        kind: one of `KINDS`.
        username: the new name, or the present one of a user with another type.
        key: the user's row on the site.
        before: the name or type before.
        after: the new name, or the new type with its article.
    """

    kind: str
    username: str
    key: str
    before: str
    after: str


class ChangedDay(NamedTuple):
    """The changes of a day in UTC.

    Attributes:
        date: the day, as in 2026-11-24.
        text: the same for people.
        updated_at: when the newest of its changes was found, RFC 3339.
        changes: those that name a user.
        gone: how many accounts are gone, in words; empty if none is.
    """

    date: str
    text: str
    updated_at: str
    changes: tuple[ShownChange, ...]
    gone: str

    @property
    def anchor(self) -> str:
        """The day's address within the site."""
        return f"{CHANGES_KEY}#{self.date}"

    @property
    def summary(self) -> str:
        """How many changes of each kind there are, as in "2 new, 3 accounts are gone"."""
        totals = Counter(change.kind for change in self.changes)
        parts = [f"{number(totals[kind])} {text}" for kind, text in KINDS.items() if totals[kind]]
        return ", ".join(parts + [self.gone] * bool(self.gone))


def changed_days(
    changes: Iterable[Change], places: Mapping[int, tuple[int, str]]
) -> list[ChangedDay]:
    """Return the days that have *changes* to show, the newest first.

    Args:
        changes: the newest first.
        places: position and username by id, of the users that the site lists. They are not gone,
            although one list says so. Only they are named.
    """
    days = []
    for date, group in groupby(changes, lambda change: change.changed_at[:10]):
        of_day = [*group]
        listed = [each for each in of_day if each.kind in KINDS and each.id in places]
        listed.sort(key=lambda change: [*KINDS].index(change.kind))
        shown = tuple(_shown(each, *places[each.id]) for each in listed)
        gone = sum(each.kind == "gone" and each.id not in places for each in of_day)
        updated_at = of_day[0].changed_at
        if shown or gone:
            days.append(ChangedDay(date, day(updated_at), updated_at, shown, _gone(gone)))
    return days


def urn(address: str) -> str:
    """Return the id of the feed or of an entry: always the same for an *address*.

    https://datatracker.ietf.org/doc/html/rfc4287#section-4.2.6
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, address).urn


def _gone(accounts: int) -> str:
    if not accounts:
        return ""
    return f"{count(accounts, 'account')} {'is' if accounts == 1 else 'are'} gone"


def _shown(change: Change, position: int, username: str) -> ShownChange:
    page = position // Listing().pagination + 1
    key = f"{Listing().key(page)}#u{change.id}"
    before, after = change.before or "", change.after or ""
    if change.kind == "retyped":
        article = "an" if after[:1] in ("A", "E", "I", "O") else "a"  # a User
        before, after = before or "of no type", f"{article} {after}" if after else "of no type"
        return ShownChange(change.kind, username, key, before, after)
    return ShownChange(change.kind, after, key, before, after)

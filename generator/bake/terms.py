"""The search for frequent terms and the users who have them. Does no I/O.

A term is any substring of a folded username. A user's number is its place in the order of ids,
from 0.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TypeAlias

# A term is frequent if one user in FREQUENT_SHARE has it, but never with fewer users than
# MIN_FREQUENT, and always with MAX_FREQUENT. A query for a rarer term reads all users who have it.
FREQUENT_SHARE = 666
MIN_FREQUENT, MAX_FREQUENT = 100, 1500
# Longer terms are never frequent: a hundred usernames of thousands of characters could have
# millions of them. GitHub's longest login has 39 characters.
MAX_TERM = 40
# Ends each username in the text. No username has it: SQLite stores no half of a surrogate pair.
END = "\ud800"

Numbers: TypeAlias = "array[int]"


def frequency_threshold(users: int) -> int:
    """Return how many of *users* must have a term for it to be frequent."""
    return max(MIN_FREQUENT, min(MAX_FREQUENT, users // FREQUENT_SHARE))


def numbers() -> Numbers:
    """Return an empty array of numbers below 2**32, each of which takes four bytes."""
    return array("I")


@dataclass(frozen=True, slots=True)
class FrequentTerm:
    """A term, and who has it.

    Attributes:
        text: the term.
        users: the numbers of its users, ascending.
        namesakes: the numbers of those whose whole username it is, ascending.
    """

    text: str
    users: Sequence[int]
    namesakes: Sequence[int] = ()


class Usernames:
    """All usernames, as one text.

    Args:
        names: the folded usernames, in the order of ids.
    """

    def __init__(self, names: Iterable[str]) -> None:
        text, users_at = StringIO(), numbers()
        for user, name in enumerate(names):
            text.write(name + END)
            users_at.extend([user] * (len(name) + 1))
        self._text = text.getvalue()
        self._users_at = users_at  # the user of each character of the text

    def characters(self) -> dict[str, Numbers]:
        """Return the characters, and the positions of each in the text."""
        positions: defaultdict[str, Numbers] = defaultdict(numbers)
        for position, character in enumerate(self._text):
            positions[character].append(position)
        positions.pop(END, None)
        return positions

    def frequent_terms(
        self, term: str, positions: Numbers, threshold: int
    ) -> Iterator[FrequentTerm]:
        """Yield the frequent terms that begin with *term* and have up to `MAX_TERM` characters.

        Only a frequent term can begin a longer one. So the search extends a term, wherever it is
        in the text, by the characters that follow it there often enough.

        Args:
            term: where the search begins.
            positions: the positions of *term* in the text, ascending.
            threshold: the number of users that makes a term frequent.
        """
        text, users_at = self._text, self._users_at
        waiting = [(term, positions)]
        while waiting:
            term, positions = waiting.pop()
            length = len(term)
            followed_by: defaultdict[str, Numbers] = defaultdict(numbers)
            users, last = numbers(), None
            for position in positions:
                followed_by[text[position + length]].append(position)
                user = users_at[position]
                if user != last:  # a username can have the term several times
                    users.append(user)
                    last = user
            if len(users) < threshold:
                continue
            ends = followed_by.pop(END, numbers())
            namesakes = [users_at[start] for start in ends if text[start - 1] == END]
            yield FrequentTerm(term, users, namesakes)
            if length < MAX_TERM:
                waiting += (
                    (term + character, starts)
                    for character, starts in followed_by.items()
                    if len(starts) >= threshold
                )

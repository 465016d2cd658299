"""The search for frequent terms and their users. Does no I/O.

A term is any substring of a folded username. A user's number is its place in the order of ids,
from 0.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
class Occurrences:
    """Where a term occurs.

    Attributes:
        positions: its positions in the text of all usernames, ascending.
        users: the user at each position.
    """

    positions: Numbers = field(default_factory=numbers)
    users: Numbers = field(default_factory=numbers)


@dataclass(frozen=True, slots=True)
class FrequentTerm:
    """A term and its users.

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
        text = StringIO()
        for name in names:
            text.write(name + END)
        self._text = text.getvalue()

    def characters(self) -> dict[str, Occurrences]:
        """Return where each character occurs."""
        characters: defaultdict[str, Occurrences] = defaultdict(Occurrences)
        user = 0
        for position, character in enumerate(self._text):
            if character == END:
                user += 1
            else:
                occurrences = characters[character]
                occurrences.positions.append(position)
                occurrences.users.append(user)
        return characters

    def frequent_terms(
        self, term: str, occurrences: Occurrences, threshold: int
    ) -> Iterator[FrequentTerm]:
        """Yield the frequent terms that begin with *term* and have up to `MAX_TERM` characters.

        Only a frequent term can begin a longer one. So the search extends a term, wherever it
        occurs, by the characters that follow it there often enough.

        Args:
            term: where the search begins.
            occurrences: where *term* occurs.
            threshold: the number of users that makes a term frequent.
        """
        text = self._text
        waiting = [(term, occurrences)]
        while waiting:
            term, occurrences = waiting.pop()
            length = len(term)
            followed_by: defaultdict[str, Occurrences] = defaultdict(Occurrences)
            users, last = numbers(), None
            for position, user in zip(occurrences.positions, occurrences.users, strict=True):
                longer = followed_by[text[position + length]]
                longer.positions.append(position)
                longer.users.append(user)
                if user != last:  # a username can have the term several times
                    users.append(user)
                    last = user
            if len(users) < threshold:
                continue
            yield FrequentTerm(term, users, self._namesakes(followed_by.pop(END, Occurrences())))
            if length < MAX_TERM:
                waiting += (
                    (term + character, longer)
                    for character, longer in followed_by.items()
                    if len(longer.users) >= threshold
                )

    def _namesakes(self, at_ends: Occurrences) -> list[int]:
        """Return the users whose whole name is a term, from where it occurs at the end of names."""
        both = zip(at_ends.positions, at_ends.users, strict=True)
        return [user for position, user in both if self._text[position - 1] == END]

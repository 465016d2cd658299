"""Which parts of usernames many users have, and how each list of users is found. Does no I/O.

A part that many have has only parts that many have, so the longer ones are looked for among
those that the shorter ones leave: https://www.vldb.org/conf/1994/P487.PDF (Apriori).
"""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from function.index import (
    ALL_TYPES,
    ANCHOR_INTERVAL,
    MAX_GRAM,
    match_query,
    substrings,
    term_token,
    type_group_token,
)

# A term is frequent if one in so many users has it. The users of a rarer one are few enough to be
# gone through one by one when somebody asks. So are fewer than MIN_FREQUENT always, and more than
# MAX_FREQUENT never.
FREQUENT_SHARE = 666
MIN_FREQUENT, MAX_FREQUENT = 100, 1500
# GitHub's longest login has 39 characters. Longer terms are looked for when somebody asks, however
# many have them: else a few names of thousands of characters would be millions of terms.
MAX_TERM = 40
# A term longer than a gram that fewer than one in so many have leads to its users by itself: with
# those of its rarest grams, one would look at more pages than with few users between.
SPARSE_SHARE = 250
# Users of a kind without a word are those without the words of the others, if these are few.
MAX_NEGATED_TYPES = 4
# A list that has no more than this many users of the others between two of its anchors is found
# by going through them all; in any other, posting lists lead from one to the next.
MAX_GAP = 24 * ANCHOR_INTERVAL


def least_frequent(users: int) -> int:
    """Return how many of so many *users* have a term at least that counts as frequent."""
    return max(MIN_FREQUENT, min(MAX_FREQUENT, users // FREQUENT_SHARE))


def frequent_terms(names: Callable[[int], Iterable[str]], least: int) -> dict[str, int]:
    """Return how many of the folded *names* have each part that *least* of them or more have.

    Parts are no longer than `MAX_TERM`.

    Args:
        names: gives all names, from the first, for parts of the length it is told.
        least: how many are many.
    """
    found: dict[str, int] = {}
    for length in range(1, MAX_TERM + 1):
        counts: Counter[str] = Counter()
        for name in names(length):
            parts = substrings(name, length)
            if length > 1:
                parts = {part for part in parts if part[:-1] in found and part[1:] in found}
            counts.update(parts)
        many = {part: having for part, having in counts.items() if having >= least}
        if not many:
            break
        found |= many
    return found


def terms_of(name: str, frequent: Collection[str]) -> list[str]:
    """Return the parts of *name* that are *frequent*, each once."""
    found: dict[str, None] = {}
    for start in range(len(name)):
        for stop in range(start + 1, len(name) + 1):
            part = name[start:stop]
            if part not in frequent:
                break
            found[part] = None
    return list(found)


class PostingList:
    """The users who have a term, of one kind, as they come in the order of their ids.

    Attributes:
        users: how many there are.
        anchors: the id of the first, and of every `ANCHOR_INTERVAL`-th from there.
        stretch: how far two anchors are from each other at most, in users among whom these are.
    """

    __slots__ = ("anchors", "at", "stretch", "users")

    def __init__(self) -> None:
        self.users = 0
        self.anchors: array[int] = array("q")
        self.at = 0  # where among the others the last anchor is
        self.stretch = 0


class ListStatistics:
    """The lists of all users and of those who have a frequent term, of every kind.

    Attributes:
        frequent: how many have each term.
        of_kind: the lists of each kind, by their terms; the term of all users is "".

    Args:
        frequent: the same, without "".
        users: how many users are of each kind, `ALL_TYPES` among them.
        main: a kind that is looked for among all users, not among its own.
    """

    def __init__(
        self, frequent: Mapping[str, int], users: Mapping[int, int], main: int | None
    ) -> None:
        self.frequent = frequent
        self.of_kind: dict[int, dict[str, PostingList]] = {kind: {} for kind in users}
        self.main = main
        self._seen = dict.fromkeys(users, 0)

    def add(self, identity: int, name: str, kinds: Iterable[int]) -> None:
        """Add the user *identity* of the folded *name*, of those *kinds*; ids come in order."""
        terms = ["", *terms_of(name, self.frequent)]
        for kind in kinds:
            lists, place = self.of_kind[kind], self._place(kind)
            for term in terms:
                one = lists.get(term)
                if one is None:
                    one = lists[term] = PostingList()
                if one.users % ANCHOR_INTERVAL == 0:
                    one.anchors.append(identity)
                    one.stretch = max(one.stretch, place - one.at)
                    one.at = place
                one.users += 1
        for kind in kinds:
            self._seen[kind] += 1

    def is_dense(self, term: str, kind: int) -> bool:
        """Return whether, once all are added, some of that list are in every stretch of users."""
        one = self.of_kind[kind][term]
        return max(one.stretch, self._place(kind) - one.at) <= MAX_GAP

    def _place(self, kind: int) -> int:
        return self._seen[ALL_TYPES if kind == self.main else kind]


class IndexTokens:
    """Who has which words in `grams`, and which of them lead to which list.

    Args:
        lists: all of them.
        types: how many types there are; kinds from there on are of several types.

    Everybody has a word for each gram, for each kind, and for each longer term that fewer than one
    in `SPARSE_SHARE` have or that no gram leads to. There is none for a gram or a kind whose users
    are so many, everywhere, that one finds them among all.
    """

    def __init__(self, lists: ListStatistics, types: int) -> None:
        self._lists = lists
        of_kind, frequent = lists.of_kind, lists.frequent
        users = of_kind[ALL_TYPES][""].users
        found = {ALL_TYPES}  # among all
        if lists.main is not None and lists.is_dense("", lists.main):
            found.add(lists.main)
        self._kinds = dict.fromkeys(kind for kind in of_kind if kind not in found)
        self._types = [kind for kind in self._kinds if kind < types]
        thin = {t for k, of in of_kind.items() for t in of if t and not lists.is_dense(t, k)}
        self._terms: set[str] = set()
        for term in sorted(thin, key=len):
            if (
                len(term) <= MAX_GRAM
                or frequent[term] * SPARSE_SHARE < users
                or self._terms.isdisjoint(substrings(term, MAX_GRAM))
            ):
                self._terms.add(term)
        self._long = {term for term in self._terms if len(term) > MAX_GRAM}

    def of(self, name: str, kinds: Iterable[int]) -> list[str]:
        """Return the words of the user of the folded *name*, of those *kinds*."""
        found = [
            term_token(gram)
            for length in range(1, MAX_GRAM + 1)
            for gram in substrings(name, length)
            if gram in self._terms or gram not in self._lists.frequent
        ]
        if self._long:
            found += [
                term_token(term)
                for term in terms_of(name, self._lists.frequent)
                if term in self._long
            ]
        return found + [type_group_token(kind) for kind in kinds if kind in self._kinds]

    def match(self, term: str, kind: int) -> tuple[str | None, bool]:
        """Return what leads to the users of a list, if anything, and whether to nobody else."""
        words: list[str] = []
        exact = not term
        if term and not self._lists.is_dense(term, kind):
            words, exact = self._words_for(term), term in self._terms
        if kind in self._kinds:
            words.append(type_group_token(kind))
        if not words:
            return None, False
        if kind in self._kinds or kind == ALL_TYPES or not exact:
            return match_query(words), exact
        if len(self._types) > MAX_NEGATED_TYPES:
            return match_query(words), False
        return match_query(words) + "".join(
            f' NOT "{type_group_token(k)}"' for k in self._types
        ), True

    def _words_for(self, term: str) -> list[str]:
        """Return a word that all have who have *term*, and nobody else, or else a few of its."""
        if term in self._terms:
            return [term_token(term)]
        having = self._lists.frequent
        rarest = sorted(
            substrings(term, MAX_GRAM) & self._terms, key=lambda gram: (having[gram], gram)
        )
        return [term_token(gram) for gram in rarest[:MAX_GRAM]]

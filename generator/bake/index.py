"""The search index in memory: frequent terms, posting lists with anchors, tokens. Does no I/O.

A term is any substring of a folded username, and an n-gram is a term of one to `MAX_GRAM`
characters. Each type group has a posting list of all its users, whose term is "", and one for each
frequent term. Anchors are ids from which a query reads a page deep in a list.

A query reads a list in one of two ways. In a dense list, no two users are far apart, so a query
scans all users from an anchor on. For any other list, it looks up the tokens of users in the
full-text table `grams`.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from function.index import (
    ALL_TYPES,
    ANCHOR_INTERVAL,
    MAX_GRAM,
    match_query,
    substrings,
    term_token,
    type_group_token,
)

# A term is frequent if one user in FREQUENT_SHARE has it, but never with fewer users than
# MIN_FREQUENT, and always with MAX_FREQUENT. A query for a rarer term reads all users who have it.
FREQUENT_SHARE = 666
MIN_FREQUENT, MAX_FREQUENT = 100, 1500
# Longer terms are never frequent: a hundred usernames of thousands of characters could have
# millions of them. GitHub's longest login has 39 characters.
MAX_TERM = 40
# A term of more than MAX_GRAM characters has a token if fewer than one user in SPARSE_SHARE has
# it. With the tokens of its n-grams, a query would read more pages of the file.
SPARSE_SHARE = 250
# The main type may have no token. A query then excludes the tokens of the other types, if these
# are at most so many.
MAX_NEGATED_TYPES = 4
# A list is dense if a query scans at most so many users between two of its anchors.
MAX_GAP = 24 * ANCHOR_INTERVAL


def frequency_threshold(users: int) -> int:
    """Return how many of *users* must have a term for it to be frequent."""
    return max(MIN_FREQUENT, min(MAX_FREQUENT, users // FREQUENT_SHARE))


def frequent_terms(names: Callable[[int], Iterable[str]], threshold: int) -> dict[str, int]:
    """Return the frequent terms of up to `MAX_TERM` characters, and how many names have each.

    All substrings of a frequent term are frequent. So a longer term is counted only if its
    substrings are: the Apriori algorithm, https://www.vldb.org/conf/1994/P487.PDF

    Args:
        names: returns all folded usernames, given the length of the terms to count.
        threshold: the number of names that makes a term frequent.
    """
    frequent: dict[str, int] = {}
    for length in range(1, MAX_TERM + 1):
        counts: Counter[str] = Counter()
        for name in names(length):
            terms = substrings(name, length)
            if length > 1:
                terms = {term for term in terms if term[:-1] in frequent and term[1:] in frequent}
            counts.update(terms)
        longest = {term: count for term, count in counts.items() if count >= threshold}
        if not longest:
            break
        frequent |= longest
    return frequent


def frequent_substrings(name: str, frequent: Collection[str]) -> set[str]:
    """Return the substrings of *name* that are *frequent* terms."""
    terms = set()
    for start in range(len(name)):
        for stop in range(start + 1, len(name) + 1):
            term = name[start:stop]
            if term not in frequent:  # so no longer one is
                break
            terms.add(term)
    return terms


@dataclass(slots=True)
class PostingList:
    """The users of a type group who have a term, added in the order of their ids.

    Attributes:
        users: the number of users.
        anchors: the ids of the first user and of every `ANCHOR_INTERVAL`-th after it.
        last_position: the position of the last anchor among the users that a query would scan.
        max_gap: the most users to scan between two anchors.
        exact_id: the id of the last user whose whole name is the term.
    """

    users: int = 0
    anchors: "array[int]" = field(default_factory=lambda: array("q"))
    last_position: int = 0
    max_gap: int = 0
    exact_id: int | None = None

    def add(self, identity: int, position: int) -> None:
        """Add the user at *position* among the users that a query would scan."""
        if self.users % ANCHOR_INTERVAL == 0:
            self.anchors.append(identity)
            self.max_gap = max(self.max_gap, position - self.last_position)
            self.last_position = position
        self.users += 1


class ListStatistics:
    """All posting lists, filled user by user.

    Attributes:
        frequent: how many users have each frequent term.
        lists: the posting list of each term, by type group.
        main_type: the type of more than half of the users, or None. A query for it scans the users
            of all types.
    """

    def __init__(
        self, frequent: Mapping[str, int], group_sizes: Mapping[int, int], main_type: int | None
    ) -> None:
        self.frequent = frequent
        self.lists: dict[int, dict[str, PostingList]] = {group: {} for group in group_sizes}
        self.main_type = main_type
        self._added = dict.fromkeys(group_sizes, 0)

    def add(self, identity: int, name: str, groups: Iterable[int]) -> None:
        """Add a user to the lists of its type groups. Users come in the order of ids."""
        terms = ["", *frequent_substrings(name, self.frequent)]
        positions = {group: self._scanned(group) for group in groups}
        for group, position in positions.items():
            lists = self.lists[group]
            for term in terms:
                if term not in lists:
                    lists[term] = PostingList()
                lists[term].add(identity, position)
            if name in self.frequent:
                lists[name].exact_id = identity
            self._added[group] += 1

    def is_dense(self, term: str, group: int) -> bool:
        """Return whether a list, once all users are added, can be read by scanning users."""
        postings = self.lists[group][term]
        return max(postings.max_gap, self._scanned(group) - postings.last_position) <= MAX_GAP

    def sparse_terms(self) -> set[str]:
        """Return the frequent terms that have a list that is not dense."""
        return {
            term
            for group, lists in self.lists.items()
            for term in lists
            if term and not self.is_dense(term, group)
        }

    def _scanned(self, group: int) -> int:
        """Return how many users have been added of those that a query for *group* scans."""
        return self._added[ALL_TYPES if group == self.main_type else group]


class IndexTokens:
    """The tokens that users have in the table `grams`, and the queries that find a list by them.

    A user has a token for each n-gram, for each type group, and for some longer frequent terms.
    Dense n-grams, and the main type if it is dense, have no tokens: queries scan the users.

    Args:
        statistics: all posting lists, complete.
        types: the number of types. Type groups below it are types.
    """

    def __init__(self, statistics: ListStatistics, types: int) -> None:
        self._statistics = statistics
        self._terms = self._terms_with_tokens()
        scanned = {ALL_TYPES}
        main_type = statistics.main_type
        if main_type is not None and statistics.is_dense("", main_type):
            scanned.add(main_type)
        self._groups = statistics.lists.keys() - scanned
        self._types = sorted(group for group in self._groups if group < types)

    def _terms_with_tokens(self) -> set[str]:
        """Return the frequent terms that have a token."""
        frequent = self._statistics.frequent
        users = self._statistics.lists[ALL_TYPES][""].users
        terms: set[str] = set()
        for term in sorted(self._statistics.sparse_terms(), key=len):
            if (
                len(term) <= MAX_GRAM
                or frequent[term] * SPARSE_SHARE < users
                or terms.isdisjoint(substrings(term, MAX_GRAM))  # no n-gram leads to its users
            ):
                terms.add(term)
        return terms

    def of_user(self, name: str, groups: Iterable[int]) -> Iterator[str]:
        """Yield the tokens of a user with the folded username *name*, of these type groups."""
        frequent = self._statistics.frequent
        for length in range(1, MAX_GRAM + 1):
            for gram in substrings(name, length):
                if gram in self._terms or gram not in frequent:
                    yield term_token(gram)
        for term in frequent_substrings(name, frequent):
            if len(term) > MAX_GRAM and term in self._terms:
                yield term_token(term)
        for group in groups:
            if group in self._groups:
                yield type_group_token(group)

    def query(self, term: str, group: int) -> tuple[str | None, bool]:
        """Return the FTS5 query that finds a list, and whether it matches no other users.

        The query is None if all users have to be scanned.
        """
        tokens, is_precise = self._term_query(term, group)
        if group in self._groups:
            return match_query([*tokens, type_group_token(group)]), is_precise
        if not tokens:
            return None, False
        if group == ALL_TYPES or not is_precise:
            return match_query(tokens), is_precise
        if len(self._types) > MAX_NEGATED_TYPES:
            return match_query(tokens), False
        other_types = "".join(f' NOT "{type_group_token(type_)}"' for type_ in self._types)
        return match_query(tokens) + other_types, True

    def _term_query(self, term: str, group: int) -> tuple[list[str], bool]:
        """Return the tokens that users with *term* have, and whether no other users have them."""
        if not term:
            return [], True
        if self._statistics.is_dense(term, group):
            return [], False
        if term in self._terms:
            return [term_token(term)], True
        frequent = self._statistics.frequent
        grams = substrings(term, MAX_GRAM) & self._terms
        rarest = sorted(grams, key=lambda gram: (frequent[gram], gram))[:MAX_GRAM]
        return [term_token(gram) for gram in rarest], False

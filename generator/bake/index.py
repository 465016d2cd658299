"""The search index in memory: posting lists with anchors, and tokens. Does no I/O.

Each type group has a posting list of all its users, whose term is "", and one for each frequent
term. Anchors are ids from which a query reads a page deep in a list. An n-gram is a term of one to
`MAX_GRAM` characters.

A query reads a list in one of two ways. In a dense list, no two users are far apart, so a query
scans all users from an anchor on. For any other list, it looks up the tokens of users in the
full-text table `grams`.
"""

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from operator import add

from function.index import (
    ALL_TYPES,
    ANCHOR_INTERVAL,
    MAX_GRAM,
    match_query,
    substrings,
    term_token,
    type_group_token,
)
from generator.bake.terms import FrequentTerm

# A term of more than MAX_GRAM characters has a token if fewer than one user in SPARSE_SHARE has
# it. With the tokens of its n-grams, a query would read more pages of the file.
SPARSE_SHARE = 250
# The main type may have no token. A query then excludes the tokens of the other types, if these
# are at most so many.
MAX_NEGATED_TYPES = 4
# A list is dense if a query scans at most so many users between two of its anchors.
MAX_GAP = 24 * ANCHOR_INTERVAL

# A term and a type group.
ListKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PostingList:
    """The users of a type group who have a term.

    Attributes:
        users: the number of users.
        anchors: the ids of the first user and of every `ANCHOR_INTERVAL`-th after it.
        is_dense: whether a query scans users to find them.
        exact_id: the id of the last user whose whole username is the term; None if there is none.
    """

    users: int
    anchors: "array[int]"
    is_dense: bool
    exact_id: int | None


class ListMaker:
    """Makes the posting lists of terms.

    Args:
        ids: the id of each user, ascending.
        codes: the type code of each user.
        groups: the type codes of each type group.

    Attributes:
        main_type: the type of more than half of the users, or None. A query for it scans the users
            of all types.
    """

    def __init__(
        self, ids: Sequence[int], codes: Sequence[int], groups: Mapping[int, Sequence[int]]
    ) -> None:
        self._ids, self._codes, self._groups = ids, codes, groups
        sizes = Counter(codes)
        self.main_type = next((code for code in sizes if sizes[code] * 2 > len(ids)), None)
        everybody = self._by_group(range(len(ids)))
        self._members = {group: array("I", users) for group, users in everybody.items()}

    def all_users(self) -> dict[ListKey, PostingList]:
        """Return the list of all users of each type group."""
        return self.lists(FrequentTerm("", range(len(self._ids))))

    def lists(self, term: FrequentTerm) -> dict[ListKey, PostingList]:
        """Return the list of the term's users in each type group that has any."""
        lists = {}
        namesakes = self._by_group(term.namesakes)
        for group, users in self._by_group(term.users).items():
            anchors = users[::ANCHOR_INTERVAL]
            lists[term.text, group] = PostingList(
                users=len(users),
                anchors=array("q", [self._ids[user] for user in anchors]),
                is_dense=self._max_gap(group, anchors) <= MAX_GAP,
                exact_id=self._ids[namesakes[group][-1]] if group in namesakes else None,
            )
        return lists

    def _by_group(self, users: Iterable[int]) -> dict[int, list[int]]:
        """Return those of *users* who are in each type group that has any."""
        by_code: defaultdict[int, list[int]] = defaultdict(list)
        for user in users:
            by_code[self._codes[user]].append(user)
        by_group = {
            group: sorted(chain.from_iterable(by_code[code] for code in codes))
            for group, codes in self._groups.items()
        }
        return {group: members for group, members in by_group.items() if members}

    def _max_gap(self, group: int, anchors: Sequence[int]) -> int:
        """Return the most users that a query scans from an anchor to the next, or to the end."""
        scanned = self._members[ALL_TYPES if group == self.main_type else group]
        positions = [bisect_left(scanned, user) for user in anchors]
        return max(stop - start for start, stop in pairwise([0, *positions, len(scanned)]))


class IndexTokens:
    """The tokens that users have in the table `grams`, and the queries that find a list by them.

    A user has a token for each n-gram, for each type group, and for some longer frequent terms.
    Dense n-grams, and the main type if it is dense, have no tokens: queries scan the users.

    Args:
        lists: all posting lists.
        main_type: the type of more than half of the users, or None.
        types: the number of types. Type groups below it are types.
    """

    def __init__(
        self, lists: Mapping[ListKey, PostingList], main_type: int | None, types: int
    ) -> None:
        self._lists = lists
        # How many users have each frequent term.
        self._frequent = {
            term: postings.users for (term, group), postings in lists.items() if group == ALL_TYPES
        }
        self._terms = self._terms_with_tokens()
        self._scanned_terms = self._frequent.keys() - self._terms
        scanned = {ALL_TYPES}
        if main_type is not None and lists["", main_type].is_dense:
            scanned.add(main_type)
        self._groups = {group for _, group in lists} - scanned
        self._types = sorted(group for group in self._groups if group < types)

    def _terms_with_tokens(self) -> set[str]:
        """Return the frequent terms that have a token."""
        users = self._frequent[""]
        sparse = {term for (term, _), postings in self._lists.items() if not postings.is_dense}
        terms: set[str] = set()
        for term in sorted(sparse - {""}, key=len):
            if (
                len(term) <= MAX_GRAM
                or self._frequent[term] * SPARSE_SHARE < users
                or terms.isdisjoint(substrings(term, MAX_GRAM))  # no n-gram leads to its users
            ):
                terms.add(term)
        return terms

    def of_groups(self, groups: Iterable[int]) -> list[str]:
        """Return the tokens that a user has for these type groups."""
        return [type_group_token(group) for group in groups if group in self._groups]

    def of_name(self, name: str) -> Iterable[str]:
        """Return the tokens of a user with the folded username *name*."""
        grams = list(name)
        terms = set(grams)
        for length in range(1, MAX_GRAM):
            grams = list(map(add, grams, name[length:]))
            terms.update(grams)
        terms = terms - self._scanned_terms
        for start in range(len(name) - MAX_GRAM):
            stop = start + MAX_GRAM + 1
            while (term := name[start:stop]) in self._frequent and stop <= len(name):
                if term in self._terms:
                    terms.add(term)
                stop += 1
        return terms if term_token(name) == name else map(term_token, terms)

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
        if self._lists[term, group].is_dense:
            return [], False
        if term in self._terms:
            return [term_token(term)], True
        grams = substrings(term, MAX_GRAM) & self._terms
        rarest = sorted(grams, key=lambda gram: (self._frequent[gram], gram))[:MAX_GRAM]
        return [term_token(gram) for gram in rarest], False

"""Which parts of usernames many users have, counted at build time. Does no I/O.

A part that many have has only parts that many have, so the longer ones are looked for among
those that the shorter ones leave: https://www.vldb.org/conf/1994/P487.PDF (Apriori).
"""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable

from function.contract import DENSE, EVERY, FINE_STEP, GRAM, STEP, gram_word, grams, phrase, step

# A term that fewer have than this share of the users is looked for when somebody asks: so few can
# be gone through one by one. Fewer than FEW always can be, and more than MANY never.
SHARE = 1000
FEW, MANY = 100, 1000
# GitHub's longest login has 39 characters. Longer terms are looked for when somebody asks, however
# many have them: else a few names of thousands of characters would be millions of terms.
LONGEST_TERM = 40


def least_frequent(users: int) -> int:
    """Return how many of so many *users* have a term at least that counts as frequent."""
    return max(FEW, min(MANY, users // SHARE))


def is_dense(having: int, users: int) -> bool:
    """Return whether so many *having* a gram, of all *users*, are too many for a posting list."""
    return having * DENSE >= users


def frequent_terms(names: Callable[[int], Iterable[str]], least: int) -> dict[str, int]:
    """Return how many of the folded *names* have each part that *least* of them or more have.

    Parts are no longer than `LONGEST_TERM`.

    Args:
        names: gives all names, from the first, for parts of the length it is told.
        least: how many are many.
    """
    found: dict[str, int] = {}
    for length in range(1, LONGEST_TERM + 1):
        counts: Counter[str] = Counter()
        for name in names(length):
            parts = grams(name, length)
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


def words_of(name: str, frequent: dict[str, int], users: int) -> list[str]:
    """Return the grams of *name* that have a posting list, as words."""
    return [
        gram_word(gram)
        for length in range(1, GRAM + 1)
        for gram in grams(name, length)
        if not is_dense(frequent.get(gram, 0), users)
    ]


def match(term: str, frequent: dict[str, int], users: int) -> str | None:
    """Return what to look for to find who may have the frequent *term*; None: there is nothing."""
    parts = sorted(grams(term, min(GRAM, len(term))))
    rare = sorted(
        (part for part in parts if not is_dense(frequent[part], users)), key=frequent.__getitem__
    )
    return phrase(map(gram_word, rare[:GRAM])) if rare else None


class Lists:
    """The lists of those who have a term, of one kind: how many there are, and their anchors.

    *frequent* says how many of all *users* have each term.
    """

    def __init__(self, frequent: dict[str, int], users: int) -> None:
        self._fine = {
            term for term, having in frequent.items() if step(EVERY, having, users) == FINE_STEP
        }
        self.users: Counter[tuple[str, int]] = Counter()
        self.anchors: dict[tuple[str, int], array[int]] = {}

    def add(self, term: str, kinds: Iterable[int], identity: int) -> None:
        """Add the user *identity*, who has *term* and is of *kinds*; ids come in their order."""
        for kind in kinds:
            key = term, kind
            number = self.users[key]
            apart = FINE_STEP if kind == EVERY and term in self._fine else STEP
            if number % apart == 0:
                self.anchors.setdefault(key, array("q")).append(identity)
            self.users[key] = number + 1

"""The words of the directory's index, and how its lists are numbered. Does no I/O."""

from collections.abc import Iterable, Mapping
from string import ascii_lowercase, digits

from function.contract import fold

# A list has an anchor, the id of a user, at every so many of its users ...
ANCHOR_INTERVAL = 32
# ... and so many anchors to a row of `anchors`, least significant byte first.
ANCHORS_PER_ROW = 256
# The longest part of a username that is in `grams` however few have it.
MAX_GRAM = 3
# The kind of a list that has users of every type. Other kinds are a type's code, or, above all
# codes, one of several types that differ in case alone.
ALL_TYPES = -1


def groups(types: Mapping[int, str]) -> dict[str, list[int]]:
    """Return the codes of *types* by their folded names: what ``type`` asks for together.

    Where these are several, they have a kind of their own: see `group_kinds`.
    """
    found: dict[str, list[int]] = {}
    for code in sorted(types):
        found.setdefault(fold(types[code]), []).append(code)
    return found


def group_kinds(types: Mapping[int, str]) -> dict[tuple[int, ...], int]:
    """Return the kinds of several types that differ in case alone, by their codes."""
    several = [tuple(codes) for codes in groups(types).values() if len(codes) > 1]
    return {codes: kind for kind, codes in enumerate(sorted(several), len(types))}


def substrings(text: str, length: int) -> set[str]:
    """Return the parts of *text* that are *length* characters long."""
    return {text[start : start + length] for start in range(len(text) - length + 1)}


def match_query(words: Iterable[str]) -> str:
    """Return what to look for in the table `grams` for users who have all of *words*.

    https://sqlite.org/fts5.html#full_text_query_syntax
    """
    return " AND ".join(f'"{word}"' for word in words)


def term_token(term: str) -> str:
    """Return *term* as a word of the table `grams`: no two terms are the same word."""
    return term.translate(_WORDS)


def type_group_token(kind: int) -> str:
    """Return the word that users of *kind* have in the table `grams`."""
    return f"={kind}"


# What the tokenizer would part words at, or fold, is written in hexadecimal.
_WORDS = {
    code: f"_{code:02x}" for code in range(128) if chr(code) not in ascii_lowercase + digits + "-"
}

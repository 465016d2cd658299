"""The words of the search index: tokens, type groups and anchors. Does no I/O.

`function.contract` explains the index and has its tables.
"""

from collections.abc import Iterable, Mapping
from string import ascii_lowercase, digits

from function.contract import fold

# Users of a list from one anchor to the next.
ANCHOR_INTERVAL = 32
# Anchors in a row of the table `anchors`. Each is an id, its least significant byte first.
ANCHORS_PER_ROW = 256
# The length of the longest n-gram. Every rare n-gram has a token, and no rare longer term has one.
MAX_GRAM = 3
# The type group of all users. Others are a type's code, or a number above all codes: see
# `type_groups`.
ALL_TYPES = -1


def type_groups(types: Mapping[int, str]) -> dict[int, tuple[int, ...]]:
    """Return the type codes of each type group, in the order of the types' names.

    Each type is a group, and its code is the group's number. Types that differ in case alone, such
    as "User" and "user", are one more group together, since ``?type=`` ignores case.

    Args:
        types: the name of each type, by its code.
    """
    by_name = sorted(types, key=types.__getitem__)
    same_name: dict[str, list[int]] = {}
    for code in by_name:
        same_name.setdefault(fold(types[code]), []).append(code)
    merged = sorted((codes for codes in same_name.values() if len(codes) > 1), key=sorted)
    return {
        ALL_TYPES: tuple(by_name),
        **{code: (code,) for code in types},
        **{group: tuple(codes) for group, codes in enumerate(merged, len(types))},
    }


def substrings(text: str, length: int) -> set[str]:
    """Return the substrings of *text* that are *length* characters long."""
    return {text[start : start + length] for start in range(len(text) - length + 1)}


def match_query(tokens: Iterable[str]) -> str:
    """Return the FTS5 query for the users who have all of *tokens* in the table `grams`.

    https://sqlite.org/fts5.html#full_text_query_syntax
    """
    return " AND ".join(f'"{token}"' for token in tokens)


def term_token(term: str) -> str:
    """Return the token of *term* in the table `grams`. No two terms have the same one."""
    return term.translate(_ESCAPES)


def type_group_token(group: int) -> str:
    """Return the token that all users of the type group have in the table `grams`."""
    return f"={group}"


# The tokenizer would split a text at these characters, or fold them: they become hexadecimal.
_ESCAPES = {
    code: f"_{code:02x}" for code in range(128) if chr(code) not in ascii_lowercase + digits + "-"
}

"""The types that have listings of their own, and their slugs in keys. Does no I/O."""

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

from function.contract import fold


class ListedType(NamedTuple):
    """A type that has listings of its own.

    Attributes:
        name: the most frequent spelling. The API ignores the case of types.
        slug: the type in keys.
        users: how many users have the type, in any spelling.
    """

    name: str
    slug: str
    users: int


def listed_types(types: Mapping[str, int]) -> tuple[ListedType, ...]:
    """Return the types that can be listed, the largest first.

    A type without a name cannot be listed, because no URL could ask for it.

    Args:
        types: the number of users of each spelling of a type.
    """
    spellings: dict[str, list[str]] = {}
    for name in types:
        if name:
            spellings.setdefault(fold(name), []).append(name)
    listed = [
        ListedType(
            max(names, key=lambda name: (types[name], name)),
            _slug(folded),
            sum(types[name] for name in names),
        )
        for folded, names in spellings.items()
    ]
    return tuple(sorted(listed, key=lambda type_: (-type_.users, type_.name)))


def _slug(folded: str) -> str:
    """Return *folded* if a key may have it, otherwise a similar text with a digest of it.

    A name that ends like a digest gets a digest too: it could be the slug of another type.
    """
    is_plain = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", folded) and len(folded) <= 40
    if is_plain and not re.search(r"(^|-)[0-9a-f]{8}$", folded):
        return folded
    plain = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:30].strip("-")
    digest = hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest

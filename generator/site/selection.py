"""Which listings to render: page sizes, orders and types as a user writes them. Does no I/O."""

import re

from function.contract import fold
from function.errors import one_of
from function.query import DEFAULT_ORDER, DEFAULT_PAGINATION, MAX_PAGINATION, ORDERS
from generator.site.listed_type import ListedType

DEFAULT_PAGE_SIZES = (10, 25, 50, 100)
DEFAULT_ORDERS = ("id", "-id", "type")
# The largest number of types that "all" stands for. Every page links to each listed type.
MAX_TYPES = 8


def parse_page_sizes(text: str) -> tuple[int, ...]:
    """Return the page sizes in *text*, such as "10,25,50" or "1-100", in ascending order.

    25 is always one of them, because /users shows it.

    Raises:
        ValueError: a size is not a number, or out of range.
    """
    sizes = {DEFAULT_PAGINATION}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?\s*", part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= low <= high <= MAX_PAGINATION:
            raise ValueError(
                f"page sizes are numbers from 1 to {MAX_PAGINATION}, as in 10,25,50 or 1-100;"
                f" {part!r} is not one"
            )
        sizes.update(range(low, high + 1))
    return tuple(sorted(sizes))


def parse_orders(text: str) -> tuple[str, ...]:
    """Return the orders in *text*, such as "id,-id,type".

    The default order is always the first of them, because /users shows it.

    Raises:
        ValueError: there is no such order.
    """
    names = [DEFAULT_ORDER, *(part.strip() for part in text.split(","))]
    if unknown := set(names) - set(ORDERS):
        raise ValueError(f"an order is {one_of(ORDERS)}; {min(unknown)!r} is not one")
    return tuple(dict.fromkeys(names))


def choose_types(text: str, types: tuple[ListedType, ...]) -> tuple[ListedType, ...]:
    """Return the *types* that *text* names, in their order.

    Args:
        text: names such as "User,Bot", "none", or "all" for the first `MAX_TYPES`.
        types: the types of the directory, the largest first.

    Raises:
        ValueError: no user has a type that *text* names.
    """
    if text == "none":
        return ()
    if text == "all":
        return types[:MAX_TYPES]
    names = [fold(part.strip()) for part in text.split(",")]
    by_name = {fold(type_.name): type_ for type_ in types}
    for name in names:
        if name not in by_name:
            existing = one_of([repr(type_.name) for type_ in types[:MAX_TYPES]] or ["none"])
            raise ValueError(f"there are no users of the type {name!r}; there is {existing}")
    return tuple(type_ for name, type_ in by_name.items() if name in names)

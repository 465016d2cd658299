"""The page numbers that a page links to. Does no I/O."""


def corresponding_page(page: int, pagination: int, other_pagination: int) -> int:
    """Return the page with the same first user at another page size."""
    return (page - 1) * pagination // other_pagination + 1


def window(page: int, last: int, around: int = 2) -> list[int | None]:
    """Return the page numbers to show on *page*: the first, the last, and *around* on either side.

    None stands for a gap of at least two pages.
    """
    near = range(max(1, page - around), min(last, page + around) + 1)
    numbers: list[int | None] = []
    previous = 0
    for number in sorted({1, last, *near}):
        if number - previous == 2:
            numbers.append(number - 1)
        elif number - previous > 2:
            numbers.append(None)
        numbers.append(number)
        previous = number
    return numbers

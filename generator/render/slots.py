"""A template as string pieces: what it draws, without drawing it anew for every user and page.

A template is drawn once with a `Slot` in place of each value that will differ. A slot can be shown
and nothing else: a template that looks at it (compares it, counts it, hands it to a filter) is
refused, so what is between the slots cannot depend on what will stand in them. Does no I/O.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import NoReturn

# Characters for private use, which no template has: one to find a slot by, then which it is.
# https://www.unicode.org/faq/private_use.html
_MARK, _FIRST = "\ue000", 0xE100
_SLOT = re.compile(f"{_MARK}(.)", re.DOTALL)


class NotSlottable(Exception):
    """A template does more with a value than show it."""


class Slot:
    """Stands in a template for text that is not known yet.

    *markup* is the text, with a `placeholder` for each value. A template may ask whether there is
    any if *is_there*; nothing else.
    """

    __slots__ = ("_is_there", "_markup")

    def __init__(self, markup: str, *, is_there: bool = False) -> None:
        self._markup = markup
        self._is_there = is_there

    @staticmethod
    def is_in(text: str) -> bool:
        """Return whether *text* was drawn with a slot in it."""
        return _MARK in text

    def __html__(self) -> str:
        """Return the text for autoescaping: values are escaped before they are filled in."""
        return self._markup

    def __bool__(self) -> bool:
        """Return whether there is any text, where that is known."""
        return True if self._is_there else self._refuse()

    def _refuse(self, *_: object) -> NoReturn:
        raise NotSlottable

    # What Python would otherwise do for any object without a word.
    __eq__ = __ne__ = __hash__ = __str__ = __repr__ = __format__ = _refuse


class SlotTemplate:
    """A template's output *markup*, with a `placeholder` for each value.

    Attributes:
        parts: what of the output is before, between, and behind the values.
        slots: the numbers of the values that it is filled with, in their order.

    Raises:
        NotSlottable: there are characters in it that marks are made of.
    """

    def __init__(self, markup: str) -> None:
        slots = [ord(found[1]) - _FIRST for found in _SLOT.finditer(markup)]
        if any(slot < 0 for slot in slots) or _MARK in _SLOT.sub("", markup):
            raise NotSlottable
        self.parts = [part.encode() for part in _SLOT.split(markup)[::2]]
        self.slots = tuple(slots)

    @cached_property
    def text(self) -> bytes:
        """The output, to be filled by ``%``."""
        return b"%b".join(part.replace(b"%", b"%%") for part in self.parts)

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Return the output with *values*, escaped where they must be."""
        return self.text % tuple(values[slot] for slot in self.slots)

    def fill_all(
        self, columns: Sequence[Sequence[bytes | memoryview]], count: int
    ) -> Iterator[bytes]:
        """Yield the output with the first value of each of *columns*, and so on, *count* times."""
        parts: list[Iterable[bytes | memoryview]] = [repeat(part, count) for part in self.parts]
        for place, slot in enumerate(self.slots):
            parts.insert(2 * place + 1, columns[slot])
        return map(b"".join, zip(*parts, strict=True))

    def pick(self, columns: Sequence[Iterable[bytes]], times: int) -> Iterator[tuple[bytes, ...]]:
        """Yield what so many *times* the output are filled with, one behind another.

        *columns* are those of the first, then those of the second ...: of each, the next value.
        """
        if not self.slots:
            return repeat(())
        width = len(columns) // times
        used = (columns[width * time + slot] for time in range(times) for slot in self.slots)
        return zip(*used, strict=True)


def placeholder(number: int) -> str:
    """Return what stands for the value of that *number*, from 0."""
    return _MARK + chr(_FIRST + number)

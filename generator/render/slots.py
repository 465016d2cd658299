"""The fast path: a template drawn once, and then filled in for each user or page. Does no I/O.

`compile_slots` draws a template with a `Slot` in place of each value that differs. The text between
two slots, a literal, is the same every time. Filling literals and values together takes a tenth
of the time that Jinja2 takes. Jinja2 is the specification: a caller uses it wherever
`compile_slots` returns None, and gets the same bytes.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import NoReturn

from generator.errors import BuildError

# Two characters for private use stand for a value: one to recognize it by, one for its number.
# https://www.unicode.org/faq/private_use.html
_MARK, _FIRST = "\ue000", 0xE100
_PLACEHOLDER = re.compile(f"{_MARK}(.)", re.DOTALL)

# Values that most filters change: capitals, blanks at both ends, markup, an address, a great
# length. A template that does more than show them draws something else than a filled-in one.
HOSTILE = " <&>\"'%s%%{0}\\ Www.Example.org 7 " * 9
SHORT = "a"


class NotSlottable(Exception):
    """A template does more with a value than show it."""


class Slot:
    """Stands for a text that is not known yet. A template can show it, and do nothing else.

    Attributes:
        markup: the text, escaped, with a `placeholder` for each value in it.
        is_set: whether a template may also ask if there is a text; the answer is yes.
    """

    __slots__ = ("is_set", "markup")

    def __init__(self, markup: str, *, is_set: bool = False) -> None:
        self.markup, self.is_set = markup, is_set

    def __html__(self) -> str:
        """Return the markup. Jinja2's autoescaping calls this to show a value."""
        return self.markup

    def __bool__(self) -> bool:
        """Return True if a template may ask that."""
        return self.is_set or self._refuse()

    def _refuse(self, *_: object) -> NoReturn:
        raise NotSlottable

    # Python does these for any object. Other operations raise a TypeError, which is as good.
    __eq__ = __ne__ = __hash__ = __str__ = __repr__ = __format__ = _refuse
    # The filters `int` and `float` return 0 for a TypeError.
    __int__ = __float__ = _refuse


def placeholder(number: int) -> str:
    """Return what stands for the value with that *number*, from 0, in a slot's markup."""
    return _MARK + chr(_FIRST + number)


def contains_slot(value: object) -> bool:
    """Return whether *value* is a slot, a text that was drawn with one, or a list with either."""
    if isinstance(value, str):
        return _MARK in value
    if isinstance(value, dict):
        return any(map(contains_slot, value.items()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(contains_slot, value))
    return isinstance(value, Slot)


class SlotTemplate:
    """What a template draws, as literals and the numbers of the values between them.

    Attributes:
        literals: the bytes before, between and after the values: one more than there are slots.
        slots: the numbers of the values, in the order in which they are shown.
        format: the same for the operator ``%``, with the values as a tuple in that order.

    Raises:
        NotSlottable: *markup* has characters that look like placeholders.
    """

    def __init__(self, markup: str) -> None:
        self.slots = tuple(ord(match[1]) - _FIRST for match in _PLACEHOLDER.finditer(markup))
        if min(self.slots, default=0) < 0 or _MARK in _PLACEHOLDER.sub("", markup):
            raise NotSlottable
        self.literals = [part.encode() for part in _PLACEHOLDER.split(markup)[::2]]
        self.format = b"%b".join(part.replace(b"%", b"%%") for part in self.literals)

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Return the bytes with *values*, which are escaped; a slot's number is a value's index."""
        return self.format % tuple(values[slot] for slot in self.slots)

    def fill_all(self, columns: Sequence[Iterable[bytes]], count: int) -> Iterator[bytes]:
        """Yield the bytes *count* times, each time with the next value of each of *columns*."""
        parts: list[Iterable[bytes]] = [repeat(self.literals[0], count)]
        for slot, literal in zip(self.slots, self.literals[1:], strict=True):
            parts += columns[slot], repeat(literal, count)
        return map(b"".join, zip(*parts, strict=True))


def compile_slots(
    draw: Callable[..., str],
    slotted: Mapping[str, object],
    samples: Iterable[tuple[Mapping[str, object], Sequence[bytes]]],
) -> SlotTemplate | None:
    """Return what *draw* draws, to be filled with values; None if that differs from drawing.

    Args:
        draw: draws a template, given keyword arguments.
        slotted: the arguments with a `Slot` in place of each value that differs.
        samples: the arguments with values, and these values escaped, by their numbers.

    Raises:
        BuildError: the template cannot be drawn with a sample.
    """
    try:
        template = SlotTemplate(draw(**slotted))
    except (BuildError, NotSlottable):
        return None
    for arguments, values in samples:
        if template.fill(values) != draw(**arguments).encode():
            return None
    return template

"""A text with slots, to be filled with other values. Does no I/O."""

from collections.abc import Iterable, Sequence


class Slotted:
    """A text whose *pieces* are slots where they are one of *values*."""

    def __init__(self, pieces: Iterable[str], values: Sequence[str]) -> None:
        places = {value: place for place, value in enumerate(values)}
        # The first, third, fifth ... part is always the same. Those between are slots.
        self._parts, self._slots = [""], []
        for piece in pieces:
            if piece in places:
                self._parts += "", ""
                self._slots.append(places[piece])
            else:
                self._parts[-1] += piece

    def fill(self, values: Sequence[str]) -> str:
        """Return the text with other *values*, in the same order."""
        self._parts[1::2] = [values[slot] for slot in self._slots]
        return "".join(self._parts)

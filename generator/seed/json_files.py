"""Reading JSON values one after another, as lists, as lists of lists, or as NDJSON."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from generator.errors import UnexpectedRecord
from generator.seed.records import MAX_RECORD

CHUNK = 1 << 16  # characters
MAX_DEPTH = 8  # of lists that are read item by item
_BLANKS = re.compile(r"[ \t\r\n]*")


class JsonReader:
    """Reads the values of JSON texts that follow each other, and the items of lists.

    Numbers with a fraction or an exponent are texts, as in the file.

    ijson 3.6 is not used for three reasons. It needs 1 GB of memory for 20 kB of brackets. It
    turns half a surrogate pair into a question mark. Its errors name no line.
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self._file, self._name = file, name
        self._text, self._at = "", 0  # a part of the file, and the place in it
        self._line, self._line_start = 1, 0  # at *_counted*; a start before *_text* is negative
        self._counted = 0
        self._decode = json.JSONDecoder(parse_float=str, parse_constant=str).raw_decode

    def values(self) -> Iterator[tuple[str, Any]]:
        """Yield each value after its place.

        Raises:
            UnexpectedRecord: a part of the file is not JSON.
        """
        while self._peek():
            yield from self._items(MAX_DEPTH)

    def _items(self, depth: int) -> Iterator[tuple[str, Any]]:
        """Yield the items of the next value if it is a list, or else the value."""
        if self._peek() != "[" or not depth:
            yield self._value()
            return
        self._at += 1
        if self._peek() != "]":
            yield from self._items(depth - 1)
            while self._peek() == ",":
                self._at += 1
                yield from self._items(depth - 1)
        if self._peek() != "]":
            raise self._error(
                "a comma is missing before it" if self._peek() else "the list ends early"
            )
        self._at += 1

    def _peek(self) -> str:
        """Move to the next character that is not blank and return it; "" at the end of the file."""
        while True:
            if blanks := _BLANKS.match(self._text, self._at):
                self._at = blanks.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read():
                return ""

    def _value(self) -> tuple[str, Any]:
        """Decode the value that starts at the next character that is not blank."""
        if not self._peek():
            raise self._error("the list ends early")
        place = self._place(self._at)
        while True:
            try:
                value, self._at = self._decode(self._text, self._at)
            except (ValueError, RecursionError) as exc:
                problem, offset = str(exc), 0
                if isinstance(exc, json.JSONDecodeError):  # whose text names a line of *_text*
                    problem, offset = exc.msg, exc.pos - self._at
                # The value may continue in the next chunk.
                if len(self._text) - self._at > MAX_RECORD:
                    problem += f", or the record is longer than {MAX_RECORD:,} characters"
                elif self._read():
                    continue
                raise self._error(problem, offset) from exc
            return place, value

    def _read(self) -> bool:
        """Read another chunk, and drop what was decoded. Return False at the end of the file."""
        self._place(self._at)
        rest = self._text[self._at :]
        chunk = self._file.read(max(CHUNK, len(rest)))
        self._line_start -= self._at
        self._text, self._at, self._counted = rest + chunk, 0, 0
        return bool(chunk)

    def _place(self, at: int) -> str:
        """Return the place of the character *at* of *_text*. Call it with ascending places."""
        if lines := self._text.count("\n", self._counted, at):
            self._line += lines
            self._line_start = self._text.rindex("\n", self._counted, at) + 1
        self._counted = at
        return f"{self._name}, line {self._line}, column {at - self._line_start + 1}"

    def _error(self, problem: str, offset: int = 0) -> UnexpectedRecord:
        """Return an error *offset* characters after the next one."""
        return UnexpectedRecord(self._place(self._at + offset), f"it is not JSON: {problem}")

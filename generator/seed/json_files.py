"""Reading the users in JSON one after another: lists, objects around lists, or NDJSON."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from generator.errors import UnexpectedRecord
from generator.seed.records import MAX_RECORD, is_container, is_structure, may_have_users

CHUNK = 1 << 16  # characters
MAX_DEPTH = 8  # of lists and objects that are read part by part
_ENDS_EARLY = "the file ends early"
_BLANKS = re.compile(r"[ \t\r\n]*")


Filter = Callable[[Any], bool]


def _any_value(value: Any) -> bool:
    return True


class _TooLong(UnexpectedRecord):
    """A value is longer than `MAX_RECORD`."""


class JsonReader:
    """Reads the values of JSON texts that follow each other. Memory does not grow with a list.

    Numbers with a fraction or an exponent are texts, as in the file.

    ijson 3.6 is not used for three reasons. It needs 1 GB of memory for 20 kB of brackets. It
    turns half a surrogate pair into a question mark. Its errors name no line.
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self._file, self._name = file, name
        self._text, self._at = "", 0  # a part of the file, and the place in it
        # The line at *_counted*, and its start (negative if it is before *_text*).
        self._line, self._line_start, self._counted = 1, 0, 0
        self._raw_decode = json.JSONDecoder(parse_float=str, parse_constant=str).raw_decode

    def values(self) -> Iterator[tuple[str, Any]]:
        """Yield each value after its place. Read lists, and objects around them, part by part.

        Raises:
            UnexpectedRecord: a part of the file is not JSON, or too long.
        """
        while self._peek():
            yield from self._values(MAX_DEPTH, _any_value)

    def _values(self, depth: int, is_wanted: Filter) -> Iterator[tuple[str, Any]]:
        """Yield the next value if it *is_wanted*, or its parts."""
        if depth and self._peek() == "[":
            of_items = _any_value if is_wanted is _any_value else is_structure
            yield from self._parts("[", "]", depth - 1, of_items)
            return
        try:
            place, value, end = self._decode()
        except _TooLong:
            # It may be an answer with all users. One record has no parts with users.
            is_object = depth and self._peek() == "{"
            parts = self._parts("{", "}", depth - 1, may_have_users) if is_object else iter(())
            if not (first := next(parts, None)):
                raise
            yield first
            yield from parts
        else:
            if depth and is_container(value):
                yield from self._parts("{", "}", depth - 1, may_have_users)
                return
            self._at = end
            if is_wanted(value):
                yield place, value

    def _parts(
        self, start: str, end: str, depth: int, is_wanted: Filter
    ) -> Iterator[tuple[str, Any]]:
        """Yield the items of a list, or the members of an object, that are wanted."""
        self._skip(start)
        if self._peek() != end:
            while True:
                if start == "{":
                    _, _, self._at = self._decode()
                    self._skip(":")
                yield from self._values(depth, is_wanted)
                if self._peek() != ",":
                    break
                self._skip(",")
        self._skip(end, f"',' or '{end}'")

    def _peek(self) -> str:
        """Move to the next character that is not blank and return it; "" at the end of the file."""
        while True:
            if blanks := _BLANKS.match(self._text, self._at):
                self._at = blanks.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read():
                return ""

    def _skip(self, character: str, expected: str = "") -> None:
        """Move behind *character*, which must come next."""
        if (following := self._peek()) != character:
            expected = f"Expecting {expected or repr(character)}"
            raise self._error(expected if following else _ENDS_EARLY)
        self._at += 1

    def _decode(self) -> tuple[str, Any, int]:
        """Return the place, the value and the end of the next JSON value."""
        self._peek()
        self._line, self._line_start = self._find_line(self._at)
        self._counted = self._at
        place = self._place()
        while True:
            try:
                value, end = self._raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as exc:
                problem, offset = str(exc), 0
                if isinstance(exc, json.JSONDecodeError):  # whose text names a line of *_text*
                    problem, offset = exc.msg, exc.pos - self._at
                if len(self._text) - self._at > MAX_RECORD:
                    problem += f", or the record is longer than {MAX_RECORD:,} characters"
                    raise self._error(problem, offset, _TooLong) from exc
                if self._read():  # the value may continue in the next chunk
                    continue
                if self._at + offset == len(self._text):
                    problem = _ENDS_EARLY
                raise self._error(problem, offset) from exc
            if end < len(self._text) or not self._read():  # a number may continue, too
                return place, value, end

    def _read(self) -> bool:
        """Read another chunk, and drop what was decoded. Return False at the end of the file."""
        rest = self._text[self._at :]
        chunk = self._file.read(max(CHUNK, len(rest)))
        if chunk:
            self._line, line_start = self._find_line(self._at)
            self._line_start = line_start - self._at
            self._text, self._at, self._counted = rest + chunk, 0, 0
        return bool(chunk)

    def _find_line(self, at: int) -> tuple[int, int]:
        """Return the line of the character *at* of *_text*, and the line's start."""
        if lines := self._text.count("\n", self._counted, at):
            return self._line + lines, self._text.rindex("\n", self._counted, at) + 1
        return self._line, self._line_start

    def _place(self, offset: int = 0) -> str:
        """Return the place *offset* characters after the next one, for people."""
        line, start = self._find_line(self._at + offset)
        return f"{self._name}, line {line}, column {self._at + offset - start + 1}"

    def _error(
        self, problem: str, offset: int = 0, kind: type[UnexpectedRecord] = UnexpectedRecord
    ) -> UnexpectedRecord:
        return kind(self._place(offset), f"it is not JSON: {problem}")

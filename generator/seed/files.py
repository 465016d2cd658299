"""Readers for lists of users in files: CSV with a header, a JSON list, or NDJSON.

The first character decides which of them a file is. A reader holds one record and one chunk of
the file in memory, however long the file is.
"""

import csv
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from generator.errors import SourceError, UnexpectedRecord, reason

CHUNK = 1 << 16  # characters
MAX_RECORD = 1 << 20  # characters; GitHub's own records have about 900
_BLANKS = re.compile(r"[ \t\r\n]*")


def read_records(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield each record of the file at *path*, after the place that error messages name it by.

    The ``id`` of a CSV record is an integer, as in JSON. The file is UTF-8, with or without a BOM.

    Raises:
        SourceError: the file cannot be read.
        UnexpectedRecord: a part of the file is not CSV or JSON.
    """
    try:
        # A pipe cannot be read twice, so the first character is peeked at.
        with path.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", newline="") as file:
            start = raw.peek(CHUNK).removeprefix(BOM_UTF8).lstrip()[:1]
            if start in (b"[", b"{"):
                yield from _JsonReader(file, path).records()
            else:
                yield from _csv_records(file, path)
    except OSError as exc:
        raise SourceError(f"cannot read {path}: {exc.strerror or reason(exc)}") from exc
    except UnicodeDecodeError as exc:
        raise SourceError(f"{path} is not UTF-8 text: {exc.reason}") from exc


def _csv_records(file: TextIO, path: Path) -> Iterator[tuple[str, Any]]:
    lines = _Lines(file, path)
    reader = csv.DictReader(lines, strict=True)
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        if missing := {"id", "login"} - set(reader.fieldnames):
            raise SourceError(
                f"{path}: the first line must name the columns id and login"
                f" (type, avatar_url and html_url are optional); it lacks"
                f" {' and '.join(sorted(missing))}"
            )
        for row in reader:
            place = f"{path}, line {reader.line_num}"
            if None in row:
                raise UnexpectedRecord(place, "it has more values than the first line has names")
            values: dict[str, Any] = {name: value.strip() for name, value in row.items() if value}
            identity = values.get("id", "")
            # `read_user` refuses an id that is not a number.
            is_number = re.fullmatch(r"-?[0-9]{1,20}", identity)
            values["id"] = int(identity) if is_number else identity or None
            yield place, values
            lines.record_size = 0
    except csv.Error as exc:
        raise UnexpectedRecord(
            f"{path}, line {reader.reader.line_num}", f"it is not CSV: {exc}"
        ) from exc


class _Lines:
    """The lines of a CSV file. A record, of one or more lines, is at most `MAX_RECORD` long.

    Attributes:
        record_size: the length of the lines so far; set it to 0 after each record.
    """

    def __init__(self, file: TextIO, path: Path) -> None:
        self.record_size = 0
        self._file, self._path, self._number = file, path, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_RECORD + 1)
        self._number += 1
        self.record_size += len(line) if line.strip() else 0
        if self.record_size > MAX_RECORD:
            raise UnexpectedRecord(
                f"{self._path}, line {self._number}",
                f"the record is longer than {MAX_RECORD:,} characters",
            )
        if not line:
            raise StopIteration
        return line


class _JsonReader:
    """Reads the records of a JSON list, or of JSON texts one after another (NDJSON).

    ijson 3.6 is not used for three reasons. It needs 1 GB of memory for 20 kB of brackets. It
    turns half a surrogate pair into a question mark. Its errors name no line.
    """

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file, self._path = file, path
        self._text, self._at = "", 0  # a part of the file, and the place in it
        self._lines = 0  # in the file before *_text*
        self._number = 1  # of the next record
        self._decode = json.JSONDecoder().raw_decode

    def records(self) -> Iterator[tuple[str, Any]]:
        """Yield each record after its place.

        Raises:
            UnexpectedRecord: a part of the file is not JSON.
        """
        if self._peek() == "[":
            yield from self._list()
        else:
            while self._peek():
                yield self._record()

    def _list(self) -> Iterator[tuple[str, Any]]:
        self._at += 1
        if self._peek() != "]":
            yield self._record()
            while self._peek() == ",":
                self._at += 1
                yield self._record()
        if self._peek() != "]":
            raise self._error(
                "a comma is missing before it" if self._peek() else "the list ends early"
            )
        self._at += 1
        if self._peek():
            raise self._error("text follows the list")

    def _peek(self) -> str:
        """Move to the next character that is not blank and return it; "" at the end of the file."""
        while True:
            if blanks := _BLANKS.match(self._text, self._at):
                self._at = blanks.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read():
                return ""

    def _record(self) -> tuple[str, Any]:
        """Decode the record that starts at the next character that is not blank."""
        if not self._peek():
            raise self._error("the list ends early")
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except (ValueError, RecursionError) as exc:
                error = self._decode_error(exc)
                # The record may continue in the next chunk.
                if len(self._text) - self._at > MAX_RECORD or not self._read():
                    raise error from exc
            else:
                place = f"{self._path}, record {self._number}"
                self._at, self._number = end, self._number + 1
                return place, value

    def _read(self) -> bool:
        """Read another chunk, and drop what was decoded. Return False at the end of the file."""
        self._lines += self._text.count("\n", 0, self._at)
        rest = self._text[self._at :]
        chunk = self._file.read(max(CHUNK, len(rest)))
        self._text, self._at = rest + chunk, 0
        return bool(chunk)

    def _decode_error(self, exc: Exception) -> UnexpectedRecord:
        problem, at = str(exc), self._at
        if isinstance(exc, json.JSONDecodeError):  # whose text names a line of *_text*
            problem, at = exc.msg, exc.pos
        if len(self._text) - self._at > MAX_RECORD:
            problem += f", or the record is longer than {MAX_RECORD:,} characters"
        return self._error(problem, at)

    def _error(self, problem: str, at: int | None = None) -> UnexpectedRecord:
        """Return an error in the next record, at the character *at* of *_text*."""
        line = self._lines + self._text.count("\n", 0, self._at if at is None else at) + 1
        return UnexpectedRecord(
            f"{self._path}, record {self._number}", f"it is not JSON (line {line}): {problem}"
        )

"""Lists of users in files: CSV with a header, a JSON list, or NDJSON, told apart by their start.

Records are yielded as they are read; however long the file, one is held at a time.
"""

import csv
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from generator.errors import SourceError, UnexpectedRecord

CHUNK = 1 << 16  # characters
LONGEST_RECORD = 1 << 20  # characters; GitHub's own have about 900
_BLANKS = re.compile(r"[ \t\r\n]*")


def read_records(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield each record of the file at *path* after the words that name its place.

    A CSV file's ``id`` is a number like JSON's. The file is UTF-8, with a BOM or without.

    Raises:
        SourceError: the file cannot be read.
        UnexpectedRecord: it is not CSV or JSON from some place on.
    """
    try:
        # Not read and sought back: a pipe is a file too.
        with path.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", newline="") as file:
            start = raw.peek(CHUNK).removeprefix(BOM_UTF8).lstrip()[:1]
            yield from _json_records(file, path) if start in (b"[", b"{") else _rows(file, path)
    except OSError as exc:
        raise SourceError(f"cannot read {path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise SourceError(f"{path} is not UTF-8 text: {exc.reason}") from exc


def _rows(file: TextIO, path: Path) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(file, strict=True)
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        if missing := {"id", "login"} - set(reader.fieldnames):
            raise SourceError(
                f"{path}: the first line must name the columns id and login"
                f" (type, avatar_url and html_url may follow); it lacks"
                f" {' and '.join(sorted(missing))}"
            )
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if None in row:
                raise UnexpectedRecord(where, "it has more values than the first line has names")
            values = {name: value.strip() for name, value in row.items() if value}
            identity = values.get("id", "")
            if re.fullmatch(r"-?[0-9]{1,20}", identity):
                yield where, {**values, "id": int(identity)}
            else:
                yield where, {**values, "id": identity or None}
    except csv.Error as exc:
        raise UnexpectedRecord(
            f"{path}, line {reader.reader.line_num}", f"it is not CSV: {exc}"
        ) from exc


def _json_records(file: TextIO, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the members of a JSON list, or JSON texts one after another (NDJSON)."""
    texts, number = _Texts(file), 1

    def here() -> str:
        return f"{path}, record {number}"

    def record() -> tuple[str, Any]:
        nonlocal number
        if not texts.peek():
            raise UnexpectedRecord(here(), "the list is cut off before it")
        try:
            found = here(), texts.take()
        except (ValueError, RecursionError) as exc:
            raise UnexpectedRecord(here(), f"it is not JSON: {exc}") from exc
        number += 1
        return found

    if texts.peek() != "[":
        while texts.peek():
            yield record()
        return
    texts.skip()
    more = texts.peek() != "]"
    while more:
        yield record()
        if more := texts.peek() == ",":
            texts.skip()
    if texts.peek() != "]":
        missing = (
            "a comma is missing before it" if texts.peek() else "the list is cut off before it"
        )
        raise UnexpectedRecord(here(), f"it is not JSON: {missing}")
    texts.skip()
    if texts.peek():
        raise UnexpectedRecord(here(), "it is not JSON: there is more after the list")


class _Texts:
    """JSON texts one after another in a file that is read bit by bit."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._text, self._at = file, "", 0
        self._decode = json.JSONDecoder().raw_decode

    def peek(self) -> str:
        """Return the next character that is not blank; "" at the end of the file."""
        while True:
            if blanks := _BLANKS.match(self._text, self._at):
                self._at = blanks.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Go on after the character that `peek` gave."""
        self._at += 1

    def take(self) -> Any:
        """Return the text that starts where `peek` looked, decoded.

        Raises:
            ValueError, RecursionError: it is not JSON.
        """
        while True:
            try:
                value, self._at = self._decode(self._text, self._at)
            except (ValueError, RecursionError):
                # It may only be cut off where the text read so far ends.
                if len(self._text) - self._at > LONGEST_RECORD or not self._more():
                    raise
            else:
                return value

    def _more(self) -> bool:
        rest = self._text[self._at :]
        chunk = self._file.read(max(CHUNK, len(rest)))
        self._text, self._at = rest + chunk, 0
        return bool(chunk)

"""Lists of users in files: CSV with a header, a JSON list, or NDJSON, told apart by their start.

Records are yielded as they are read; however long the file, one is held at a time.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from generator.errors import SourceError, UnexpectedRecord

CHUNK = 1 << 16  # characters
LONGEST_RECORD = 1 << 20  # characters; GitHub's own have about 900
_BLANK = re.compile(r"[ \t\r\n]*")


def read_records(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield each record of the file at *path* after the words that name its place.

    A CSV file's ``id`` is a number like JSON's. The file is UTF-8, with a BOM or without.

    Raises:
        SourceError: the file cannot be read.
        UnexpectedRecord: it is not CSV or JSON from some place on.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = _BLANK.sub("", file.read(CHUNK), count=1)[:1]
            file.seek(0)
            yield from _json_records(file, path) if start in ("[", "{") else _rows(file, path)
    except OSError as exc:
        raise SourceError(f"cannot read {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise SourceError(f"{path} is not UTF-8 text: {exc.reason}") from exc


def _rows(file: TextIO, path: Path) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(file, strict=True)
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        if missing := {"id", "login"} - set(reader.fieldnames):
            raise SourceError(
                f"{path}: the first line must name the columns id and login"
                f" (type, avatar_url and html_url may follow); {' and '.join(sorted(missing))}"
                " is not there"
            )
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if None in row:
                raise UnexpectedRecord(where, "it has more values than the first line has names")
            identity = (row["id"] or "").strip()
            digits = re.fullmatch(r"-?[0-9]{1,20}", identity)
            yield where, {**row, "id": int(identity) if digits else identity or None}
    except csv.Error as exc:
        raise UnexpectedRecord(
            f"{path}, line {reader.reader.line_num}", f"it is not CSV: {exc}"
        ) from exc


def _json_records(file: TextIO, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the members of a JSON list, or JSON texts one after another (NDJSON)."""
    decode = json.JSONDecoder().raw_decode
    text, at, number = "", 0, 0
    listed = None  # whether the texts stand in one list
    expected = "value"  # what comes next in it: "value", "value or ]", ", or ]", or the "end"

    def more() -> bool:
        nonlocal text, at
        text, at = text[at:] + (chunk := file.read(max(CHUNK, len(text) - at))), 0
        return bool(chunk)

    while True:
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]  # matches the empty string
        if at == len(text):
            if more():
                continue
            break
        where = f"{path}, record {number + 1}"
        if listed is None:
            listed = text[at] == "["
            if listed:
                at, expected = at + 1, "value or ]"
                continue
        if listed and text[at] == "]" and expected in ("value or ]", ", or ]"):
            at, expected = at + 1, "end"
            continue
        if listed and expected == ", or ]":
            if text[at] != ",":
                raise UnexpectedRecord(where, f"it is not JSON: {expected} is missing before it")
            at, expected = at + 1, "value"
            continue
        if expected == "end":
            raise UnexpectedRecord(where, "it is not JSON: there is more after the list")
        try:
            record, end = decode(text, at)
        except (ValueError, RecursionError) as exc:
            # It may only be cut off where the text read so far ends.
            if len(text) - at < LONGEST_RECORD and more():
                continue
            raise UnexpectedRecord(where, f"it is not JSON: {exc}") from exc
        at, expected, number = end, ", or ]", number + 1
        yield where, record
    if listed and expected != "end":
        raise UnexpectedRecord(f"{path}, record {number + 1}", "the list is cut off before it")

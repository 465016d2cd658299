"""Reading the users of a CSV file, as spreadsheets and programs export it."""

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import TextIO

from generator.errors import UnexpectedRecord
from generator.seed.encodings import MAX_RECORD, check_decoded
from generator.seed.records import clean, fields_of

_DELIMITERS = ",;\t"


def read_csv(file: TextIO, name: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each user of a CSV *file*, after its place. Messages call the file *name*.

    The delimiter is that of a first line like "sep=;", or the one that the header has most often.
    """
    csv.field_size_limit(MAX_RECORD)  # for all readers of the process; 131,072 at first
    lines = _Lines(file, name)
    header = next((line for line in lines if line.strip()), "")
    if separator := re.fullmatch(r"sep=(.)\s*", header, re.IGNORECASE):
        delimiter, header = separator[1], next(lines, "")
    else:
        delimiter = max(_DELIMITERS, key=header.count)
    rows = csv.reader(
        chain([header], lines), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    try:
        columns = next(rows, [])
        fields = fields_of(tuple(columns))
        if missing := [field for field in ("id", "login") if field not in fields]:
            raise ValueError(
                "the first line must name the columns id and login (or username, user name or"
                " handle; type, avatar_url and html_url are optional); it lacks"
                f" {' and '.join(missing)}"
            )
        indices = {field: columns.index(column) for field, column in fields.items()}
        lines.record_size = 0
        for row in rows:
            if any(map(str.strip, row[len(columns) :])):
                raise ValueError(
                    f"it has {len(row)} values, but the file has {len(columns)} columns; a value"
                    f" with {delimiter!r} in it must be in double quotes"
                )
            if any(map(str.strip, row)):
                record = {field: row[at] for field, at in indices.items() if at < len(row)}
                yield f"{name}, line {lines.number}", clean(record)
            lines.record_size = 0
    except UnicodeDecodeError:
        raise
    except (csv.Error, ValueError) as exc:
        problem = f"it is not CSV: {exc}" if isinstance(exc, csv.Error) else str(exc)
        raise UnexpectedRecord(f"{name}, line {lines.number}", problem) from exc


class _Lines:
    """The lines of a CSV file. A record, of one or more lines, is at most `MAX_RECORD` long.

    Attributes:
        number: the number of the last line.
        record_size: the length of the lines so far; set it to 0 after each record.
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self.number = self.record_size = 0
        self._file, self._name = file, name

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_RECORD + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.record_size += len(line) if line.strip() else 0
        if self.record_size > MAX_RECORD:
            raise UnexpectedRecord(
                f"{self._name}, line {self.number}",
                f"the record is longer than {MAX_RECORD:,} characters",
            )
        check_decoded(line, lambda at: f"{self._name}, line {self.number}, column {at + 1}")
        return line

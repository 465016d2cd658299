"""Reading the records of a CSV file, as spreadsheets and programs export it."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TextIO

from generator.errors import UnexpectedRecord
from generator.seed.records import MAX_RECORD, fields_of

_DELIMITERS = ",;\t"


def read_csv(file: TextIO, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each record of a CSV *file* after its place. Messages call the file *name*.

    The delimiter is that of a first line like "sep=;", or the one that the header has most often.
    """
    csv.field_size_limit(MAX_RECORD)  # for all readers of the process; 131,072 at first
    counter = _LineCounter(file, name)
    lines = counter.lines()
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
        _check_header(columns, counter.place)
        counter.record_size = 0
        for row in rows:
            if any(map(str.strip, row[len(columns) :])):
                raise UnexpectedRecord(
                    counter.place,
                    f"it has {len(row)} values, but the file has {len(columns)} columns; a value"
                    f" with {delimiter!r} in it must be in double quotes",
                )
            if any(map(str.strip, row)):
                yield counter.place, dict(zip(columns, row, strict=False))
            counter.record_size = 0
    except csv.Error as exc:
        raise UnexpectedRecord(counter.place, f"it is not CSV: {exc}") from exc


def _check_header(columns: Sequence[str], place: str) -> None:
    try:
        fields = fields_of(tuple(columns))
    except ValueError as exc:
        raise UnexpectedRecord(place, str(exc)) from exc
    if missing := [field for field in ("id", "login") if field not in fields]:
        raise UnexpectedRecord(
            place,
            "the first line must name the columns id and login (or username, user name or handle;"
            f" type, avatar_url and html_url are optional); it lacks {' and '.join(missing)}",
        )


class _LineCounter:
    """Counts the lines of a file. A record, of one or more lines, is at most `MAX_RECORD` long.

    Attributes:
        number: the number of the last line.
        record_size: the length of the lines so far; set it to 0 after each record.
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self.number = self.record_size = 0
        self._file, self._name = file, name

    @property
    def place(self) -> str:
        """The place of the last line, for people."""
        return f"{self._name}, line {self.number}"

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        while line := self._file.readline(MAX_RECORD + 1):
            self.number += 1
            self.record_size += len(line)
            if self.record_size > MAX_RECORD:
                problem = f"the record is longer than {MAX_RECORD:,} characters"
                raise UnexpectedRecord(self.place, problem)
            yield line

"""Reading the records of a CSV file, as spreadsheets and programs export it."""

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import TextIO

from generator.errors import UnexpectedRecord
from generator.seed.records import MAX_RECORD, fields_of

_DELIMITERS = ",;\t"


class CsvReader:
    """Reads the records of a CSV file. A record is at most `MAX_RECORD` long.

    The delimiter is that of a first line like "sep=;", or the one that the header has most often.
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self._file, self._name = file, name
        self._line = 0  # the number of the line that was read last
        self._start, self._size = 1, 0  # the record's first line, and its length so far

    def values(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each record after its place.

        Raises:
            UnexpectedRecord: a part of the file is not CSV, or the header lacks id or login.
        """
        csv.field_size_limit(MAX_RECORD)  # for all readers of the process; 131,072 at first
        lines = self._lines()
        header = next((line for line in lines if line.strip()), "")
        if separator := re.fullmatch(r"sep=(.)\s*", header, re.IGNORECASE):
            delimiter, header = separator[1], next(lines, "")
        else:
            delimiter = max(_DELIMITERS, key=header.count)
        self._start = self._line or 1  # an empty file has no line
        rows = csv.reader(
            chain([header], lines), delimiter=delimiter, skipinitialspace=True, strict=True
        )
        try:
            columns = next(rows, [])
            self._check(columns)
            self._begin_record()
            for row in rows:
                if any(map(str.strip, row[len(columns) :])):
                    raise self._error(
                        f"it has {len(row)} values, but the file has {len(columns)} columns; a"
                        f" value with {delimiter!r} in it must be in double quotes"
                    )
                if any(map(str.strip, row)):
                    yield self._place(), dict(zip(columns, row, strict=False))
                self._begin_record()
        except csv.Error as exc:
            raise self._error(f"it is not CSV: {exc}") from exc

    def _begin_record(self) -> None:
        self._start, self._size = self._line + 1, 0

    def _check(self, columns: list[str]) -> None:
        """Refuse the header *columns* if a user's id or login is not among them."""
        try:
            fields = fields_of(tuple(columns))
        except ValueError as exc:
            raise self._error(str(exc)) from exc
        if missing := [field for field in ("id", "login") if field not in fields]:
            raise self._error(
                "the first line must name the columns id and login (or username, user name or"
                " handle; type, avatar_url and html_url are optional); it lacks"
                f" {' and '.join(missing)}"
            )

    def _lines(self) -> Iterator[str]:
        while line := self._file.readline(MAX_RECORD + 1):
            self._line += 1
            self._size += len(line)
            if self._size > MAX_RECORD:
                raise self._error(f"the record is longer than {MAX_RECORD:,} characters")
            yield line

    def _place(self) -> str:
        return f"{self._name}, line {self._start}"

    def _error(self, problem: str) -> UnexpectedRecord:
        return UnexpectedRecord(self._place(), problem)

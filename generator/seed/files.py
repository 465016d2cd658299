"""Lists of users in files: CSV with a header, or JSON.

The first character decides which of them a file is. A reader holds one record and one chunk of
the file in memory, however long the file is.
"""

import zlib
from collections.abc import Iterator
from typing import Any

from generator.errors import SourceError, UnexpectedRecord, reason
from generator.seed.csv_files import read_csv
from generator.seed.encodings import STDIN, open_text
from generator.seed.json_files import JsonReader
from generator.seed.records import users_in


def read_records(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each user of the file at *path*, after the place that error messages name it by.

    A user has GitHub's names (``id``, ``login``). An ``id`` of digits is an integer.

    Raises:
        SourceError: the file cannot be read.
        UnexpectedRecord: a part of the file is not CSV or JSON.
    """
    name = "standard input" if path == STDIN else path
    try:
        with open_text(path, name) as (text, first):
            if first in ("[", "{"):
                for place, value in JsonReader(text, name).values():
                    yield from _placed_users(value, place)
            else:
                yield from read_csv(text, name)
    except OSError as exc:
        raise SourceError(f"cannot read {name}: {exc.strerror or reason(exc)}") from exc
    except (EOFError, zlib.error) as exc:
        raise SourceError(f"cannot read {name}: the gzip file is incomplete or damaged") from exc
    except UnicodeDecodeError as exc:
        raise SourceError(f"{name} is not {exc.encoding} text: {exc.reason}") from exc


def _placed_users(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the users in the JSON *value* at *place*, each after its place."""
    where = place
    try:
        for number, user in enumerate(users_in(value), 2):
            yield where, user
            where = f"{place}, user {number}"
    except ValueError as exc:
        raise UnexpectedRecord(where, str(exc)) from exc
    except RecursionError as exc:
        raise UnexpectedRecord(where, "it is nested too deeply") from exc

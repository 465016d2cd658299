"""Lists of users in files: CSV with a header, or JSON, as UTF-8 or UTF-16, also with gzip.

The first character decides whether a file is JSON. A reader holds one record and one chunk of the
file in memory, however long the file is.
"""

import gzip
import re
import shutil
import sys
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, getincrementaldecoder
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO

from generator.errors import SourceError, UnexpectedRecord, plain_words
from generator.seed.csv_files import CsvReader
from generator.seed.json_files import JsonReader
from generator.seed.records import user_in

STDIN = "-"
CHUNK = 1 << 16  # characters or bytes
MAX_UNZIPPED = 2 << 30  # bytes; a small gzip file can have any size when it is unzipped

_UNREADABLE = {
    BOM_UTF32_LE: "text in UTF-32",
    BOM_UTF32_BE: "text in UTF-32",
    b"PK\3\4": "a ZIP file or an Excel workbook",
}
_ADVICE = 'save it as UTF-8 (in Excel: as "CSV UTF-8")'
_UNDECODED = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of a wrong byte


def read_records(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each user of the file at *path*, after the place that error messages name it by.

    A user has GitHub's names (``id``, ``login``). An ``id`` of digits is an integer. The path
    `STDIN` stands for standard input.

    Raises:
        SourceError: the file cannot be read.
        UnexpectedRecord: a part of the file is not CSV or JSON.
    """
    name = "standard input" if path == STDIN else path
    try:
        with _open_text(path, name) as (text, first):
            reader = JsonReader if first in ("[", "{") else CsvReader
            for place, value in reader(text, name).values():
                try:
                    user = user_in(value)
                except ValueError as exc:
                    raise UnexpectedRecord(place, str(exc)) from exc
                if user is not None:
                    yield place, user
    except OSError as exc:
        raise SourceError(f"cannot read {name}: {plain_words(exc.strerror or str(exc))}") from exc
    except (EOFError, zlib.error) as exc:
        raise SourceError(f"cannot read {name}: the gzip file is incomplete or damaged") from exc


@contextmanager
def _open_text(path: str, name: str) -> Iterator[tuple[TextIO, str]]:
    """Give the text of the file at *path*, and its first character that is not blank."""
    with ExitStack() as stack:
        raw: Any = sys.stdin.buffer if path == STDIN else stack.enter_context(Path(path).open("rb"))
        if path == STDIN or not raw.seekable():  # an error reads the file again; see `_undecoded`
            pipe, raw = raw, stack.enter_context(TemporaryFile())
            shutil.copyfileobj(pipe, raw)
            raw.seek(0)
        if raw.peek().startswith(b"\x1f\x8b"):  # https://www.rfc-editor.org/rfc/rfc1952#page-6
            raw = stack.enter_context(_Unzipped(fileobj=raw))
        start = raw.peek(CHUNK)
        encoding = _encoding(start, name)
        text = stack.enter_context(TextIOWrapper(raw, encoding, newline=""))
        try:
            yield text, start.decode(encoding, "replace").lstrip()[:1]
        except UnicodeDecodeError as exc:
            if encoding == "utf-16":
                raise SourceError(f"{name} is not {exc.encoding} text: {exc.reason}") from exc
            raise _undecoded(raw, name) from exc


class _Unzipped(gzip.GzipFile):
    def read1(self, size: int = -1) -> bytes:
        if self.tell() > MAX_UNZIPPED:
            raise OSError(
                f"it has more than {MAX_UNZIPPED:,} bytes when it is unzipped; unzip it, and seed"
                " the unzipped file"
            )
        return super().read1(size)


def _encoding(start: bytes, name: str) -> str:
    """Return the encoding of a text that begins with *start*."""
    for signature, form in _UNREADABLE.items():
        if start.startswith(signature):
            raise SourceError(f"{name} is {form}: {_ADVICE}")
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start[:2]:
        raise SourceError(f"{name} seems to be in UTF-16 without a byte order mark: {_ADVICE}")
    return "utf-8-sig"


def _undecoded(raw: Any, name: str) -> UnexpectedRecord:
    """Return an error that names the first byte of *raw* that is not UTF-8."""
    raw.seek(0)
    decoder = getincrementaldecoder("utf-8-sig")("surrogateescape")
    byte, line, column = None, 1, 1
    while not byte:
        data = raw.read(CHUNK)
        text = decoder.decode(data, final=not data)
        byte = _UNDECODED.search(text)
        before = text[: byte.start()] if byte else text
        line += before.count("\n")
        column = len(before) - before.rfind("\n") if "\n" in before else column + len(before)
    value = bytes([ord(byte[0]) - 0xDC00])
    character = value.decode("windows-1252", "replace")
    return UnexpectedRecord(
        f"{name}, line {line}, column {column}",
        f"the byte 0x{value.hex().upper()} is not UTF-8; the file may be in Windows-1252, where it"
        f' is "{character}": {_ADVICE}',
    )

"""Opening a file of users as text: standard input, gzip, UTF-8 and UTF-16."""

import gzip
import re
import shutil
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO

from generator.errors import SourceError, UnexpectedRecord

CHUNK = 1 << 16  # characters, or bytes
MAX_RECORD = 1 << 20  # characters; GitHub's own records have about 900
MAX_UNZIPPED = 2 << 30  # bytes; a small gzip file can have any size when it is unzipped
STDIN = "-"

_UNREADABLE = {
    BOM_UTF32_LE: "text in UTF-32",
    BOM_UTF32_BE: "text in UTF-32",
    b"PK\3\4": "a ZIP file or an Excel workbook",
}
_ADVICE = 'save it as UTF-8 (in Excel: as "CSV UTF-8")'
_UNDECODED = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8


class _Unzipped(gzip.GzipFile):
    def read1(self, size: int = -1) -> bytes:
        if self.tell() > MAX_UNZIPPED:
            raise OSError(
                f"it has more than {MAX_UNZIPPED:,} bytes when it is unzipped; unzip it, and seed"
                " the unzipped file"
            )
        return super().read1(size)


@contextmanager
def open_text(path: str, name: str) -> Iterator[tuple[TextIO, str]]:
    """Give the text of the file at *path*, and its first character that is not blank.

    `STDIN` stands for standard input. A byte that is not UTF-8 becomes half a surrogate pair, which
    `check_decoded` refuses. Messages call the file *name*.
    """
    with ExitStack() as stack:
        raw = sys.stdin.buffer if path == STDIN else stack.enter_context(Path(path).open("rb"))
        if path == STDIN or not raw.seekable():  # a pipe cannot be read from its start again
            pipe, raw = raw, stack.enter_context(TemporaryFile())
            shutil.copyfileobj(pipe, raw)
        if _start(raw).startswith(b"\x1f\x8b"):  # https://www.rfc-editor.org/rfc/rfc1952#page-6
            raw = stack.enter_context(_Unzipped(fileobj=raw))
        start = _start(raw)
        encoding = _encoding(start, name)
        text = stack.enter_context(TextIOWrapper(raw, encoding, "surrogateescape", newline=""))
        yield text, start.decode(encoding, "replace").lstrip()[:1]


def _start(file: Any) -> bytes:
    """Return the first bytes of *file*, and go back to its start."""
    file.seek(0)
    start: bytes = file.read(CHUNK)
    file.seek(0)
    return start


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


def check_decoded(text: str, place: Callable[[int], str]) -> None:
    """Refuse *text* if a part of it could not be decoded. *place* names an index of it."""
    if text.isascii() or not (byte := _UNDECODED.search(text)):
        return
    value = bytes([ord(byte[0]) - 0xDC00])
    character = value.decode("windows-1252", "replace")
    raise UnexpectedRecord(
        place(byte.start()),
        f"the byte 0x{value.hex().upper()} is not UTF-8; the file may be in Windows-1252, where it"
        f' is "{character}": {_ADVICE}',
    )

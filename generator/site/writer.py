"""Writing the files of a site, and counting them. A file with the same content stays as it is."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileCounts:
    """How many files of a site were written, left unchanged or removed."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0

    def __add__(self, other: "FileCounts") -> "FileCounts":
        return FileCounts(
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.removed + other.removed,
        )


class Writer:
    """Writes files into *folder*. If the site is new (*is_new*), there is nothing to compare.

    A file that differs is replaced in one step, because a server may be reading it. Paths are
    strings, written to by `os`: with `pathlib`, rendering 100,000 users takes a fifth longer.
    """

    def __init__(self, folder: Path, *, is_new: bool) -> None:
        self._folder, self.is_new = folder, is_new

    def put(self, key: str, content: bytes) -> FileCounts:
        """Write *content* to *key*."""
        prefix, slash, name = key.rpartition("/")
        return self.put_all(prefix + slash, [(name, content)])

    def put_all(self, prefix: str, files: Iterable[tuple[str, bytes]]) -> FileCounts:
        """Write *files*, names and contents, to the keys that begin with *prefix*."""
        (self._folder / prefix).mkdir(parents=True, exist_ok=True)
        written = unchanged = 0
        for name, content in files:
            path = f"{self._folder}/{prefix}{name}"
            if self.is_new:
                _write(path, content)
            elif _has(path, content):
                unchanged += 1
                continue
            else:
                draft = f"{path}.part"
                _write(draft, content)
                Path(draft).replace(path)
            written += 1
        return FileCounts(written, unchanged)

    def put_file(self, key: str, draft: Path) -> FileCounts:
        """Move the file *draft* to *key*, or remove it if *key* has the same content."""
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and _digest(path) == _digest(draft):
            draft.unlink()
            return FileCounts(unchanged=1)
        draft.replace(path)
        return FileCounts(written=1)


def new_draft(path: Path) -> Path:
    """Return the path of a draft of the file at *path*. There is no file at it.

    An old draft is removed. It may be a link to another file, which writing would change.
    """
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    return draft


def _has(path: str, content: bytes) -> bool:
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return os.read(file, len(content) + 1) == content
    finally:
        os.close(file)


def _write(path: str, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        file = os.open(path, flags, 0o666)
    except FileExistsError:  # it may be a link to another file
        Path(path).unlink()
        file = os.open(path, flags, 0o666)
    try:
        while content:  # os.write may write only a part
            content = content[os.write(file, content) :]
    finally:
        os.close(file)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()

"""What is made of the templates, kept beside them for the next run, as Python keeps its bytecode.

Each name says, by a digest, what the content was made from; so it is never out of date. Where
nothing can be written, everything is made anew each time.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FOLDER = "__pycache__"


def add_files(digest: "hashlib._Hash", folder: Path, what: str = "*") -> None:
    """Add names and contents of the files below *folder* to *digest*: of those named like *what*.

    What is kept there itself is none of them.
    """
    for path in sorted(folder.rglob(what)):
        if path.is_file() and FOLDER not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(content)} ".encode())
            digest.update(content)


def kept(beside: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """Return what *make* makes, or made under that *name* before, *beside* the templates."""
    path = beside / FOLDER / name
    with suppress(OSError):
        return path.read_bytes()
    content = make()
    with suppress(OSError):
        keep(path, content)
    return content


def keep(path: Path, content: bytes) -> None:
    """Write *content* to *path*, which appears whole, and remove what other digests left there.

    A name is what it is, a hyphen, and the digest.
    """
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.write_bytes(content)
    draft.replace(path)
    stem = path.name.rpartition("-")[0]
    for other in path.parent.glob(f"{stem}-*"):
        if other != path and other.name.rpartition("-")[0] == stem:
            other.unlink(missing_ok=True)

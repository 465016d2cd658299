"""Seals of a site: they show that nothing changed since it was made, without reading its files."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from generator.site.folder import MARKER, keys

# In the folder of a complete site, a seal of each name: what it was made from, what its files are.
RENDERED = ".rendered"  # by `ghdirectory render`
BUILT = ".built"  # by `ghdirectory build`, which has checked the site too


def write_seal(folder: Path, inputs: str, name: str = RENDERED) -> None:
    """Seal the site in *folder* as made from *inputs*, a digest."""
    (folder / name).write_text(json.dumps(_seal(folder, inputs)) + "\n")


def sealed(folder: Path, inputs: str, name: str = RENDERED) -> int | None:
    """Return how many files the site in *folder* has, if making it from *inputs* changes nothing.

    None if the inputs differ, rendering was interrupted, or a file was added, removed, renamed or
    changed. A change that leaves a file's size and modification time as they were is not noticed.
    """
    try:
        seal = json.loads((folder / name).read_bytes())
        if (folder / MARKER).exists() or seal["inputs"] != inputs:
            return None
        return int(seal["files"]) if seal == _seal(folder, inputs) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _seal(folder: Path, inputs: str) -> dict[str, Any]:
    files, digest = 0, hashlib.sha256()
    for key in keys(folder):
        status = os.lstat(f"{folder}/{key}")
        digest.update(os.fsencode(f"{key} {status.st_size} {status.st_mtime_ns}\n"))
        files += 1
    return {"inputs": inputs, "files": files, "digest": digest.hexdigest()}

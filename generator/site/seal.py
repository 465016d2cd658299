"""The seal of a site: shows that nothing changed since it was rendered, without reading files."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from generator.site.folder import MARKER, keys

# In the folder of a complete site: what it was rendered from, and what its files are.
SEAL = ".rendered"


def write_seal(folder: Path, inputs: str) -> None:
    """Seal the site in *folder* as rendered from *inputs*, a digest."""
    (folder / SEAL).write_text(json.dumps(_seal(folder, inputs)) + "\n")


def sealed(folder: Path, inputs: str) -> int | None:
    """Return how many files the site in *folder* has, if rendering *inputs* would change nothing.

    None if the inputs differ, rendering was interrupted, or a file was added, removed, renamed or
    changed. A change that leaves a file's size and modification time as they were is not noticed.
    """
    try:
        seal = json.loads((folder / SEAL).read_bytes())
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

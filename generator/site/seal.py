"""Whether a rendered folder is still what it was rendered from, without reading its files."""

import json
import os
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from generator.site.files import MARKER, OWN_FOLDERS, is_folder, other_keys

# In the folder once it is whole: what it was rendered from, and what its files are.
SEAL = ".rendered"


class State(NamedTuple):
    """The *files* of a site, and a *digest* of their keys, sizes and times of change."""

    files: int
    digest: int


def set_seal(folder: Path, inputs: str) -> None:
    """Note that *folder* was rendered from *inputs*, a digest, and what its files are now."""
    seal = {"inputs": inputs, **_state(folder)._asdict()}
    (folder / SEAL).write_text(json.dumps(seal) + "\n")


def sealed(folder: Path, inputs: str) -> int | None:
    """Return how many files the site in *folder* has, if it is what *inputs* would make.

    None if it was made from other inputs, or not to its end, or if a file was added, removed,
    replaced or edited since. An edit that keeps a file's size and time of change is not seen.
    """
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        if (folder / MARKER).exists() or seal["inputs"] != inputs:
            return None
        found = _state(folder)
        return found.files if found == State(seal["files"], seal["digest"]) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _state(folder: Path) -> State:
    """Return the state of the files in *folder*; what is behind a link is not the site's."""
    files = digest = 0
    for own in OWN_FOLDERS:
        if not is_folder(folder / own):
            continue
        for place, _, names, here in os.fwalk(folder / own):
            prefix = place[len(str(folder)) :]
            for name in names:
                found = os.stat(name, dir_fd=here, follow_symlinks=False)
                digest += _digest(f"{prefix}/{name}", found)
            files += len(names)
    for key in other_keys(folder):
        digest += _digest(f"/{key}", (folder / key).lstat())
        files += 1
    # A sum, since files come in no order.
    return State(files, digest % 2**64)


def _digest(key: str, found: os.stat_result) -> int:
    text = f"{key} {found.st_size} {found.st_mtime_ns}"
    return int.from_bytes(blake2b(os.fsencode(text), digest_size=8).digest(), "big")

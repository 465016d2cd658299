"""Whether a rendered folder is still what it was rendered from, without reading its files."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from generator.site.files import MARKER, OWN_FOLDERS, is_folder, other_keys

# In the folder once it is whole: what it was rendered from, and what its files are.
SEAL = ".rendered"
# Seconds after which a file system's clock has moved on; where it has not, no seal will hold.
_LONGEST_TICK = 0.1


def sealed(folder: Path, made_from: Mapping[str, str]) -> int | None:
    """Return how many files the site in *folder* has, if it is what would be *made_from* this.

    None if it was made from other inputs, or not to its end, or if a file has been made, removed,
    renamed or written since: so much the times of change tell, which nobody can set. A directory
    that is another file with the same bytes is noted in the seal.
    https://man7.org/linux/man-pages/man7/inode.7.html
    """
    if (folder / MARKER).exists():
        return None
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        if seal["inputs"] != made_from["inputs"]:
            return None
        sealed_at = (folder / SEAL).stat().st_ctime_ns
        if (count := _older(folder, sealed_at)) != seal["files"]:
            return None
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if made_from.items() - seal.items():
        with suppress(OSError):
            set_seal(folder, seal | made_from)
    return count


def file_identity(path: Path) -> str:
    """Return what tells a file at *path* from any other, and from itself once it has changed.

    Unread, as `sealed` does. Empty if there is none.
    """
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_ctime_ns}"


def sealed_release(folder: Path, directory: str) -> str:
    """Return the release of the directory of that `file_identity`, if *folder* is its site.

    Else it is empty: the directory has to be read to find out.
    """
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        return str(seal["release"]) if directory and seal["directory"] == directory else ""
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def set_seal(folder: Path, seal: Mapping[str, object]) -> None:
    """Write *seal* into *folder*, at a later time than all files there have.

    So what is done to them in the same tick of the file system's clock still tells.
    """
    path = folder / SEAL
    path.write_text(json.dumps(seal) + "\n")
    first, until = path.stat().st_ctime_ns, time.monotonic() + _LONGEST_TICK
    while path.stat().st_ctime_ns == first and time.monotonic() < until:
        os.utime(path)


def _older(folder: Path, when: int) -> int | None:
    """Return how many files of a site are in *folder*; None unless all are older than *when*.

    So must be the folders they are in: these tell of files that have gone.
    """
    count = 0
    for own in OWN_FOLDERS:
        if not is_folder(folder / own):
            continue
        for _, _, names, here in os.fwalk(folder / own):
            if os.fstat(here).st_ctime_ns >= when:
                return None
            for name in names:
                if os.stat(name, dir_fd=here, follow_symlinks=False).st_ctime_ns >= when:
                    return None
            count += len(names)
    for key in other_keys(folder):
        if (folder / key).lstat().st_ctime_ns >= when:
            return None
        count += 1
    return count

"""The folder of a site: which files in it belong to the site, and what its build.json says."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from generator.errors import BuildError, reason
from generator.site.build import Build
from generator.site.files import (
    BUILD_KEY,
    FEED_KEY,
    INDEX_KEY,
    NOT_FOUND_KEY,
    PAGES_BESIDE,
    ROBOTS_KEY,
)

# In the folder while its files are being written, and locked by the process that writes them. It
# stays when writing is interrupted: a folder that has it is incomplete.
MARKER = ".rendering"
# Only files with these keys are ever removed. A process that was killed leaves files in .part.
_BESIDE = (*PAGES_BESIDE, BUILD_KEY, FEED_KEY, INDEX_KEY, NOT_FOUND_KEY, ROBOTS_KEY)
_KEYS = re.compile(
    r"(?:users|assets)/.+"
    r"|(?:data/(?:profiles\.(?:csv|ndjson|db)|directory\.db)|sitemap(?:-[0-9]+)?\.xml"
    rf"|{'|'.join(map(re.escape, _BESIDE))})(?:\.part)?",
    re.DOTALL,
)
_SUBFOLDERS = ("assets", "data", "users")


def keys(folder: Path) -> Iterator[str]:
    """Yield the keys of the site's files in *folder*, always in the same order.

    Files of an older build are among them. Symbolic links to folders are not followed.
    """
    names = sorted(path.name for path in folder.iterdir())
    yield from filter(_KEYS.fullmatch, names)
    for prefix, names in _walk(folder):
        yield from filter(_KEYS.fullmatch, (prefix + name for name in names))


def remove_empty_folders(folder: Path) -> None:
    """Remove the subfolders of the site that have no files."""
    for prefix in reversed([prefix for prefix, _ in _walk(folder)]):
        with suppress(OSError):  # not empty
            (folder / prefix).rmdir()


def _walk(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each subfolder of the site, with a slash at its end, and the names of its files."""
    for name in _SUBFOLDERS:
        if (folder / name).is_symlink():
            continue
        for path, folders, names in os.walk(folder / name):
            folders.sort()
            yield f"{Path(path).relative_to(folder).as_posix()}/", sorted(names)


def is_site(folder: Path) -> bool:
    """Return whether *folder* has a site of any version, or a part of one."""
    if (folder / MARKER).exists():
        return True
    try:
        members = json.loads((folder / BUILD_KEY).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(members, dict) and {"release", "page_sizes"} <= members.keys()


def read_build(folder: Path) -> Build:
    """Return the build of the site in *folder*.

    Raises:
        BuildError: there is no site, or rendering it was interrupted.
    """
    try:
        if (folder / MARKER).exists():
            raise BuildError(
                f"the site {folder} is incomplete, because rendering it was interrupted;"
                " `ghdirectory render` completes it"
            )
        return Build.from_json((folder / BUILD_KEY).read_bytes())
    except ValueError as exc:
        raise BuildError(
            f"{folder / BUILD_KEY} cannot be read: {exc}; `ghdirectory render` writes it again"
        ) from exc
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise BuildError(f"there is no site in {folder}; `ghdirectory build` makes it") from exc
    except OSError as exc:
        raise BuildError(f"cannot read the site {folder}: {reason(exc)}") from exc

"""The site as files: what one is, and how a folder comes to hold exactly those of a build."""

import mimetypes
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from generator.errors import BuildError
from generator.pages import BUILD_KEY, Build

# In the folder while its files are being written: a folder that has it is incomplete.
MARKER = ".rendering"
# Where files are removed that a build does not have (any more); elsewhere nothing ever is.
OWN_FOLDERS = ("users", "assets")
ASSETS = "assets/"

_TEXT = {".html": "text/html", ".css": "text/css", ".txt": "text/plain"}


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One object of the site: its *key* (a path with slashes) and its bytes."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What `write` did, in files."""

    written: int
    unchanged: int
    removed: int


def content_type(key: str) -> str:
    """Return the Content-Type that the object at *key* is served with."""
    suffix = Path(key).suffix
    if suffix in _TEXT:
        return f"{_TEXT[suffix]}; charset=utf-8"
    return mimetypes.guess_type(key)[0] or "application/octet-stream"


def cache_control(key: str) -> str:
    """Return the Cache-Control that the object at *key* is served with.

    An asset's name carries a digest of its bytes: it never changes.
    """
    return f"public, max-age={'31536000, immutable' if key.startswith(ASSETS) else '60'}"


def write(folder: Path, files: Iterable[SiteFile], is_page: Callable[[str], bool]) -> Written:
    """Make *folder* hold *files*, touching only what differs; each file appears whole.

    Stale pages and assets go after all new ones stand. Interrupted, the folder keeps a marker
    that `read_build` and the next write see.

    Args:
        folder: the site's folder, made if need be.
        files: in the order to write them; one is held at a time.
        is_page: whether a key is a page of one of the build's listings.

    Raises:
        BuildError: the folder holds something else, or cannot be written.
    """
    written = unchanged = 0
    others: set[str] = set()
    try:
        _claim(folder)
        for file in files:
            if not is_page(file.key):
                others.add(file.key)
            if _put(folder / file.key, file.content):
                written += 1
            else:
                unchanged += 1
        removed = _sweep(folder, lambda key: is_page(key) or key in others)
        for key in others:  # a killed rendering may have left one
            _draft(folder / key).unlink(missing_ok=True)
        (folder / MARKER).unlink()
    except OSError as exc:
        raise BuildError(f"cannot write the site {folder}: {exc}") from exc
    return Written(written, unchanged, removed)


def read_build(folder: Path) -> Build:
    """Return what the site in *folder* says of itself.

    Raises:
        BuildError: there is no site, or rendering it was interrupted.
    """
    if (folder / MARKER).exists():
        raise BuildError(
            f"the site {folder} is not whole, because rendering it was interrupted;"
            " `python -m generator render` finishes it"
        )
    try:
        return Build.from_json((folder / BUILD_KEY).read_bytes())
    except ValueError as exc:
        raise BuildError(f"{folder / BUILD_KEY} is not readable: {exc}") from exc
    except OSError as exc:
        raise BuildError(
            f"there is no site in {folder} ({exc.strerror}: {BUILD_KEY});"
            " `python -m generator build` makes it"
        ) from exc


def keys(folder: Path) -> Iterator[str]:
    """Yield the keys of the pages and assets in *folder*, in no order."""
    for own in OWN_FOLDERS:
        for entry in _entries(folder / own):
            if not entry.is_dir(follow_symlinks=False):
                yield Path(entry.path).relative_to(folder).as_posix()


def _claim(folder: Path) -> None:
    """Mark *folder* as being written, unless it belongs to somebody else."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _is_ours(folder) and next(folder.iterdir(), None) is not None:
        raise BuildError(
            f"{folder} holds files that are not a site's ({BUILD_KEY} is not there);"
            " --output names another folder"
        )
    (folder / MARKER).touch()


def _is_ours(folder: Path) -> bool:
    if (folder / MARKER).exists():
        return True
    try:
        Build.from_json((folder / BUILD_KEY).read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _put(path: Path, content: bytes) -> bool:
    """Write *content* to *path* unless it is there already; return whether it was not."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path)
    draft.write_bytes(content)
    draft.replace(path)
    return True


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _sweep(folder: Path, keep: Callable[[str], bool]) -> int:
    removed = 0
    for key in keys(folder):
        if not keep(key):
            (folder / key).unlink()
            removed += 1
    for own in OWN_FOLDERS:
        for entry in _entries(folder / own):
            if entry.is_dir(follow_symlinks=False):
                with suppress(OSError):  # there is something in it
                    Path(entry.path).rmdir()
    return removed


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what is below *folder*, one at a time, a folder after what it holds."""
    if folder.is_dir() and not folder.is_symlink():  # what is behind a link is not ours
        with os.scandir(folder) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from _entries(Path(entry.path))
                yield entry

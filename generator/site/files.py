"""A site as files: their keys and headers, and what the folder says of itself."""

import mimetypes
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from generator.errors import BuildError
from generator.site.build import Build

TEMPLATES = Path(__file__).parents[2] / "site_templates"
STATIC = TEMPLATES / "static"

ABOUT_KEY = "about.html"
BUILD_KEY = "build.json"
INDEX_KEY = "index.html"
NOT_FOUND_KEY = "404.html"
ROBOTS_KEY = "robots.txt"

# In the folder while its files are being written, and locked by the process that writes them. It
# stays when writing is interrupted: a folder that has it is incomplete.
MARKER = ".rendering"
# Where files are removed that a build does not have (any more); elsewhere nothing ever is but
# files of these names, and what a rendering that was killed left of any.
OWN_FOLDERS = ("users", "assets")
_OWN_FILES = re.compile(
    r"(?:data/(?:profiles\.csv|profiles\.ndjson|directory\.db)|sitemap(?:-[0-9]+)?\.xml"
    r"|(?:index|about|404)\.html|robots\.txt|build\.json)(?:\.part)?"
)
ASSETS = "assets/"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".xml": "application/xml",
    ".ndjson": "application/x-ndjson",
    ".db": "application/vnd.sqlite3",
}


class SiteFile(NamedTuple):
    """One object of the site: its *key* (a path with slashes) and its bytes."""

    key: str
    content: bytes


def content_type(key: str) -> str:
    """Return the Content-Type that the object at *key* is served with."""
    suffix = Path(key).suffix
    return _TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"


def cache_control(key: str) -> str:
    """Return the Cache-Control header of *key*.

    The name of an asset has a digest of its bytes, so the asset never changes. Other files may stay
    in a CDN for a year, because each release has its own prefix there. Browsers see no prefix, so
    they ask again after a minute.
    """
    if key.startswith(ASSETS):
        return "public, max-age=31536000, immutable"
    return "public, max-age=60, s-maxage=31536000"


def read_build(folder: Path) -> Build:
    """Return what the site in *folder* says of itself.

    Raises:
        BuildError: there is no site, or rendering it was interrupted.
    """
    if (folder / MARKER).exists():
        raise BuildError(
            f"the site {folder} is not whole, because rendering it was interrupted;"
            " `ghdirectory render` finishes it"
        )
    try:
        return Build.from_json((folder / BUILD_KEY).read_bytes())
    except ValueError as exc:
        raise BuildError(
            f"{folder / BUILD_KEY} is not readable: {exc}; `ghdirectory render` makes it anew"
        ) from exc
    except OSError as exc:
        raise BuildError(
            f"there is no site in {folder} ({exc.strerror}: {BUILD_KEY});"
            " `ghdirectory build` makes it"
        ) from exc


def keys(folder: Path) -> Iterator[str]:
    """Yield the keys of what a build may leave in *folder*, in no order."""
    start = len(f"{folder}/")
    for own in OWN_FOLDERS:
        for entry in entries(f"{folder}/{own}"):
            if not entry.is_dir(follow_symlinks=False):
                yield entry.path[start:]
    yield from other_keys(folder)


def other_keys(folder: Path) -> Iterator[str]:
    """Yield the keys of the files in *folder* that are a site's, but in no folder of its own."""
    for others in ("", "data/"):
        for name in _names(folder / others):
            if _OWN_FILES.fullmatch(others + name):
                yield others + name


def is_folder(path: Path) -> bool:
    """Return whether there is a folder at *path*; what is behind a link is not ours."""
    return path.is_dir() and not path.is_symlink()


def _names(folder: Path) -> list[str]:
    """Return the names in *folder*; none if it is not there, or somewhere else."""
    if not is_folder(folder):
        return []
    return [entry.name for entry in folder.iterdir()]


def entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield what is below *folder*, one at a time, a folder after what it holds."""
    if is_folder(Path(folder)):
        with os.scandir(folder) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from entries(entry.path)
                yield entry

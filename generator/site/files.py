"""The files of a site: their keys, which are paths with slashes, and their headers. Does no I/O."""

import mimetypes
from pathlib import Path
from typing import NamedTuple

ABOUT_KEY = "about.html"
BUILD_KEY = "build.json"
CHANGES_KEY = "changes.html"
FEED_KEY = "changes.xml"
INDEX_KEY = "index.html"
NOT_FOUND_KEY = "404.html"
ROBOTS_KEY = "robots.txt"
ASSETS = "assets/"
# The pages beside the listings, in the order of the sitemap. A site lacks those that it has nothing
# to show on.
PAGES_BESIDE = (ABOUT_KEY, CHANGES_KEY)

_CONTENT_TYPES = {
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
    """A file of the site: its key and its content."""

    key: str
    content: bytes


def content_type(key: str) -> str:
    """Return the Content-Type header of *key*."""
    if key == FEED_KEY:
        return "application/atom+xml"
    by_suffix = _CONTENT_TYPES.get(Path(key).suffix)
    return by_suffix or mimetypes.guess_type(key)[0] or "application/octet-stream"


def cache_control(key: str) -> str:
    """Return the Cache-Control header of *key*.

    The name of an asset has a digest of its bytes, so the asset never changes. Other files may stay
    in a CDN for a year, because each release has its own prefix there. Browsers see no prefix, so
    they ask again after a minute.
    """
    if key.startswith(ASSETS):
        return "public, max-age=31536000, immutable"
    return "public, max-age=60, s-maxage=31536000"

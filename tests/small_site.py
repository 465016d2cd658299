"""A site of a few tiny files, for tests of publishing and deploying."""

from collections.abc import Mapping
from pathlib import Path

from generator.publish.manifest import MANIFEST_KEY, Digests, Manifest
from generator.site import Build

RELEASE = "0123456789abcdef"
# 60 users on pages of 25: three pages.
BUILD = Build(RELEASE, 60, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")
FILES = {
    "users/1.html": b"one",
    "users/2.html": b"two",
    "users/3.html": b"three",
    "index.html": b"one",
    "assets/site.0123.css": b"css",
    "data/directory.db": b"d" * ((1 << 20) + 1),  # too large to be read before it is sent
    "build.json": BUILD.to_json(),
}
MANIFEST = Manifest(RELEASE, {key: Digests.of([content]) for key, content in FILES.items()})
SITE_ID = MANIFEST.site_id
PREFIX = f"releases/{SITE_ID}/"
MANIFEST_OBJECT = PREFIX + MANIFEST_KEY


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write *files* (bytes by key) into *folder*, and return the folder."""
    for key, content in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    return folder

"""What is published as one, and how it is told from any other.

A release lies below a prefix of its own, named by what is in it, so what is published there never
changes.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from generator.errors import PublishError
from generator.site import BUILD_KEY, Build, keys, read_build

MANIFEST_KEY = "manifest.json"
SAMPLE = "sample"
_CHUNK = 1 << 20


class Content(NamedTuple):
    """What tells the bytes of a file from any others; *size* is in bytes.

    A listing of a bucket has MD5, as ETag; SHA-256 is for those that are encrypted otherwise.
    """

    size: int
    md5: bytes
    sha256: bytes

    @classmethod
    def of(cls, chunks: Iterable[bytes]) -> "Content":
        """Return what tells *chunks*, put together, from other bytes."""
        size, md5, sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for chunk in chunks:
            size += len(chunk)
            md5.update(chunk)
            sha256.update(chunk)
        return cls(size, md5.digest(), sha256.digest())


@dataclass(frozen=True)
class Release:
    """What is published as one: the site of a *directory*, as the files that make it up.

    That is 350 bytes of memory a file, and as much again while a bucket's listing is compared.

    Attributes:
        directory: the release that the database, build.json and the API name.
        files: what is at each key.
    """

    directory: str
    files: Mapping[str, Content] = field(repr=False)

    @cached_property
    def name(self) -> str:
        """The directory's release and 8 digits of the manifest's SHA-256: of no other files."""
        return f"{self.directory}-{hashlib.sha256(self.manifest).hexdigest()[:8]}"

    @property
    def prefix(self) -> str:
        """What the keys of its objects begin with."""
        return prefix(self.name)

    @cached_property
    def manifest(self) -> bytes:
        """The manifest: JSON with the size, MD5 and SHA-256 of every file, a line for each.

        The same files always have the same manifest.
        """
        return "".join(self._manifest()).encode()

    def _manifest(self) -> Iterator[str]:
        yield f'{{"release": {json.dumps(self.directory)}, "files": {{'
        separator = "\n"
        for key in sorted(self.files):
            size, md5, sha256 = self.files[key]
            about = {"size": size, "md5": md5.hex(), "sha256": sha256.hex()}
            yield f"{separator}{json.dumps(key)}: {json.dumps(about)}"
            separator = ",\n"
        yield "\n}}\n"

    @classmethod
    def from_manifest(cls, text: bytes) -> "Release":
        """Read a manifest; ValueError if it is not one."""
        try:
            found: dict[str, Any] = json.loads(text)
            files = {
                str(key): Content(
                    int(about["size"]), bytes.fromhex(about["md5"]), bytes.fromhex(about["sha256"])
                )
                for key, about in found["files"].items()
            }
            return cls(_directory(found["release"]), files)
        except (KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise ValueError(f"not a manifest: {exc!r}") from exc


def prefix(release: str) -> str:
    """Return what the keys of the objects of that *release* begin with."""
    return f"releases/{release}/"


def read_site(folder: Path, release: str | None = None, *, allow_sample: bool = False) -> Release:
    """Return the site in *folder* as a release, every file read once.

    Raises:
        BuildError: there is no site, or rendering it was interrupted.
        PublishError: it is not the *release* of that name, or not to be published.
    """
    build = read_build(folder)
    if SAMPLE in build.source.split(", ") and not allow_sample:
        raise PublishError(
            f"the site {folder} shows invented accounts (source: {build.source});"
            " --allow-sample publishes it all the same"
        )
    try:
        directory = _directory(build.release)
    except ValueError as exc:
        raise PublishError(f"{folder / BUILD_KEY} is not as it was rendered: {exc}") from exc
    files = {key: Content.of(_chunks(folder / key)) for key in sorted(keys(folder))}
    if lacking := next(_lacking(build, files), None):
        raise PublishError(
            f"the site {folder} lacks {lacking}; `ghdirectory render` makes it whole, `check` tells"
        )
    found = Release(directory, files)
    if release not in (None, found.name):
        raise PublishError(
            f"the site {folder} is release {found.name}, not {release};"
            " without --release that one is published"
        )
    return found


def _directory(release: object) -> str:
    if not (isinstance(release, str) and re.fullmatch(r"[0-9a-f]{16}", release)):
        raise ValueError(f"{release!r} is no release: 16 digits of the directory's SHA-256")
    return release


def _lacking(build: Build, files: Collection[str]) -> Iterator[str]:
    """Yield the keys of the pages that *build* has and *files* lack."""
    for listing in build.listings():
        for page in range(1, build.pages(listing) + 1):
            if (key := listing.key(page)) not in files:
                yield key


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            yield chunk

"""The manifest of a site: every file with its digests, and the id that the site is published under.

A site is published below a prefix of its own, named by the digest of its manifest. So what lies
below a prefix never changes.
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
SAMPLE_SOURCE = "sample"
_CHUNK = 1 << 20  # bytes


class Digests(NamedTuple):
    """The size (bytes) and the digests of a file.

    A bucket's listing shows the MD5, as the ETag. The SHA-256 is for objects whose ETag is no MD5.
    """

    size: int
    md5: bytes
    sha256: bytes

    @classmethod
    def of(cls, chunks: Iterable[bytes]) -> "Digests":
        """Return the digests of the *chunks*, joined."""
        size, md5, sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for chunk in chunks:
            size += len(chunk)
            md5.update(chunk)
            sha256.update(chunk)
        return cls(size, md5.digest(), sha256.digest())


@dataclass(frozen=True)
class Manifest:
    """The files of one rendered site.

    Takes 350 bytes of memory a file, and as much again while a bucket's listing is compared.

    Attributes:
        release: the release of the directory that the site shows, as in build.json and the API.
        files: the digests of each file, by key. The manifest itself is not among them.
    """

    release: str
    files: Mapping[str, Digests] = field(repr=False)

    @cached_property
    def site_id(self) -> str:
        """The release and 8 digits of the SHA-256 of the manifest: other files, another id."""
        return f"{self.release}-{hashlib.sha256(self.to_json()).hexdigest()[:8]}"

    @property
    def prefix(self) -> str:
        """The prefix of the site's objects in a bucket."""
        return site_prefix(self.site_id)

    def to_json(self) -> bytes:
        """Return the manifest as JSON: a line for each file, in the order of the keys.

        The same files always give the same bytes.
        """
        return "".join(self._json_parts()).encode()

    def _json_parts(self) -> Iterator[str]:
        yield f'{{"release": {json.dumps(self.release)}, "files": {{'
        separator = "\n"
        for key in sorted(self.files):
            size, md5, sha256 = self.files[key]
            digests = {"size": size, "md5": md5.hex(), "sha256": sha256.hex()}
            yield f"{separator}{json.dumps(key)}: {json.dumps(digests)}"
            separator = ",\n"
        yield "\n}}\n"

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Decode a manifest.

        Raises:
            ValueError: *text* is not a manifest.
        """
        try:
            decoded: dict[str, Any] = json.loads(text)
            files = {
                str(key): Digests(
                    int(file["size"]), bytes.fromhex(file["md5"]), bytes.fromhex(file["sha256"])
                )
                for key, file in decoded["files"].items()
            }
            return cls(_checked_release(decoded["release"]), files)
        except (KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise ValueError(f"not a manifest: {exc!r}") from exc


def site_prefix(site_id: str) -> str:
    """Return the prefix of the objects of the site *site_id*."""
    return f"releases/{site_id}/"


def refuse_sample(folder: Path, build: Build) -> None:
    """Raise PublishError if the site of *build* in *folder* shows the sample's accounts."""
    if SAMPLE_SOURCE in build.source.split(", "):
        raise PublishError(
            f"the site {folder} shows invented accounts (source: {build.source});"
            " --allow-sample publishes it nevertheless (make deploy ARGS=--allow-sample)"
        )


def read_site(folder: Path, site_id: str | None = None, *, allow_sample: bool = False) -> Manifest:
    """Return the manifest of the rendered site in *folder*. Every file is read once.

    Args:
        folder: the rendered site.
        site_id: the id that the site must have; None for any.
        allow_sample: whether the site may show the sample's invented accounts.

    Raises:
        BuildError: *folder* has no site, or rendering it was interrupted.
        PublishError: the site has another id, shows invented accounts, or lacks a page.
    """
    build = read_build(folder)
    if not allow_sample:
        refuse_sample(folder, build)
    try:
        release = _checked_release(build.release)
    except ValueError as exc:
        raise PublishError(f"{folder / BUILD_KEY} is not as it was rendered: {exc}") from exc
    files = {key: Digests.of(_chunks(folder / key)) for key in sorted(keys(folder))}
    if missing := next(_missing_pages(build, files), None):
        raise PublishError(
            f"the site {folder} lacks {missing}; `ghdirectory render` writes it again"
        )
    manifest = Manifest(release, files)
    if site_id not in (None, manifest.site_id):
        raise PublishError(
            f"the site {folder} has the id {manifest.site_id}, not {site_id};"
            " leave out --release to publish it"
        )
    return manifest


def _checked_release(release: object) -> str:
    if not (isinstance(release, str) and re.fullmatch(r"[0-9a-f]{16}", release)):
        raise ValueError(f"{release!r} is no release: 16 digits of the directory's SHA-256")
    return release


def _missing_pages(build: Build, files: Collection[str]) -> Iterator[str]:
    """Yield the keys of pages that *build* lists and *files* lacks."""
    for listing in build.listings():
        for page in range(1, build.page_count(listing) + 1):
            if (key := listing.key(page)) not in files:
                yield key


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            yield chunk

"""Bringing a site into a bucket: as a release of its own, whole, and checked before it is used.

A release lies below a prefix of its own, named by what is in it, so what is published there never
changes. Its manifest is uploaded last, once everything it names is known to be there. Digests
decide what has to be done, so an interrupted upload goes on where it stopped. `s3` is the one
module that knows a real bucket.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, NamedTuple, Protocol, TypeVar

from generator.errors import PublishError
from generator.site import ASSETS, BUILD_KEY, Build, content_type, keys, read_build
from generator.text import count

MANIFEST_KEY = "manifest.json"
SAMPLE = "sample"
# A year for the CDN, since another release has other keys; browsers ask again after a minute, as
# to them the addresses are the same.
PAGE_CACHE_CONTROL = "public, max-age=60, s-maxage=31536000"
ASSET_CACHE_CONTROL = "public, max-age=31536000, immutable"
# So many keys of a kind are named by a plan.
NAMED = 10

_CHUNK = 1 << 20
# Files up to this size (bytes) are read before they are sent, larger ones while they are.
_SMALL = 1 << 20

Result = TypeVar("Result")


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


class Stored(NamedTuple):
    """An object as a bucket lists it.

    *size* is in bytes, *etag* has no quotes, *modified* is when it was put (aware).
    """

    key: str
    size: int
    etag: str
    modified: datetime


class Upload(NamedTuple):
    """An object to make: its *body*, which may be a file, and what it is served with."""

    body: bytes | Path
    sha256: bytes
    content_type: str
    cache_control: str


class Bucket(Protocol):
    """Where releases are kept. Its methods may be called by many threads at once.

    Each raises PublishError if the bucket cannot be used.
    """

    @property
    def address(self) -> str:
        """What people know it by, as in s3://name."""

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects whose keys begin with *prefix*, in no order."""

    def sha256(self, key: str) -> bytes | None:
        """Return the SHA-256 that the object at *key* was stored with; None if that is unknown."""

    def get(self, key: str) -> bytes | None:
        """Return what the object at *key* holds; None if there is none."""

    def put(self, key: str, upload: Upload) -> None:
        """Make *upload* the object at *key*."""

    def delete(self, key: str) -> None:
        """Remove the object at *key*, if there is one."""


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


@dataclass(frozen=True)
class Plan:
    """What is to be done for a release to be in a bucket as it should.

    Attributes:
        missing: keys that are not there.
        different: keys at which there are other bytes.
        foreign: keys at which the release has nothing.
        unsure: of those in *different*, the ones that a listing does not tell from the same bytes.
        unchanged: how many objects are as they should be.
        size: how many bytes are to be uploaded.
        manifest: whether the manifest is there, as it should be.
    """

    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    unchanged: int = 0
    size: int = 0
    manifest: bool = False

    @property
    def uploads(self) -> tuple[str, ...]:
        """The keys to upload, the manifest's aside."""
        return self.missing + self.different

    @property
    def is_as_planned(self) -> bool:
        """Whether the files are all there, as they should be, and nothing else is."""
        return not (self.missing or self.different or self.foreign)

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be done."""
        return self.is_as_planned and self.manifest

    def __str__(self) -> str:
        """Return it for people, in one line."""
        parts = [f"{count(len(self.uploads), 'file')} to upload ({-(-self.size // 1000):,} kB)"]
        if self.different:
            parts.append(f"{len(self.different):,} of them in place of other bytes")
        parts.append(f"{self.unchanged:,} there already")
        if self.foreign:
            parts.append(f"{len(self.foreign):,} to remove")
        return ", ".join(parts)

    def lines(self) -> Iterator[str]:
        """Yield what is to be done to which keys, of each kind the first few."""
        kinds = (
            ("upload", self.missing),
            ("replace", self.different),
            ("remove", self.foreign),
        )
        for what, some in kinds:
            for key in some[:NAMED]:
                yield f"{what:<8} {key}"
            if len(some) > NAMED:
                yield f"{what:<8} ... and {len(some) - NAMED:,} more"
        if not self.manifest:
            yield f"{'upload':<8} {MANIFEST_KEY}"


def prefix(release: str) -> str:
    """Return what the keys of the objects of that *release* begin with."""
    return f"releases/{release}/"


def cache_control(key: str) -> str:
    """Return the Cache-Control of the object at *key*, below a prefix that never changes."""
    return ASSET_CACHE_CONTROL if key.startswith(ASSETS) else PAGE_CACHE_CONTROL


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
            f"the site {folder} lacks {lacking};"
            " `python -m generator render` makes it whole, `check` tells"
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


def plan(release: Release, stored: Iterable[Stored], same: Collection[str] = ()) -> Plan:
    """Return what makes of *stored*, which a bucket lists below the prefix, the *release*.

    An ETag is the MD5 of what was uploaded at once, unless a key of the customer's encrypts it.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    Keys (without the prefix) at which the ETag tells nothing, but which were found to hold the
    right bytes, are in *same*.
    """
    missing = set(release.files)
    different, foreign, unsure = [], [], []
    manifest = False
    for object_key, size, etag, _ in stored:
        key = object_key.removeprefix(release.prefix)
        wanted = release.files.get(key)
        if key == MANIFEST_KEY:
            wanted = Content.of([release.manifest])
        if wanted is None:
            foreign.append(key)
            continue
        is_same = size == wanted.size and (etag == wanted.md5.hex() or key in same)
        if size == wanted.size and not is_same:
            unsure.append(key)
        if key == MANIFEST_KEY:
            manifest = is_same
            continue
        missing.discard(key)
        if not is_same:
            different.append(key)
    return Plan(
        tuple(sorted(missing)),
        tuple(sorted(different)),
        tuple(sorted(foreign)),
        tuple(sorted(unsure)),
        len(release.files) - len(missing) - len(different),
        sum(release.files[key].size for keys in (missing, different) for key in keys),
        manifest,
    )


def look(release: Release, bucket: Bucket, threads: int) -> Plan:
    """Return what is to be done for *release* to be in *bucket*: a request for 1,000 objects.

    Only where an ETag is not what it should be, the object itself is asked for its SHA-256.
    """
    stored = [*bucket.list(release.prefix)]
    found = plan(release, stored)
    if not found.unsure:
        return found

    def ask(key: str) -> str | None:
        wanted = release.files.get(key) or Content.of([release.manifest])
        return key if bucket.sha256(release.prefix + key) == wanted.sha256 else None

    same = {key for key in each(ask, found.unsure, threads) if key}
    return plan(release, stored, same)


def carry_out(
    wanted: Plan,
    release: Release,
    folder: Path,
    bucket: Bucket,
    threads: int,
    advance: Callable[[int], None],
) -> None:
    """Do what is *wanted* with the site in *folder*, see that it is right, and say so there.

    As long as anything is not as it should be, there is no manifest. *advance* is told how many
    files are uploaded.

    Raises:
        PublishError: a request fails, or what arrived is something else.
    """
    place = f"{bucket.address}/{release.prefix}"
    if wanted.is_done:
        return
    if wanted.manifest:
        bucket.delete(release.prefix + MANIFEST_KEY)

    def upload(key: str) -> None:
        content, path = release.files[key], folder / key
        body = path.read_bytes() if content.size <= _SMALL else path
        headers = content_type(key), cache_control(key)
        bucket.put(release.prefix + key, Upload(body, content.sha256, *headers))

    for done, _ in enumerate(each(upload, wanted.uploads, threads), start=1):
        advance(done)
    for _ in each(lambda key: bucket.delete(release.prefix + key), wanted.foreign, threads):
        pass
    found = look(release, bucket, threads)
    if not found.is_as_planned:
        raise PublishError(
            f"what arrived at {place} is not what was sent: {_wrong(found)};"
            " the same command goes on from here"
        )
    put_manifest(release, bucket)


def put_manifest(release: Release, bucket: Bucket) -> None:
    """Say in *bucket* that *release* is whole."""
    headers = content_type(MANIFEST_KEY), cache_control(MANIFEST_KEY)
    sha256 = hashlib.sha256(release.manifest).digest()
    bucket.put(release.prefix + MANIFEST_KEY, Upload(release.manifest, sha256, *headers))


def verify(name: str, bucket: Bucket, threads: int) -> Release:
    """Return the release called *name* as *bucket* has it, having compared it with its manifest.

    Raises:
        PublishError: it was not published to its end, or is not as it was then.
    """
    place = f"{bucket.address}/{prefix(name)}"
    text = bucket.get(prefix(name) + MANIFEST_KEY)
    if text is None:
        raise PublishError(
            f"there is no whole release at {place} (no {MANIFEST_KEY});"
            " `python -m generator publish` goes on with it"
        )
    try:
        release = Release.from_manifest(text)
        if release.name != name:
            raise ValueError(f"it is of release {release.name}")
    except ValueError as exc:
        raise PublishError(
            f"{place}{MANIFEST_KEY} is not readable: {exc};"
            " `python -m generator publish` makes it anew"
        ) from exc
    found = look(release, bucket, threads)
    if not found.is_as_planned:
        raise PublishError(
            f"{place} is not what its manifest says: {_wrong(found)};"
            " `python -m generator publish` mends it"
        )
    return release


def _wrong(plan: Plan) -> str:
    """Return what is not as it should be, for people, an example of each."""
    kinds = (
        (plan.missing, "missing"),
        (plan.different, "different"),
        (plan.foreign, "foreign"),
    )
    return ", ".join(
        f"{count(len(keys), 'file')} {what} (as {keys[0]})" for keys, what in kinds if keys
    )


def each(work: Callable[[str], Result], keys: Collection[str], threads: int) -> Iterator[Result]:
    """Yield what *work* makes of *keys*, as each is done, by so many *threads* at a time.

    What is raised by one is raised here, and no more is begun. What is under way then is not
    waited for: a request may take long to fail, and who presses Ctrl-C wants to be gone.
    """
    turn, lock, over = iter(keys), Lock(), Event()
    done: SimpleQueue[Any] = SimpleQueue()

    def run() -> None:
        while not over.is_set():
            with lock:
                key = next(turn, None)
            if key is None:
                return
            try:
                done.put((work(key), None))
            except BaseException as exc:
                over.set()
                done.put((None, exc))

    # Not an executor, which holds all that is to be done, and waits for its threads at the end.
    for _ in range(min(threads, len(keys))):
        Thread(target=run, daemon=True).start()
    try:
        for _ in keys:
            result, raised = done.get()
            if raised is not None:
                raise raised
            yield result
    finally:
        over.set()

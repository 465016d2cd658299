"""What has to be done for a release to be in a bucket as it should: digests decide."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from generator.errors import PublishError
from generator.publish.bucket import Bucket, Stored
from generator.publish.release import MANIFEST_KEY, Content, Release, prefix
from generator.publish.threads import each
from generator.text import count

# So many keys of a kind are named by a plan.
NAMED = 10


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


def compare(release: Release, bucket: Bucket, threads: int) -> Plan:
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
            " `ghdirectory publish` goes on with it"
        )
    try:
        release = Release.from_manifest(text)
        if release.name != name:
            raise ValueError(f"it is of release {release.name}")
    except ValueError as exc:
        raise PublishError(
            f"{place}{MANIFEST_KEY} is not readable: {exc}; `ghdirectory publish` makes it anew"
        ) from exc
    found = compare(release, bucket, threads)
    if not found.is_as_planned:
        raise PublishError(
            f"{place} is not what its manifest says: {wrong(found)}; `ghdirectory publish` mends it"
        )
    return release


def wrong(plan: Plan) -> str:
    """Return what is not as it should be, for people, an example of each."""
    kinds = (
        (plan.missing, "missing"),
        (plan.different, "different"),
        (plan.foreign, "foreign"),
    )
    return ", ".join(
        f"{count(len(keys), 'file')} {what} (as {keys[0]})" for keys, what in kinds if keys
    )

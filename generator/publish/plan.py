"""The plan: which objects to upload, replace or remove, so that a bucket holds a site.

Files are compared by their digests.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from generator.errors import PublishError
from generator.publish.bucket import Bucket, StoredObject
from generator.publish.manifest import MANIFEST_KEY, Digests, Manifest, site_prefix
from generator.publish.threads import map_in_threads
from generator.text import count

# Of each kind of change, a plan shows at most as many keys.
MAX_KEYS_SHOWN = 10


@dataclass(frozen=True)
class Plan:
    """The differences between a site and what a bucket holds below its prefix.

    Attributes:
        missing: the keys of files that the bucket lacks.
        different: the keys at which the bucket holds other bytes.
        foreign: the keys at which the bucket holds something and the site nothing.
        uncertain: the keys of the right size whose ETag does not show the right bytes. They count
            as different until their SHA-256 is compared.
        unchanged: the number of files that the bucket holds as they should be.
        upload_size: the size of all uploads, in bytes.
        has_manifest: whether the bucket holds the right manifest.
    """

    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    unchanged: int = 0
    upload_size: int = 0
    has_manifest: bool = False

    @property
    def uploads(self) -> tuple[str, ...]:
        """The keys of the files to upload. The manifest is not among them."""
        return self.missing + self.different

    @property
    def has_same_files(self) -> bool:
        """Whether the bucket holds exactly the site's files, the manifest aside."""
        return not (self.missing or self.different or self.foreign)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be changed."""
        return self.has_same_files and self.has_manifest

    def __str__(self) -> str:
        """Return the plan in one line, for people."""
        kilobytes = -(-self.upload_size // 1000)
        parts = [f"{count(len(self.uploads), 'file')} to upload ({kilobytes:,} kB)"]
        if self.different:
            parts.append(f"{len(self.different):,} of them in place of other bytes")
        parts.append(f"{self.unchanged:,} there already")
        if self.foreign:
            parts.append(f"{len(self.foreign):,} to remove")
        return ", ".join(parts)

    def lines(self) -> Iterator[str]:
        """Yield a line for each change, of each kind the first few."""
        changes = (
            ("upload", self.missing),
            ("replace", self.different),
            ("remove", self.foreign),
        )
        for verb, keys in changes:
            for key in keys[:MAX_KEYS_SHOWN]:
                yield f"{verb:<8} {key}"
            if len(keys) > MAX_KEYS_SHOWN:
                yield f"{verb:<8} ... and {len(keys) - MAX_KEYS_SHOWN:,} more"
        if not self.has_manifest:
            yield f"{'upload':<8} {MANIFEST_KEY}"

    def differences(self) -> str:
        """Return how many files are missing, different or foreign, with an example of each."""
        kinds = (
            ("missing", self.missing),
            ("different", self.different),
            ("foreign", self.foreign),
        )
        return ", ".join(
            f"{count(len(keys), 'file')} {kind} (as {keys[0]})" for kind, keys in kinds if keys
        )


def compare_listing(
    manifest: Manifest, listing: Iterable[StoredObject], verified: Collection[str] = ()
) -> Plan:
    """Compare a site with a listing of the objects below its prefix.

    An ETag is the MD5 of the object, unless it was uploaded in parts or encrypted with a customer's
    key. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html

    Args:
        manifest: the site.
        listing: the objects below the site's prefix.
        verified: keys (without the prefix) whose SHA-256 was compared and is right.
    """
    expected = _expected_objects(manifest)
    stored = {item.key.removeprefix(manifest.prefix): item for item in listing}
    right_size = {
        key for key in expected.keys() & stored.keys() if stored[key].size == expected[key].size
    }
    right = {
        key for key in right_size if key in verified or stored[key].etag == expected[key].md5.hex()
    }
    files = manifest.files.keys()
    missing = files - stored.keys()
    different = (files & stored.keys()) - right
    return Plan(
        missing=tuple(sorted(missing)),
        different=tuple(sorted(different)),
        foreign=tuple(sorted(stored.keys() - expected.keys())),
        uncertain=tuple(sorted(right_size - right)),
        unchanged=len(files & right),
        upload_size=sum(manifest.files[key].size for key in missing | different),
        has_manifest=MANIFEST_KEY in right,
    )


def compare(manifest: Manifest, bucket: Bucket, threads: int) -> Plan:
    """Compare a site with what *bucket* holds below its prefix.

    Takes one request for 1,000 objects, and one more for each object whose ETag is not its MD5.

    Raises:
        PublishError: the bucket cannot be read.
    """
    listing = [*bucket.list(manifest.prefix)]
    plan = compare_listing(manifest, listing)
    expected = _expected_objects(manifest)

    def verify_digest(key: str) -> str | None:
        is_right = bucket.sha256(manifest.prefix + key) == expected[key].sha256
        return key if is_right else None

    verified = {key for key in map_in_threads(verify_digest, plan.uncertain, threads) if key}
    return compare_listing(manifest, listing, verified) if verified else plan


def _expected_objects(manifest: Manifest) -> dict[str, Digests]:
    return {**manifest.files, MANIFEST_KEY: Digests.of([manifest.to_json()])}


def verify(site_id: str, bucket: Bucket, threads: int) -> Manifest:
    """Compare the published site *site_id* with its own manifest in *bucket*, and return that.

    Raises:
        PublishError: the site has no manifest, or its files are not those of the manifest.
    """
    place = f"{bucket.address}/{site_prefix(site_id)}"
    text = bucket.get(site_prefix(site_id) + MANIFEST_KEY)
    if text is None:
        raise PublishError(
            f"there is no complete site at {place} (no {MANIFEST_KEY});"
            " `ghdirectory publish` completes it"
        )
    try:
        manifest = Manifest.from_json(text)
        if manifest.site_id != site_id:
            raise ValueError(f"it is the manifest of {manifest.site_id}")
    except ValueError as exc:
        raise PublishError(
            f"{place}{MANIFEST_KEY} is not readable: {exc}; `ghdirectory publish` replaces it"
        ) from exc
    plan = compare(manifest, bucket, threads)
    if not plan.has_same_files:
        raise PublishError(
            f"{place} is not what its manifest says: {plan.differences()};"
            " `ghdirectory publish` repairs it"
        )
    return manifest

"""Bringing a release into a bucket, so that it is whole there or known not to be.

Its manifest is uploaded last, once everything it names is known to be there. An interrupted upload
goes on where it stopped.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from generator.errors import PublishError
from generator.publish.bucket import Bucket, Upload
from generator.publish.plan import Plan, compare, wrong
from generator.publish.release import MANIFEST_KEY, Release
from generator.publish.threads import each
from generator.site import cache_control, content_type

# Files up to this size (bytes) are read before they are sent, larger ones while they are.
_SMALL = 1 << 20


def apply(
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
        headers = content_type(key), cache_control(key, in_release=True)
        bucket.put(release.prefix + key, Upload(body, content.sha256, *headers))

    for done, _ in enumerate(each(upload, wanted.uploads, threads), start=1):
        advance(done)
    for _ in each(lambda key: bucket.delete(release.prefix + key), wanted.foreign, threads):
        pass
    found = compare(release, bucket, threads)
    if not found.is_as_planned:
        raise PublishError(
            f"what arrived at {place} is not what was sent: {wrong(found)};"
            " the same command goes on from here"
        )
    put_manifest(release, bucket)


def put_manifest(release: Release, bucket: Bucket) -> None:
    """Say in *bucket* that *release* is whole."""
    headers = content_type(MANIFEST_KEY), cache_control(MANIFEST_KEY, in_release=True)
    sha256 = hashlib.sha256(release.manifest).digest()
    bucket.put(release.prefix + MANIFEST_KEY, Upload(release.manifest, sha256, *headers))

"""Uploading a site into a bucket.

The manifest is uploaded last, once every file that it names is known to be in the bucket. So a
manifest in the bucket means that the site is complete. An interrupted upload can be continued.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from generator.errors import PublishError
from generator.publish.bucket import Bucket, Upload
from generator.publish.manifest import MANIFEST_KEY, Manifest
from generator.publish.plan import Plan, compare
from generator.publish.threads import map_in_threads
from generator.site import cache_control, content_type

# Larger files (bytes) are read while they are sent, not before.
_MAX_IN_MEMORY = 1 << 20


def apply(
    plan: Plan,
    manifest: Manifest,
    folder: Path,
    bucket: Bucket,
    threads: int,
    advance: Callable[[int], None],
) -> None:
    """Change *bucket* as *plan* says, compare it again, and upload the manifest.

    As long as any file differs, the bucket has no manifest of the site.

    Args:
        plan: the result of `compare`.
        manifest: the site.
        folder: the rendered site.
        bucket: where to publish.
        threads: how many requests run at a time.
        advance: is called with the number of files uploaded so far.

    Raises:
        PublishError: a request fails, or the bucket holds other bytes than were sent.
    """
    if plan.is_empty:
        return
    prefix = manifest.prefix
    if plan.has_manifest:
        bucket.delete(prefix + MANIFEST_KEY)

    def upload(key: str) -> None:
        digests, path = manifest.files[key], folder / key
        body = path.read_bytes() if digests.size <= _MAX_IN_MEMORY else path
        headers = content_type(key), cache_control(key)
        bucket.put(prefix + key, Upload(body, digests.sha256, *headers))

    def delete(key: str) -> None:
        bucket.delete(prefix + key)

    for uploaded, _ in enumerate(map_in_threads(upload, plan.uploads, threads), start=1):
        advance(uploaded)
    for _ in map_in_threads(delete, plan.foreign, threads):
        pass
    result = compare(manifest, bucket, threads)
    if not result.has_same_files:
        raise PublishError(
            f"{bucket.address}/{prefix} is not what was sent: {result.differences()};"
            " run the same command again to continue"
        )
    put_manifest(manifest, bucket)


def put_manifest(manifest: Manifest, bucket: Bucket) -> None:
    """Upload the manifest, which marks the site as complete."""
    body = manifest.to_json()
    headers = content_type(MANIFEST_KEY), cache_control(MANIFEST_KEY)
    upload = Upload(body, hashlib.sha256(body).digest(), *headers)
    bucket.put(manifest.prefix + MANIFEST_KEY, upload)

"""Publishing a site in a bucket: a complete site below a prefix of its own, compared before use.

Modules that need boto3 are loaded on first use, because building a site does without boto3.
"""

from typing import TYPE_CHECKING, Any

from generator.publish.bucket import Bucket, StoredObject, Upload
from generator.publish.manifest import Manifest, read_site, refuse_sample
from generator.publish.plan import Plan, compare, verify
from generator.publish.upload import apply, put_manifest

if TYPE_CHECKING:
    from generator.publish.aws import CONTINUE, aws_client, translated_errors
    from generator.publish.s3 import S3Bucket

__all__ = [
    "CONTINUE",
    "Bucket",
    "Manifest",
    "Plan",
    "S3Bucket",
    "StoredObject",
    "Upload",
    "apply",
    "aws_client",
    "compare",
    "put_manifest",
    "read_site",
    "refuse_sample",
    "translated_errors",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "S3Bucket":
        from generator.publish.s3 import S3Bucket

        return S3Bucket
    if name in ("CONTINUE", "aws_client", "translated_errors"):
        from generator.publish import aws

        return getattr(aws, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

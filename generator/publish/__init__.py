"""A site in a bucket: as a release of its own, whole, and compared before it is used.

What needs boto3 is loaded on first use, because building a site does without.
"""

from typing import TYPE_CHECKING, Any

from generator.publish.bucket import Bucket, Stored, Upload
from generator.publish.plan import compare, verify
from generator.publish.release import Release, read_site
from generator.publish.upload import apply, put_manifest

if TYPE_CHECKING:
    from generator.publish.aws import GO_ON, aws_client, translated_errors
    from generator.publish.s3 import S3Bucket

__all__ = [
    "GO_ON",
    "Bucket",
    "Release",
    "S3Bucket",
    "Stored",
    "Upload",
    "apply",
    "aws_client",
    "compare",
    "put_manifest",
    "read_site",
    "translated_errors",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "S3Bucket":
        from generator.publish.s3 import S3Bucket

        return S3Bucket
    if name in ("GO_ON", "aws_client", "translated_errors"):
        from generator.publish import aws

        return getattr(aws, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

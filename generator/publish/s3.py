"""A bucket of S3, or of any other store that speaks S3's protocol.

https://docs.aws.amazon.com/AmazonS3/latest/API/
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, BinaryIO

from generator.publish import aws
from generator.publish.bucket import StoredObject, Upload

# What a user can do about an error, by S3's error code.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_ADVICE = {
    "NoSuchBucket": "name another with --bucket; the first deployment makes the bucket",
    "AccessDenied": "publishing needs s3:ListBucket of the bucket, and s3:GetObject, s3:PutObject"
    " and s3:DeleteObject of releases/*",
    **dict.fromkeys(
        ("AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"),
        "the bucket is in another region: set AWS_DEFAULT_REGION",
    ),
    "SlowDown": f"lower --concurrency, and {aws.CONTINUE}",
    "EntityTooLarge": "S3 takes at most 5 GB at once: leave out the downloads with"
    " `render --no-data`",
    "ParamValidationError": "a bucket's name is 3 to 63 of a-z, 0-9, - and . (--bucket)",
}


class S3Bucket:
    """A bucket of S3.

    Args:
        name: the bucket's name.
        endpoint_url: the address of another store; None for AWS.
        threads: how many threads use the bucket at the same time.
        max_attempts: how often a request is tried.

    Raises:
        PublishError: AWS_PROFILE names no profile, or *endpoint_url* is no address.
    """

    def __init__(
        self,
        name: str,
        endpoint_url: str | None = None,
        threads: int = 1,
        max_attempts: int = aws.MAX_ATTEMPTS,
    ) -> None:
        self._name, self.address = name, f"s3://{name}"
        with self._translated_errors("use"):
            self._client = aws.aws_client(
                "s3",
                endpoint_url,
                threads,
                max_attempts,
                # Uploads carry a SHA-256 of their own, and downloads are compared by their readers.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # Other stores need not answer at a host name that begins with the bucket's.
                s3={"addressing_style": "path" if endpoint_url else "auto"},
            )
        self._client.meta.events.register("before-sign.s3.PutObject", _remove_expect_header)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with *prefix*: one request for 1,000 objects.

        A listing shows every change made before it, by any client.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
        """
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._name, Prefix=prefix
        )
        with self._translated_errors("list", prefix):
            for page in pages:
                for item in page.get("Contents", ()):
                    etag = item.get("ETag", "").strip('"')
                    yield StoredObject(item["Key"], item["Size"], etag, item["LastModified"])

    def sha256(self, key: str) -> bytes | None:
        """Return the SHA-256 that S3 has of the object at *key*; None if it has none.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
        """
        with self._translated_errors("read the SHA-256 of", key):
            head = self._client.head_object(Bucket=self._name, Key=key, ChecksumMode="ENABLED")
        try:
            return base64.b64decode(head.get("ChecksumSHA256", ""), validate=True) or None
        except binascii.Error:  # "...-2": a digest of the digests of two parts
            return None

    def get(self, key: str) -> bytes | None:
        """Return the bytes of the object at *key*; None if there is no object."""
        with self._translated_errors("read", key):
            try:
                reply = self._client.get_object(Bucket=self._name, Key=key)
            except self._client.exceptions.NoSuchKey:
                return None
            with closing(reply["Body"]) as body:
                content: bytes = body.read()
                return content

    def put(self, key: str, upload: Upload) -> None:
        """Put *upload* at *key*. S3 refuses it if other bytes arrive."""
        if isinstance(upload.body, Path):
            with upload.body.open("rb") as file:
                self._put(key, upload, file)
        else:
            self._put(key, upload, upload.body)

    def _put(self, key: str, upload: Upload, body: bytes | BinaryIO) -> None:
        with self._translated_errors("upload", key):
            self._client.put_object(
                Bucket=self._name,
                Key=key,
                Body=body,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=base64.b64encode(upload.sha256).decode(),
                ContentType=upload.content_type,
                CacheControl=upload.cache_control,
            )

    def delete(self, key: str) -> None:
        """Delete the object at *key*. A missing object is no error."""
        with self._translated_errors("delete", key):
            self._client.delete_object(Bucket=self._name, Key=key)

    def _translated_errors(self, verb: str, key: str = "") -> AbstractContextManager[None]:
        return aws.translated_errors(f"cannot {verb} {self.address}/{key}", "S3", _ADVICE)


def _remove_expect_header(request: Any, **_: Any) -> None:
    """Send the body at once: waiting for "100 Continue" doubles the time of a small upload.

    https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
    """
    del request.headers["Expect"]

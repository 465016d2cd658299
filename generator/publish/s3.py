"""A bucket of S3, or of any store that speaks its protocol.

https://docs.aws.amazon.com/AmazonS3/latest/API/
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from generator.publish import aws
from generator.publish.bucket import Stored, Upload

# What to do about what S3 says.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_ADVICE = {
    "NoSuchBucket": "--bucket names another; the first deploy makes it",
    "AccessDenied": "whoever publishes needs s3:ListBucket of the bucket, and s3:GetObject,"
    " s3:PutObject and s3:DeleteObject of releases/*",
    **dict.fromkeys(
        ("AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"),
        "the bucket is in another region: set AWS_DEFAULT_REGION",
    ),
    "SlowDown": f"with a lower --concurrency {aws.GO_ON}",
    "EntityTooLarge": "S3 takes 5 GB at once: leave out what is so large, with `render --no-data`",
    "ParamValidationError": "a bucket's name is 3 to 63 of a-z, 0-9, - and . (--bucket)",
}


class S3Bucket:
    """The bucket called *name*, at *endpoint_url* or else at AWS, used by so many *threads*.

    A request is tried up to *attempts* times.

    Raises:
        PublishError: no such profile; as all methods do.
    """

    def __init__(
        self,
        name: str,
        endpoint_url: str | None = None,
        threads: int = 1,
        attempts: int = aws.ATTEMPTS,
    ) -> None:
        self._name, self.address = name, f"s3://{name}"
        with self._told("", "be asked"):
            self._client = aws.aws_client(
                "s3",
                endpoint_url,
                threads,
                attempts,
                # Uploads come with a SHA-256, and what is downloaded is checked by who reads it.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # Of another store's hosts, none need be called as the bucket is.
                s3={"addressing_style": "path" if endpoint_url else "auto"},
            )
        self._client.meta.events.register("before-sign.s3.PutObject", _ask_nothing_first)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects whose keys begin with *prefix*: a request for each 1,000.

        It has what was put or removed before, for whoever asks.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
        """
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._name, Prefix=prefix
        )
        with self._told(prefix, "be listed"):
            for page in pages:
                for one in page.get("Contents", ()):
                    etag = one.get("ETag", "").strip('"')
                    yield Stored(one["Key"], one["Size"], etag, one["LastModified"])

    def sha256(self, key: str) -> bytes | None:
        """Return the SHA-256 that S3 has of the object at *key*; None if it was put without one.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
        """
        with self._told(key, "be looked at"):
            found = self._client.head_object(Bucket=self._name, Key=key, ChecksumMode="ENABLED")
        try:
            return base64.b64decode(found.get("ChecksumSHA256", ""), validate=True) or None
        except binascii.Error:  # of an upload in parts, it is not the object's
            return None

    def get(self, key: str) -> bytes | None:
        """Return what the object at *key* holds; None if there is none."""
        with self._told(key, "be read"):
            try:
                found = self._client.get_object(Bucket=self._name, Key=key)
            except self._client.exceptions.NoSuchKey:
                return None
            with closing(found["Body"]) as body:
                content: bytes = body.read()
                return content

    def put(self, key: str, upload: Upload) -> None:
        """Make *upload* the object at *key*; S3 refuses it if what arrives is something else."""
        if isinstance(upload.body, Path):
            with upload.body.open("rb") as file:
                self._put(key, upload, file)
        else:
            self._put(key, upload, upload.body)

    def _put(self, key: str, upload: Upload, body: bytes | BinaryIO) -> None:
        with self._told(key, "be uploaded"):
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
        """Remove the object at *key*, if there is one."""
        with self._told(key, "be removed"):
            self._client.delete_object(Bucket=self._name, Key=key)

    @contextmanager
    def _told(self, key: str, what: str) -> Iterator[None]:
        with aws.translated_errors(f"{self.address}/{key} cannot {what}", "S3", _ADVICE):
            yield


def _ask_nothing_first(request: Any, **_: Any) -> None:
    """Send a body without asking whether it may come: that takes a small one's time again.

    https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
    """
    del request.headers["Expect"]

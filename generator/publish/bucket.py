"""The bucket that a site is published in, as a protocol. `s3.py` has S3's."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


class StoredObject(NamedTuple):
    """An object, as a bucket lists it.

    Attributes:
        key: the object's key.
        size: in bytes.
        etag: without quotation marks.
        modified: when the object was put (aware).
    """

    key: str
    size: int
    etag: str
    modified: datetime


class Upload(NamedTuple):
    """An object to put into a bucket.

    Attributes:
        body: the bytes, or the file that has them.
        sha256: the digest of the body.
        content_type: the Content-Type to serve it with.
        cache_control: the Cache-Control to serve it with.
    """

    body: bytes | Path
    sha256: bytes
    content_type: str
    cache_control: str


class Bucket(Protocol):
    """A place for objects. Several threads may call its methods at the same time.

    Each method raises PublishError if the bucket cannot be used.
    """

    @property
    def address(self) -> str:
        """The bucket's address for people, as in s3://name."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with *prefix*, unordered."""

    def sha256(self, key: str) -> bytes | None:
        """Return the SHA-256 that the object at *key* was stored with; None if it is unknown."""

    def get(self, key: str) -> bytes | None:
        """Return the bytes of the object at *key*; None if there is no object."""

    def put(self, key: str, upload: Upload) -> None:
        """Put *upload* at *key*, in place of any object there."""

    def delete(self, key: str) -> None:
        """Delete the object at *key*. A missing object is no error."""

"""What a bucket is, whoever keeps it. `s3.py` has the real one."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


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

"""A bucket in memory, for tests of what is above it."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from generator.errors import PublishError
from generator.publish import Stored, Upload


class Kept(NamedTuple):
    """An object: its bytes, the SHA-256 it came with, what it is served with, when it was put."""

    content: bytes
    sha256: bytes
    content_type: str = ""
    cache_control: str = ""
    modified: datetime = datetime(2026, 11, 24, tzinfo=UTC)


def etag(content: bytes) -> str:
    """Return the ETag of what is uploaded at once: its MD5."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class FakeBucket:
    """A bucket that remembers what was done.

    Attributes:
        objects: what is there, by key.
        done: what was done to which key, as in ``("put", "releases/...")``.
        room: after so many objects are put, no more can be.
        encrypted: with a key of the customer's: ETags are no MD5.
        deliver: what arrives of what is put at a key.
        now: says what time it is.
    """

    address = "s3://bucket"

    def __init__(self, encrypted: bool = False) -> None:
        self.objects: dict[str, Kept] = {}
        self.done: list[tuple[str, str]] = []
        self.room = 10**9
        self.encrypted = encrypted
        self.deliver: Callable[[str, bytes], bytes] = lambda key, content: content
        self.now: Callable[[], datetime] = lambda: datetime(2026, 11, 24, tzinfo=UTC)

    def keys(self, what: str) -> list[str]:
        """Return to which keys that was done, in order."""
        return [key for did, key in self.done if did == what]

    def list(self, prefix: str) -> Iterator[Stored]:
        self.done.append(("list", prefix))
        for key, kept in self.objects.items():
            if key.startswith(prefix):
                found = etag(kept.content + b"key" * self.encrypted)
                yield Stored(key, len(kept.content), found, kept.modified)

    def sha256(self, key: str) -> bytes | None:
        self.done.append(("sha256", key))
        return self.objects[key].sha256

    def get(self, key: str) -> bytes | None:
        self.done.append(("get", key))
        return self.objects[key].content if key in self.objects else None

    def put(self, key: str, upload: Upload) -> None:
        self.done.append(("put", key))
        if len(self.keys("put")) > self.room:
            raise PublishError(f"{self.address}/{key} cannot be uploaded: it is full")
        body = upload.body
        content = self.deliver(key, body.read_bytes() if isinstance(body, Path) else body)
        sha256 = hashlib.sha256(content).digest()
        self.objects[key] = Kept(
            content, sha256, upload.content_type, upload.cache_control, self.now()
        )

    def delete(self, key: str) -> None:
        self.done.append(("delete", key))
        self.objects.pop(key, None)

"""A bucket in memory."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from generator.errors import PublishError
from generator.publish import StoredObject, Upload

NEVER_FULL = 10**9


class FakeObject(NamedTuple):
    """The bytes of an object, their SHA-256, the headers it is served with, and its date."""

    content: bytes
    sha256: bytes
    content_type: str = ""
    cache_control: str = ""
    modified: datetime = datetime(2026, 11, 24, tzinfo=UTC)


def md5_etag(content: bytes) -> str:
    """Return the ETag of an object that was not uploaded in parts: its MD5."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class FakeBucket:
    """A bucket that records its calls.

    Attributes:
        objects: the objects by key.
        calls: the method and key of each call, as in ``("put", "releases/...")``.
        capacity: how many objects can be put; the next one raises PublishError.
        is_encrypted: whether a customer's key encrypts objects, so that ETags are no MD5.
        transmit: changes the bytes on their way; is given the key and the bytes sent.
        now: returns the time at which an object is put.
    """

    address = "s3://bucket"

    def __init__(self, is_encrypted: bool = False) -> None:
        self.objects: dict[str, FakeObject] = {}
        self.calls: list[tuple[str, str]] = []
        self.capacity = NEVER_FULL
        self.is_encrypted = is_encrypted
        self.transmit: Callable[[str, bytes], bytes] = lambda key, content: content
        self.now: Callable[[], datetime] = lambda: datetime(2026, 11, 24, tzinfo=UTC)

    def keys(self, method: str) -> list[str]:
        """Return the keys that *method* was called with, in order."""
        return [key for name, key in self.calls if name == method]

    def contents(self) -> dict[str, bytes]:
        """Return the bytes of every object, by key."""
        return {key: stored.content for key, stored in self.objects.items()}

    def store(self, key: str, content: bytes) -> None:
        """Have an object at *key* without a call of `put`."""
        self.objects[key] = FakeObject(content, hashlib.sha256(content).digest())

    def list(self, prefix: str) -> Iterator[StoredObject]:
        self.calls.append(("list", prefix))
        for key, stored in self.objects.items():
            if key.startswith(prefix):
                etag = md5_etag(stored.content + b"key" * self.is_encrypted)
                yield StoredObject(key, len(stored.content), etag, stored.modified)

    def sha256(self, key: str) -> bytes | None:
        self.calls.append(("sha256", key))
        return self.objects[key].sha256

    def get(self, key: str) -> bytes | None:
        self.calls.append(("get", key))
        return self.objects[key].content if key in self.objects else None

    def put(self, key: str, upload: Upload) -> None:
        self.calls.append(("put", key))
        if len(self.keys("put")) > self.capacity:
            raise PublishError(f"cannot upload {self.address}/{key}: the bucket is full")
        body = upload.body
        content = self.transmit(key, body.read_bytes() if isinstance(body, Path) else body)
        self.objects[key] = FakeObject(
            content,
            hashlib.sha256(content).digest(),
            upload.content_type,
            upload.cache_control,
            self.now(),
        )

    def delete(self, key: str) -> None:
        self.calls.append(("delete", key))
        self.objects.pop(key, None)

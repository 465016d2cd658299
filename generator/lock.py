"""File locks: only one process at a time writes a store, a directory or a site."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


class AlreadyLocked(Exception):
    """Another process, or another lock of this process, holds the lock."""


class Lock:
    """A lock on the file at *path*.

    The operating system releases it when this process ends, however it ends. A forked process
    does not hold it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: BaseFileLock | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock is not None

    def acquire(self) -> None:
        """Take the lock without waiting. The object must not hold it already.

        The file is created if it is missing. It is never written to, and a symbolic link is not
        followed.

        Raises:
            AlreadyLocked: somebody else holds the lock.
            OSError: the file cannot be opened.
        """
        # Loading it takes 40 ms, and most commands write neither a store nor a site.
        from filelock import FileLock, Timeout

        # With preserve_lock_file, the file is not removed on any system.
        lock = FileLock(self._path, timeout=0, preserve_lock_file=True)
        try:
            lock.acquire()
        except Timeout as exc:
            raise AlreadyLocked(self._path) from exc
        self._lock = lock

    def release(self) -> None:
        """Give the lock back, if this object holds it. The file stays."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

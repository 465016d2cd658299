"""Updating the folder of a site to another build, so that an incomplete site is always noticed."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from generator.errors import BuildError, permission_advice, reason
from generator.lock import AlreadyLocked, Lock
from generator.site.files import BUILD_KEY
from generator.site.folder import MARKER, is_site, keys, remove_empty_folders
from generator.site.seal import RENDERED, write_seal
from generator.site.writer import Writer


class Update:
    """A context in which the files of a site in *folder* are written.

    Until `finish` was called, a marker in the folder says that the site is incomplete. The marker
    is also the lock file: only one process at a time writes a site.

    Attributes:
        writer: writes the files.

    Raises:
        BuildError: the folder cannot be written, has other files, or another process writes it.
    """

    writer: Writer

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock(folder / MARKER)

    def __enter__(self) -> "Update":
        """Lock and mark the folder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not is_site(self._folder) and any(self._folder.iterdir()):
                raise BuildError(
                    f"{self._folder} has files that are not a site's (there is no {BUILD_KEY});"
                    " name another folder with --output"
                )
            self._lock.acquire()
            self.writer = Writer(self._folder, is_new=not any(keys(self._folder)))
            (self._folder / RENDERED).unlink(missing_ok=True)
        except AlreadyLocked as exc:
            raise BuildError(
                f"another process is writing the site {self._folder}; try again when it has ended"
            ) from exc
        except OSError as exc:
            self._lock.release()
            raise self._error(exc) from exc
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Unlock the folder."""
        self._lock.release()
        if isinstance(exc, OSError):
            raise self._error(exc) from exc

    def finish(self, is_current: Callable[[str], bool], inputs: str) -> int:
        """Remove the files of older builds, seal the folder, and remove the marker.

        Args:
            is_current: returns whether a key belongs to the build.
            inputs: a digest of all that the site was rendered from.

        Returns:
            The number of files that were removed.
        """
        removed = 0
        if not self.writer.is_new:
            for key in keys(self._folder):
                if not is_current(key):
                    (self._folder / key).unlink()
                    removed += 1
            remove_empty_folders(self._folder)
        write_seal(self._folder, inputs)
        (self._folder / MARKER).unlink()
        return removed

    def _error(self, exc: OSError) -> BuildError:
        advice = permission_advice(exc, "--output")
        return BuildError(f"cannot write the site {self._folder}: {reason(exc)}{advice}")

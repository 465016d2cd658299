"""How a folder comes to hold exactly the files of a build, and is never half a site unnoticed."""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from generator.errors import BuildError
from generator.lock import AlreadyLocked, Lock
from generator.site.files import BUILD_KEY, MARKER, OWN_FOLDERS, entries, keys, other_keys
from generator.site.seal import SEAL, set_seal

# With every permission that the user's mask leaves.
_MODE = 0o666
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_REPLACE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class Written(NamedTuple):
    """What became of the files of a site, in files."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0

    def and_(self, other: "Written") -> "Written":
        """Return both together."""
        return Written(*map(sum, zip(self, other, strict=True)))


class Writer:
    """Writes files below a folder, and counts them; a file that is there already stays.

    Paths are strings, and put together by hand: half of what a small file costs would otherwise
    be `pathlib`'s.
    """

    def __init__(self, folder: Path) -> None:
        self._root = f"{folder}/"
        # What became of the files so far.
        self.written = Written()
        # Whether a folder was there before: in one that was not, nothing is compared.
        self._new: dict[str, bool] = {}

    def twin(self) -> "Writer":
        """Return a writer for the same folder that knows what this one does, and counts anew."""
        found = Writer(Path(self._root))
        found._new = self._new
        return found

    def put(self, key: str, content: bytes) -> None:
        """Make *content* the file at *key*: see `put_all`."""
        prefix, name = _split(key)
        self.put_all(prefix, [(name, content)])

    def put_all(self, prefix: str, files: Iterable[tuple[str, bytes]]) -> None:
        """Make each of *files*, a name and its content, the one at *prefix* and that name.

        Where there is another, it is replaced at once. A new file is written in its place: until a
        site is whole, nobody is led to it.
        """
        folder = self._root + prefix
        if prefix not in self._new:
            self.make(prefix)
        compare = not self._new[prefix]
        written = unchanged = 0
        here = os.open(folder, os.O_RDONLY)  # which need not be looked for once a file
        try:
            for name, content in files:
                if compare and _has(folder + name, content):
                    unchanged += 1
                    continue
                try:
                    file = os.open(name, _CREATE, _MODE, dir_fd=here)
                except FileExistsError:
                    _replace(folder + name, content)
                else:
                    try:
                        _write(file, content)
                    finally:
                        os.close(file)
                written += 1
        finally:
            os.close(here)
        self.written = self.written.and_(Written(written, unchanged))

    def make(self, prefix: str) -> None:
        """Make the folder of the keys that begin with *prefix*, unless it is there."""
        try:
            Path(self._root, prefix).mkdir(parents=True)
            self._new[prefix] = True
        except FileExistsError:
            self._new[prefix] = False

    def take(self, key: str, draft: Path) -> None:
        """Make the file *draft* the one at *key*, unless that has the same bytes already."""
        path = Path(self._root, key)
        self.make(_split(key)[0])
        if _same(path, draft):
            draft.unlink()
            self.written = self.written.and_(Written(unchanged=1))
        else:
            draft.replace(path)
            self.written = self.written.and_(Written(written=1))

    def is_new(self, key: str) -> bool:
        """Return whether this writer made the folder of *key*."""
        return self._new.get(_split(key)[0], False)


class Update:
    """A site's folder while it is brought to another build: a context.

    Until it is left without an exception, a marker in the folder says that it is not whole. The
    marker is also the lock file: only one process at a time writes a site.

    Raises:
        BuildError: the folder holds something else, or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = Writer(folder)
        self._lock = Lock(folder / MARKER)
        self._was_there = True

    def __enter__(self) -> "Update":
        """Mark the folder as being written, unless it belongs to somebody else."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not _is_ours(self.folder) and next(self.folder.iterdir(), None) is not None:
                raise BuildError(
                    f"{self.folder} holds files that are not a site's ({BUILD_KEY} is not there);"
                    " --output names another folder"
                )
            self._lock.acquire()
            self._was_there = any((self.folder / own).exists() for own in (*OWN_FOLDERS, "data"))
            (self.folder / SEAL).unlink(missing_ok=True)
        except AlreadyLocked as exc:
            raise BuildError(
                f"another process is writing the site {self.folder}; try again when it is done"
            ) from exc
        except OSError as exc:
            self._lock.release()
            raise self._error(exc) from exc
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Leave the marker if anything went wrong."""
        self._lock.release()
        if isinstance(exc, OSError):
            raise self._error(exc) from exc

    def finish(self, keep: Callable[[str], bool], inputs: str, others: Written) -> Written:
        """Remove what *keep* does not want, and seal the folder as made from *inputs*.

        *others* are the files that were put by twins of the writer. Returns what became of all.
        """
        removed = 0
        # In a folder that was not there before, there is nothing stale.
        for key in keys(self.folder) if self._was_there else other_keys(self.folder):
            if not self.writer.is_new(key) and not keep(key):
                (self.folder / key).unlink()
                removed += 1
        if self._was_there:
            _remove_empty_folders(self.folder)
        done = self.writer.written.and_(others).and_(Written(removed=removed))
        set_seal(self.folder, inputs)
        (self.folder / MARKER).unlink()
        return done

    def _error(self, exc: OSError) -> BuildError:
        return BuildError(f"cannot write the site {self.folder}: {exc}")


def _is_ours(folder: Path) -> bool:
    if (folder / MARKER).exists():
        return True
    try:
        # Of whatever version: it only has to be a site's.
        found = json.loads((folder / BUILD_KEY).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and {"release", "page_sizes"} <= found.keys()


def _has(path: str, content: bytes) -> bool:
    """Return whether the file at *path* has *content*."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        size = len(content)
        return os.fstat(file).st_size == size and os.read(file, size) == content
    finally:
        os.close(file)


def _same(path: Path, other: Path) -> bool:
    """Return whether the files at *path* and *other* have the same bytes."""
    try:
        with path.open("rb") as one, other.open("rb") as two:
            if os.fstat(one.fileno()).st_size != os.fstat(two.fileno()).st_size:
                return False
            while chunk := one.read(1 << 20):
                if chunk != two.read(1 << 20):
                    return False
            return True
    except FileNotFoundError:
        return False


def _replace(path: str, content: bytes) -> None:
    draft = f"{path}.part"
    file = os.open(draft, _REPLACE, _MODE)
    try:
        _write(file, content)
    finally:
        os.close(file)
    Path(draft).rename(path)


def _write(file: int, content: bytes) -> None:
    done = os.write(file, content)
    while done < len(content):  # a full disk, or more than a system call takes
        done += os.write(file, content[done:])


def _remove_empty_folders(folder: Path) -> None:
    for own in OWN_FOLDERS:
        for entry in entries(f"{folder}/{own}"):
            if entry.is_dir(follow_symlinks=False):
                with suppress(OSError):  # there is something in it
                    Path(entry.path).rmdir()
    with suppress(OSError):
        (folder / "data").rmdir()


def _split(key: str) -> tuple[str, str]:
    """Return the folder of *key*, with a slash at its end unless it is the site's, and its name."""
    prefix, slash, name = key.rpartition("/")
    return prefix + slash, name

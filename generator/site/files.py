"""The site as files: what one is, and how a folder comes to hold exactly those of a build."""

import fcntl
import json
import mimetypes
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from generator.errors import BuildError
from generator.site.build import BUILD_KEY, Build

# In the folder while its files are being written: a folder that has it is incomplete.
MARKER = ".rendering"
# In the folder once it is whole: what it was rendered from, and what its files are.
SEAL = ".rendered"
# Where files are removed that a build does not have (any more); elsewhere nothing ever is but
# files of these names, and what a rendering that was killed left of any.
OWN_FOLDERS = ("users", "assets")
_OWN_FILES = re.compile(
    r"(?:data/(?:profiles\.csv|profiles\.ndjson|directory\.db)|sitemap(?:-[0-9]+)?\.xml"
    r"|(?:index|about|404)\.html|robots\.txt|build\.json)(?:\.part)?"
)
ASSETS = "assets/"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".xml": "application/xml",
    ".ndjson": "application/x-ndjson",
    ".db": "application/vnd.sqlite3",
}
# With every permission that the user's mask leaves.
_MODE = 0o666
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_REPLACE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
# Seconds after which a file system's clock has moved on; where it has not, no seal will hold.
_LONGEST_TICK = 0.1


class SiteFile(NamedTuple):
    """One object of the site: its *key* (a path with slashes) and its bytes."""

    key: str
    content: bytes


class Written(NamedTuple):
    """What became of the files of a site, in files."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0

    def and_(self, other: "Written") -> "Written":
        """Return both together."""
        return Written(*map(sum, zip(self, other, strict=True)))


def content_type(key: str) -> str:
    """Return the Content-Type that the object at *key* is served with."""
    suffix = Path(key).suffix
    return _TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"


def cache_control(key: str) -> str:
    """Return the Cache-Control that the object at *key* is served with.

    An asset's name carries a digest of its bytes: it never changes.
    """
    return f"public, max-age={'31536000, immutable' if key.startswith(ASSETS) else '60'}"


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

    Until it is left without an exception, a marker in the folder says that it is not whole.

    Raises:
        BuildError: the folder holds something else, or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = Writer(folder)
        self._locked: int | None = None
        self._was_there = True

    def __enter__(self) -> "Update":
        """Mark the folder as being written, unless it belongs to somebody else."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock()
            if not _is_ours(self.folder) and next(self.folder.iterdir(), None) is not None:
                raise BuildError(
                    f"{self.folder} holds files that are not a site's ({BUILD_KEY} is not there);"
                    " --output names another folder"
                )
            self._was_there = any((self.folder / own).exists() for own in (*OWN_FOLDERS, "data"))
            (self.folder / MARKER).touch()
            (self.folder / SEAL).unlink(missing_ok=True)
        except OSError as exc:
            self._unlock()
            raise self._error(exc) from exc
        except BuildError:
            self._unlock()
            raise
        return self

    def _lock(self) -> None:
        """Keep other renderings out until this process and those forked from it are gone."""
        self._locked = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise BuildError(
                f"another process is writing the site {self.folder}; try again when it is done"
            ) from exc

    def _unlock(self) -> None:
        if self._locked is not None:
            os.close(self._locked)
            self._locked = None

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Leave the marker if anything went wrong."""
        self._unlock()
        if isinstance(exc, OSError):
            raise self._error(exc) from exc

    def finish(
        self, keep: Callable[[str], bool], made_from: Mapping[str, str], others: Written
    ) -> Written:
        """Remove what *keep* does not want, and seal the folder with what it was *made_from*.

        *others* are the files that were put by twins of the writer. Returns what became of all.
        """
        removed = 0
        # In a folder that was not there before, there is nothing stale.
        for key in keys(self.folder) if self._was_there else _other_keys(self.folder):
            if not self.writer.is_new(key) and not keep(key):
                (self.folder / key).unlink()
                removed += 1
        if self._was_there:
            _remove_empty_folders(self.folder)
        done = self.writer.written.and_(others).and_(Written(removed=removed))
        _seal(self.folder, {**made_from, "files": done.written + done.unchanged})
        (self.folder / MARKER).unlink()
        return done

    def _error(self, exc: OSError) -> BuildError:
        return BuildError(f"cannot write the site {self.folder}: {exc}")


def sealed(folder: Path, made_from: Mapping[str, str]) -> int | None:
    """Return how many files the site in *folder* has, if it is what would be *made_from* this.

    None if it was made from other inputs, or not to its end, or if a file has been made, removed,
    renamed or written since: so much the times of change tell, which nobody can set. A directory
    that is another file with the same bytes is noted in the seal.
    https://man7.org/linux/man-pages/man7/inode.7.html
    """
    if (folder / MARKER).exists():
        return None
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        if seal["inputs"] != made_from["inputs"]:
            return None
        sealed_at = (folder / SEAL).stat().st_ctime_ns
        if (count := _older(folder, sealed_at)) != seal["files"]:
            return None
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if made_from.items() - seal.items():
        with suppress(OSError):
            _seal(folder, seal | made_from)
    return count


def file_identity(path: Path) -> str:
    """Return what tells a file at *path* from any other, and from itself once it has changed.

    Unread, as `sealed` does. Empty if there is none.
    """
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_ctime_ns}"


def sealed_release(folder: Path, directory: str) -> str:
    """Return the release of the directory of that `file_identity`, if *folder* is its site.

    Else it is empty: the directory has to be read to find out.
    """
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        return str(seal["release"]) if directory and seal["directory"] == directory else ""
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def read_build(folder: Path) -> Build:
    """Return what the site in *folder* says of itself.

    Raises:
        BuildError: there is no site, or rendering it was interrupted.
    """
    if (folder / MARKER).exists():
        raise BuildError(
            f"the site {folder} is not whole, because rendering it was interrupted;"
            " `python -m generator render` finishes it"
        )
    try:
        return Build.from_json((folder / BUILD_KEY).read_bytes())
    except ValueError as exc:
        raise BuildError(
            f"{folder / BUILD_KEY} is not readable: {exc};"
            " `python -m generator render` makes it anew"
        ) from exc
    except OSError as exc:
        raise BuildError(
            f"there is no site in {folder} ({exc.strerror}: {BUILD_KEY});"
            " `python -m generator build` makes it"
        ) from exc


def keys(folder: Path) -> Iterator[str]:
    """Yield the keys of what a build may leave in *folder*, in no order."""
    start = len(f"{folder}/")
    for own in OWN_FOLDERS:
        for entry in _entries(f"{folder}/{own}"):
            if not entry.is_dir(follow_symlinks=False):
                yield entry.path[start:]
    yield from _other_keys(folder)


def _other_keys(folder: Path) -> Iterator[str]:
    """Yield the keys of the files in *folder* that are a site's, but in no folder of its own."""
    for others in ("", "data/"):
        for name in _names(folder / others):
            if _OWN_FILES.fullmatch(others + name):
                yield others + name


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
        for entry in _entries(f"{folder}/{own}"):
            if entry.is_dir(follow_symlinks=False):
                with suppress(OSError):  # there is something in it
                    Path(entry.path).rmdir()
    with suppress(OSError):
        (folder / "data").rmdir()


def _seal(folder: Path, seal: Mapping[str, object]) -> None:
    """Write *seal* into *folder*, at a later time than all files there have.

    So what is done to them in the same tick of the file system's clock still tells.
    """
    path = folder / SEAL
    path.write_text(json.dumps(seal) + "\n")
    first, until = path.stat().st_ctime_ns, time.monotonic() + _LONGEST_TICK
    while path.stat().st_ctime_ns == first and time.monotonic() < until:
        os.utime(path)


def _older(folder: Path, when: int) -> int | None:
    """Return how many files of a site are in *folder*; None unless all are older than *when*.

    So must be the folders they are in: these tell of files that have gone.
    """
    count = 0
    for own in OWN_FOLDERS:
        if not _is_folder(folder / own):
            continue
        for _, _, names, here in os.fwalk(folder / own):
            if os.fstat(here).st_ctime_ns >= when:
                return None
            for name in names:
                if os.stat(name, dir_fd=here, follow_symlinks=False).st_ctime_ns >= when:
                    return None
            count += len(names)
    for key in _other_keys(folder):
        if (folder / key).lstat().st_ctime_ns >= when:
            return None
        count += 1
    return count


def _is_folder(path: Path) -> bool:
    """Return whether there is a folder at *path*; what is behind a link is not ours."""
    return path.is_dir() and not path.is_symlink()


def _split(key: str) -> tuple[str, str]:
    """Return the folder of *key*, with a slash at its end unless it is the site's, and its name."""
    prefix, slash, name = key.rpartition("/")
    return prefix + slash, name


def _names(folder: Path) -> list[str]:
    """Return the names in *folder*; none if it is not there, or somewhere else."""
    if not _is_folder(folder):
        return []
    return [entry.name for entry in folder.iterdir()]


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield what is below *folder*, one at a time, a folder after what it holds."""
    if _is_folder(Path(folder)):
        with os.scandir(folder) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from _entries(entry.path)
                yield entry

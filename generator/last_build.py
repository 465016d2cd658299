"""The last build of a site: whether the same build again would change nothing."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.changes import changes_file
from generator.program import program_digest
from generator.site import BUILT, sealed, write_seal


class LastBuild:
    """The last build of the site in the folder *site*, compared with a new one.

    The site's folder has a digest of all that was built from: the program, the settings, and the
    size and time of change of each file.

    Args:
        site: the folder of the site.
        store: the file of the store.
        database: the file of the directory.
        settings: the settings of the new build.
        sources: the files that it seeds from.
    """

    def __init__(
        self, site: Path, store: Path, database: Path, settings: object, sources: Iterable[Path]
    ) -> None:
        self._site, self._store, self._database = site, store, database
        self._inputs = [program_digest(), repr(settings), *map(_status, sources)]

    def unchanged_files(self) -> int | None:
        """Return how many files the site has, if the new build would change nothing; else None.

        A change that leaves a file's size and time of change as they were is not noticed.
        """
        return sealed(self._site, self._digest(_status(self._store)), BUILT)

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Remember the build that is made in this context, unless it fails."""
        store = _status(self._store)
        yield
        write_seal(self._site, self._digest(store), BUILT)

    def _digest(self, store: str) -> str:
        baked = map(_status, (self._database, changes_file(self._database)))
        inputs = (*self._inputs, store, *baked)
        return hashlib.sha256("\n".join(inputs).encode()).hexdigest()


def _status(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"

"""A site to check, and faults to plant in it."""

import json
from collections.abc import Callable
from pathlib import Path

# The faults of a test: each changes a file of a site.
Fault = Callable[["EditedSite"], None]


class EditedSite:
    """The site in *folder*, each changed file of which can be restored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._originals: dict[str, bytes | None] = {}

    def read(self, key: str) -> bytes:
        """Return the content of *key*."""
        return (self.folder / key).read_bytes()

    def write(self, key: str, content: bytes | None) -> None:
        """Write *content* to *key*; None removes the file."""
        path = self.folder / key
        self._originals.setdefault(key, path.read_bytes() if path.exists() else None)
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def restore(self) -> None:
        """Restore all files."""
        for key, content in self._originals.items():
            if content is None:
                (self.folder / key).unlink()
            else:
                (self.folder / key).write_bytes(content)
        self._originals.clear()


def edit(key: str, old: str, new: str, count: int = 1) -> Fault:
    """Replace *old* in *key*; *count* times, or each time if it is -1."""

    def apply(site: EditedSite) -> None:
        text = site.read(key).decode()
        assert old in text
        site.write(key, text.replace(old, new, count).encode())

    return apply


def edit_json(key: str, **members: object) -> Fault:
    """Change *members* of the JSON object in *key*."""

    def apply(site: EditedSite) -> None:
        site.write(key, json.dumps(json.loads(site.read(key)) | members).encode())

    return apply


def remove(key: str) -> Fault:
    """Remove *key*."""
    return lambda site: site.write(key, None)


def add(key: str, content: bytes = b"") -> Fault:
    """Write *content* to *key*."""
    return lambda site: site.write(key, content)


def copy(source: str, key: str) -> Fault:
    """Write the content of *source* to *key*."""
    return lambda site: site.write(key, site.read(source))


def find(site: EditedSite, pattern: str) -> str:
    """Return the key of the only file that *pattern* matches."""
    (path,) = site.folder.glob(pattern)
    return path.relative_to(site.folder).as_posix()


def edit_rows(key: str, change: Callable[[list[str]], list[str]]) -> Fault:
    """Change the list of the rows of users in *key*."""

    def apply(site: EditedSite) -> None:
        head, start, rest = site.read(key).decode().partition('<li id="u')
        text, end, foot = f"{start}{rest}".partition("\n</ul>")
        rows = [f"{row}</li>" for row in text.split("</li>")[:-1]]
        site.write(key, "".join((head, *change(rows), end, foot)).encode())

    return apply

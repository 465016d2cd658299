"""What changed among the users: the file `changes.json`, from the store for the site.

It is beside the directory and not in it, so that the same users always give the same directory.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from generator.errors import BuildError, reason


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a user that a refresh found.

    Attributes:
        changed_at: when the refresh found it, RFC 3339 in UTC.
        kind: new, renamed, retyped or gone.
        id: the user's id.
        before: the username or type before; None if the user is new or gone.
        after: the username or type since then; None if the user is gone.
    """

    changed_at: str
    kind: str
    id: int
    before: str | None
    after: str | None


def changes_file(database: Path) -> Path:
    """Return the path of the changes that belong to the directory at *database*."""
    return database.with_name("changes.json")


def write_changes(path: Path, changes: Sequence[Change]) -> None:
    """Write *changes* to *path* in one step. Without changes, the file is removed.

    Raises:
        BuildError: the file cannot be written.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        if not changes:
            path.unlink(missing_ok=True)
            return
        draft.unlink(missing_ok=True)  # it may be a link to another file
        text = json.dumps([asdict(change) for change in changes], indent=1)
        draft.write_text(f"{text}\n", encoding="ascii")
        draft.replace(path)
    except OSError as exc:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise BuildError(f"cannot write the changes {path}: {reason(exc)}") from exc


def read_changes(path: Path) -> tuple[Change, ...]:
    """Return the changes in *path*, the newest first; none if there is no such file.

    Raises:
        BuildError: the file cannot be read.
    """
    try:
        return tuple(Change(**record) for record in json.loads(path.read_bytes()))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as exc:
        problem = reason(exc)
        if isinstance(exc, TypeError):  # it has other members
            problem = "it is not as this version of the program writes it"
        advice = "`ghdirectory bake` writes it again"
        raise BuildError(f"the changes {path} cannot be read: {problem}; {advice}") from exc

"""A digest of the program itself: another version may make other bytes."""

import hashlib
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_FOLDERS = ("function", "generator", "site_templates")


def program_digest() -> str:
    """Return a digest of the program's files: its code, its templates and the sample."""
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                digest.update(f"{path.relative_to(_ROOT)} {len(content)} ".encode())
                digest.update(content)
    return digest.hexdigest()

"""What is written on a command line, turned into values.

A text that cannot be is a ValueError that says what it should look like.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

DEFAULT_API_URL = "https://api.github.com"


def text(given: str) -> str:
    """Return *given*, if it is one: a command line may have any bytes."""
    try:
        given.encode()
    except UnicodeEncodeError as exc:
        raise ValueError(f"{given!r} is not UTF-8") from exc
    return given


def some_text(given: str) -> str:
    """Return *given*, which has to be more than nothing."""
    if not given.strip():
        raise ValueError(f"{given!r} is no name")
    return text(given)


def title(given: str) -> str:
    """Return *given* as a line of text."""
    line = " ".join(text(given).split())
    if not line.isprintable():
        raise ValueError(f"{given!r} has characters that are not to be seen")
    return line


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number from *least* to *most*."""

    def read(given: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,99}", given):
            raise ValueError(f"{given!r} is not a valid integer")
        number = int(given)
        if number < least or (most is not None and number > most):
            limits = f"{least} or more" if most is None else f"from {least} to {most}"
            raise ValueError(f"{number} is not {limits}")
        return number

    return read


def total(given: str) -> int:
    """Return how many users *given* asks for, at most 10^15: SQLite's integers end somewhere."""
    return min(whole(1)(given), 10**15)


def file(given: str) -> Path:
    """Return *given* as the path of a file."""
    if _looked_at(given, Path.is_dir):
        raise ValueError(f"{given!r} is a folder")
    return Path(given)


def folder(given: str) -> Path:
    """Return *given* as the path of a folder."""
    if _looked_at(given, Path.is_file):
        raise ValueError(f"{given!r} is a file")
    return Path(given)


def _looked_at(given: str, look: Callable[[Path], bool]) -> bool:
    if not given:
        raise ValueError("'' is no name")
    try:
        return look(Path(given))
    except OSError as exc:
        raise ValueError(f"{given!r} cannot be looked at: {exc.strerror}") from exc


def api_url(given: str) -> str:
    """Return *given* as the address of a GitHub API, without a slash at its end."""
    return _address(given, DEFAULT_API_URL)


def endpoint(given: str) -> str:
    """Return *given* as the address of a store that speaks S3."""
    return _address(given, "https://s3.example.org")


def _address(given: str, like: str) -> str:
    parts = _parts(given, f"an address like {like}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{given!r} is not an address like {like}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _parts(given: str, what: str) -> SplitResult:
    """Return the parts of the web address *given*, which has to be *what*."""
    why = ""
    try:
        parts = urlsplit(text(given))
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as exc:  # no such port, or no address of IPv6
        fits, why = False, f" ({exc})"
    if not fits or re.search(r"[\s\x00-\x1f\x7f]", given):
        raise ValueError(f"{given!r} is not {what}{why}")
    return parts


def base_path(given: str) -> str:
    """Return *given* as a path with a slash at either end."""
    names = given.strip("/").split("/") if given.strip("/") else []
    if not all(re.fullmatch(r"[A-Za-z0-9._~-]+", name) and name.strip(".") for name in names):
        raise ValueError(f"{given!r} is not a path like / or /directory/")
    return "".join(f"/{name}" for name in names) + "/"


def origin(given: str) -> str:
    """Return *given* as scheme and host."""
    what = "an origin like https://example.org"
    parts = _parts(given, what)
    found = f"{parts.scheme}://{parts.netloc}".lower()
    host = r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?"
    if given.rstrip("/").lower() != found or not re.fullmatch(host, parts.netloc.lower()):
        raise ValueError(f"{given!r} is not {what}")
    return found


def seconds(given: str) -> float:
    """Return how long *given* is, at most a year: longer than anybody waits."""
    found = re.fullmatch(r"([0-9]{1,9})\s*([smh]?)", given.strip())
    if not found:
        raise ValueError(f"{given!r} is not a time like 90 (seconds), 15m or 2h")
    times = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}[found[2]]
    return min(int(found[1]) * times, 366 * 86400.0)

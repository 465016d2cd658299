"""What is written on a command line, turned into values.

A text that cannot be is a ValueError that says what it should look like.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

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


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number from *least* to *most*."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError as exc:
            raise ValueError(f"{text!r} is not a valid integer") from exc
        if number < least or (most is not None and number > most):
            limits = f"x>={least}" if most is None else f"{least}<=x<={most}"
            raise ValueError(f"{number} is not in the range {limits}")
        return number

    return read


def total(text: str) -> int:
    """Return how many users *text* asks for, at most 10^15: SQLite's integers end somewhere."""
    return min(whole(1)(text), 10**15)


def file(text: str) -> Path:
    """Return *text* as the path of a file."""
    if Path(text).is_dir():
        raise ValueError(f"{text!r} is a folder")
    return Path(text)


def folder(text: str) -> Path:
    """Return *text* as the path of a folder."""
    if Path(text).is_file():
        raise ValueError(f"{text!r} is a file")
    return Path(text)


def api_url(given: str) -> str:
    """Return *given* as the address of a GitHub API, without a slash at its end."""
    return _address(given, DEFAULT_API_URL)


def endpoint(given: str) -> str:
    """Return *given* as the address of a store that speaks S3."""
    return _address(given, "https://s3.example.org")


def _address(given: str, like: str) -> str:
    try:
        parts = urlsplit(text(given))
        host = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError as exc:  # no port, or no address of IPv6
        raise ValueError(f"{given!r} is not an address like {like} ({exc})") from exc
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError(f"{given!r} is not an address like {like}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def base_path(text: str) -> str:
    """Return *text* as a path with a slash at either end."""
    names = text.strip("/").split("/") if text.strip("/") else []
    if not all(re.fullmatch(r"[A-Za-z0-9._~-]+", name) and name.strip(".") for name in names):
        raise ValueError(f"{text!r} is not a path like / or /directory/")
    return "".join(f"/{name}" for name in names) + "/"


def origin(text: str) -> str:
    """Return *text* as scheme and host."""
    parts = urlsplit(text.rstrip("/"))
    if (
        parts.scheme not in ("http", "https")
        or not re.fullmatch(
            r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?", parts.netloc
        )
        or text.rstrip("/") != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError(f"{text!r} is not an origin like https://example.org")
    return text.rstrip("/").lower()


def seconds(text: str) -> float:
    """Return how long *text* is, at most a year: longer than anybody waits."""
    found = re.fullmatch(r"([0-9]{1,9})\s*([smh]?)", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a time like 90 (seconds), 15m or 2h")
    times = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}[found[2]]
    return min(int(found[1]) * times, 366 * 86400.0)

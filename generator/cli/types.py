"""Types of option values. Does no I/O, except that a path's kind is looked up.

click takes a function as a type. Its ValueError becomes the message, to which click adds the
option's name. https://click.palletsprojects.com/en/stable/parameter-types/
"""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import click
from click import Context, Parameter

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_ORIGIN = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", re.ASCII | re.IGNORECASE)


class Integer(click.IntRange):
    """A range of integers. click says "integer range" and "1<=x<=256"."""

    name = "integer"

    def _describe_range(self) -> str:
        """Return the range in words, for the help and for messages."""
        return f"{self.min:,} to {self.max:,}"


class NamedPath(click.Path):
    """A path that is not empty: ``Path("")`` would be the current folder."""

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Any:
        """Return the path."""
        if not value:
            self.fail("the name is empty", param, ctx)
        if not self.dir_okay and os.path.isdir(value):  # noqa: PTH112 - pathlib's raises for some names
            self.fail(f"{value!r} is a folder", param, ctx)  # click says "directory"
        return super().convert(value, param, ctx)


FILE = NamedPath(dir_okay=False, readable=False, path_type=Path)
FOLDER = NamedPath(file_okay=False, readable=False, path_type=Path)
FOLDER.name = "folder"  # click says "directory", which is a database in this project


def name(text: str) -> str:
    """Return *text*, which must not be empty."""
    if not text.strip():
        raise ValueError("the name is empty")
    if not text.replace("\u200c", "").replace("\u200d", "").isprintable():
        raise ValueError(f"{text!r} contains characters that cannot be displayed")
    return text


def title(text: str) -> str:
    """Return *text* as one line; "" stands for the sources' names."""
    line = " ".join(text.split())
    return name(line) if line else line


def duration(text: str) -> float:
    """Return the seconds that "90", "90s", "15m" or "2h" stand for."""
    match = re.fullmatch(r"([0-9]{1,6})\s*([smh]?)", text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a duration like 90 (seconds), 15m or 2h")
    return float(match[1]) * _SECONDS[match[2]]


def url(text: str) -> str:
    """Return the URL of an API, without a slash at its end."""
    match = re.fullmatch(r"([^/]+//[^/]+)(/[^?#\s\x00-\x1f\x7f]*)?", text)
    if not match or not _is_origin(match[1]):
        raise ValueError(f"{text!r} is not a URL like https://example.org/api")
    return match[1].lower() + (match[2] or "").rstrip("/")


def origin(text: str) -> str:
    """Return the scheme, host and port of a site, in small letters."""
    if not _is_origin(text.rstrip("/")):
        raise ValueError(f"{text!r} is not an origin like https://example.org")
    return text.rstrip("/").lower()


def _is_origin(text: str) -> bool:
    try:
        return bool(_ORIGIN.fullmatch(text)) and urlsplit(text).port != 0
    except ValueError:  # the port is too large, or the IPv6 address is invalid
        return False


def base_path(text: str) -> str:
    """Return a path that starts and ends with a slash."""
    path = text.strip("/")
    names = path.split("/") if path else []
    if not all(re.fullmatch(r"[A-Za-z0-9._~-]+", name) and name.strip(".") for name in names):
        raise ValueError(f"{text!r} is not a path like / or /people/")
    return "".join(f"/{name}" for name in names) + "/"


def query(text: str) -> list[tuple[str, str]]:
    """Return the parameters of a query string, or of a URL or path that has one.

    Bytes that are not UTF-8 are decoded as the API decodes them.
    """
    address, mark, rest = text.partition("?")
    is_address = mark and "=" not in address and ("/" in address or not address)
    if re.fullmatch(r"[\w-]+", text):
        raise ValueError(f"{text!r} has no parameter: did you mean 'username={text}'?")
    string = os.fsencode(rest if is_address else text).decode("utf-8", "replace")
    return parse_qsl(string, keep_blank_values=True)

"""Types of command-line values, made of functions from a text to a value.

Such a function raises ValueError, whose text says what a value looks like.
"""

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, urlsplit

import click
from click import Context, Parameter

from generator.site import parse_orders, parse_page_sizes

DEFAULT_API_URL = "https://api.github.com"
Value = TypeVar("Value")


class Parsed(click.ParamType[Value, Any]):
    """A type whose values are what *parse* returns; *name* is its metavar, in small letters."""

    def __init__(self, name: str, parse: Callable[[str], Value]) -> None:
        self.name, self._parse = name, parse

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Value:
        """Return what *value* means."""
        try:
            return self._parse(value)
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


class WholeNumber(click.IntRange):
    """A number in a range, which click's messages would call an "integer range"."""

    name = "whole number"

    def get_metavar(self, param: Parameter, ctx: Context) -> str:
        """Return what stands for the number in the help."""
        return "N"


class NamedPath(click.Path):
    """A path that is not empty: ``Path("")`` would be the current folder."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(readable=False, path_type=Path, **options)
        self.name = name

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Any:
        """Return the path."""
        if not value:
            self.fail("a name is missing", param, ctx)
        return super().convert(value, param, ctx)


def text(given: str) -> str:
    """Return *given* if it is text: a command line may have any bytes."""
    try:
        given.encode()
    except UnicodeEncodeError as exc:
        raise ValueError(f"{given!r} is not UTF-8") from exc
    return given


def name(given: str) -> str:
    """Return *given* unless it is empty."""
    if not given.strip():
        raise ValueError("a name is missing")
    return text(given)


def title(given: str) -> str:
    """Return *given* as one line of text."""
    line = " ".join(text(given).split())
    if not line.isprintable():
        raise ValueError(f"{given!r} has characters that cannot be seen")
    return line


def duration(given: str) -> float:
    """Return seconds, a year at most: longer than anybody waits."""
    found = re.fullmatch(r"([0-9]{1,9})\s*([smh]?)", given.strip())
    if not found:
        raise ValueError(f"{given!r} is not a time like 90 (seconds), 15m or 2h")
    times = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}[found[2]]
    return min(int(found[1]) * times, 366 * 86400.0)


def address(given: str, example: str = DEFAULT_API_URL) -> str:
    """Return the address of an API, without a slash at its end."""
    parts = _parts(given, f"an address like {example}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{given!r} is not an address like {example}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _parts(given: str, wanted: str) -> SplitResult:
    """Return the parts of the web address *given*; the error says that *wanted* is wanted."""
    why = ""
    try:
        parts = urlsplit(text(given))
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as exc:  # no such port, or no address of IPv6
        fits, why = False, f" ({exc})"
    if not fits or re.search(r"[\s\x00-\x1f\x7f]", given):
        raise ValueError(f"{given!r} is not {wanted}{why}")
    return parts


def base_path(given: str) -> str:
    """Return a path with a slash at either end."""
    names = given.strip("/").split("/") if given.strip("/") else []
    if not all(re.fullmatch(r"[A-Za-z0-9._~-]+", one) and one.strip(".") for one in names):
        raise ValueError(f"{given!r} is not a path like / or /directory/")
    return "".join(f"/{one}" for one in names) + "/"


def origin(given: str) -> str:
    """Return scheme and host of a site."""
    wanted = "an origin like https://example.org"
    parts = _parts(given, wanted)
    found = f"{parts.scheme}://{parts.netloc}".lower()
    host = r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?"
    if given.rstrip("/").lower() != found or not re.fullmatch(host, parts.netloc.lower()):
        raise ValueError(f"{given!r} is not {wanted}")
    return found


def query(given: str) -> list[tuple[str, str]]:
    """Return the parameters of a query string, or of an address or path with one.

    Bytes that are no UTF-8 are read as the API reads them.
    """
    before, mark, after = given.partition("?")
    is_address = mark and "=" not in before and ("/" in before or not before)
    string = os.fsencode(after if is_address else given).decode("utf-8", "replace")
    return parse_qsl(string, keep_blank_values=True)


FILE = NamedPath("file", dir_okay=False)
FOLDER = NamedPath("folder", file_okay=False)
TYPES = Parsed("names", text)
NAME = Parsed("name", name)
TITLE = Parsed("text", title)
TOTAL = WholeNumber(1)
PORT = WholeNumber(0, 65535)
UP_TO_256 = WholeNumber(1, 256)
DURATION = Parsed("time", duration)
API_URL = Parsed("url", address)
ENDPOINT = Parsed("url", partial(address, example="https://s3.example.org"))
PATH = Parsed("path", base_path)
ORIGIN = Parsed("origin", origin)
PAGE_SIZES = Parsed("sizes", parse_page_sizes)
ORDERS = Parsed("orders", parse_orders)
QUERY = Parsed("query", query)

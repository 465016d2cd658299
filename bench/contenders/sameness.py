"""Compares the pages of contenders: the same files, and the same content for a browser."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from bench.users import users
from function.contract import Profile
from tests.factories import ODD, make_profile

_AT_TAGS = re.compile(rb"\s*([<>])\s*")
_ADDRESSES = ("href", "src", "srcset")


class Different(Exception):
    """A contender made different pages."""


def odd_users(count: int) -> Iterator[Profile]:
    """Yield *count* ordinary users and all odd and hostile ones, by id."""
    more = (
        make_profile(60_000_001, "pictured", avatar_url="https://example.org/a?b=1&c='2'"),
        make_profile(60_000_002, "drawn", avatar_url="data:image/svg+xml,%3Csvg xmlns='x'/%3E"),
        make_profile(60_000_003, "", type="", html_url="https://example.org/?a=1&b=<2>"),
        make_profile(60_000_004, "`${u.id}` {{ .id }} {% raw %} %s \\n ??/", type="`${1}`{{ . }}"),
    )
    profiles = {profile.id: profile for profile in (*users(count), *ODD, *more)}
    yield from (profiles[identity] for identity in sorted(profiles))


def keys(folder: Path) -> set[str]:
    """Return the keys of the pages below *folder*."""
    return {str(path.relative_to(folder)) for path in folder.glob("users/**/*.html")}


def compare(name: str, expected: Path, rendered: Path, sample: Iterable[str] | None = None) -> None:
    """Raise `Different` unless the folder *rendered* has the pages of *expected*.

    Args:
        name: the contender's name.
        expected: the folder with our pages.
        rendered: the folder with the contender's pages.
        sample: the keys of the pages whose content is compared; None: all.
    """
    expected_keys, rendered_keys = keys(expected), keys(rendered)
    if expected_keys != rendered_keys:
        odd = sorted(expected_keys ^ rendered_keys)
        raise Different(
            f"{name}: {len(rendered_keys)} pages of {len(expected_keys)}; not in both: {odd[:5]}"
        )
    for key in sorted(expected_keys) if sample is None else sample:
        ours, theirs = ((folder / key).read_bytes() for folder in (expected, rendered))
        # Parsing is slow, and is needed only if more than white space differs.
        if _tight(ours) == _tight(theirs):
            continue
        for our_node, their_node in zip(read(ours), [*read(theirs), None], strict=False):
            if our_node != their_node:
                raise Different(f"{name}, {key}: {their_node} instead of {our_node}")
        if len(read(ours)) != len(read(theirs)):
            raise Different(f"{name}, {key}: the page has more at its end")


def _tight(page: bytes) -> list[bytes]:
    return _AT_TAGS.sub(rb"\1", page).split()


def read(page: bytes) -> list[object]:
    """Return the tags of *page* with their attributes, and its texts, as a browser reads them."""
    reader = _Reader(convert_charrefs=True)
    reader.feed(page.decode())
    reader.close()
    return reader.flush()


class _Reader(HTMLParser):
    """Records tags and texts. White space becomes one blank; percent codes are decoded."""

    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self._nodes: list[object] = []
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        plain = [
            (name, _plain(unquote(value or "") if name in _ADDRESSES else value or ""))
            for name, value in attrs
        ]
        self.flush().append((tag, sorted(plain)))

    def handle_endtag(self, tag: str) -> None:
        self.flush().append(f"/{tag}")

    def handle_decl(self, decl: str) -> None:
        self.flush().append(decl.lower())

    def handle_data(self, data: str) -> None:
        self._text += data

    def flush(self) -> list[object]:
        if text := _plain(self._text):
            self._nodes.append(text)
        self._text = ""
        return self._nodes


def _plain(text: str) -> str:
    return " ".join(text.replace("\0", "\ufffd").split())

"""Whether contenders made the same pages: the same files, which a browser reads alike."""

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
    """A contender made other pages."""


def odd_users(count: int) -> Iterator[Profile]:
    """Yield *count* ordinary users, and every odd and hostile one there is, by id."""
    more = (
        make_profile(60_000_001, "pictured", avatar_url="https://example.org/a?b=1&c='2'"),
        make_profile(60_000_002, "drawn", avatar_url="data:image/svg+xml,%3Csvg xmlns='x'/%3E"),
        make_profile(60_000_003, "", type="", html_url="https://example.org/?a=1&b=<2>"),
        make_profile(60_000_004, "`${u.id}` {{ .id }} {% raw %} %s \\n ??/", type="`${1}`{{ . }}"),
    )
    found = {profile.id: profile for profile in (*users(count), *ODD, *more)}
    yield from (found[identity] for identity in sorted(found))


def keys(folder: Path) -> set[str]:
    """Return the keys of the pages below *folder*."""
    return {str(path.relative_to(folder)) for path in folder.glob("users/**/*.html")}


def compare(name: str, expected: Path, found: Path, some: Iterable[str] | None = None) -> None:
    """Raise `Different` unless *found* has the pages that *expected* has.

    All are looked for; those of *some* keys, or all, are read.
    """
    wanted, made = keys(expected), keys(found)
    if wanted != made:
        odd = sorted(wanted ^ made)
        raise Different(f"{name}: {len(made)} pages of {len(wanted)}; not in both: {odd[:5]}")
    for key in sorted(wanted) if some is None else some:
        one, other = ((folder / key).read_bytes() for folder in (expected, found))
        # Reading takes long, and is needed only where more than white space differs.
        if _tight(one) == _tight(other):
            continue
        for ours, theirs in zip(read(one), [*read(other), None], strict=False):
            if ours != theirs:
                raise Different(f"{name}, {key}: {theirs} where there should be {ours}")
        if len(read(one)) != len(read(other)):
            raise Different(f"{name}, {key}: there is more at its end")


def _tight(page: bytes) -> list[bytes]:
    return _AT_TAGS.sub(rb"\1", page).split()


def read(page: bytes) -> list[object]:
    """Return the tags of *page*, with their attributes, and its texts, as a browser reads them."""
    reader = _Reader(convert_charrefs=True)
    reader.feed(page.decode())
    reader.close()
    return reader.flush()


class _Reader(HTMLParser):
    """Notes what it meets. White space counts as one blank; of addresses, what they lead to."""

    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self._found: list[object] = []
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
            self._found.append(text)
        self._text = ""
        return self._found


def _plain(text: str) -> str:
    return " ".join(text.replace("\0", "\ufffd").split())

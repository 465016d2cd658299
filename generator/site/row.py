"""A user as templates are given it: what a page may link to and show as a picture. Does no I/O."""

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# Pixels of CSS that a picture takes; GitHub is asked for so many, and for twice as many where a
# screen has them.
PICTURE = 40

_RESIZABLE = re.compile(r"https://avatars\.githubusercontent\.com/[^\s#,]+")


class Entry(NamedTuple):
    """A user as `_user_row.html` is given it.

    *picture*, *dense_picture* (twice as many pixels) and *address* are None where there is none
    that a page may show or link to.
    """

    id: Any
    username: Any
    type: str
    picture: Any
    dense_picture: Any
    address: Any


def entry(identity: int, username: str, type_: str, avatar_url: str, html_url: str) -> Entry:
    """Return a user as templates are given it."""
    picture = picture_address(avatar_url)
    if picture and _RESIZABLE.fullmatch(picture):
        return Entry(
            identity,
            username,
            type_,
            resized(picture, PICTURE),
            resized(picture, 2 * PICTURE),
            web_address(html_url),
        )
    return Entry(identity, username, type_, picture, None, web_address(html_url))


def resized(picture: str, pixels: int) -> str:
    """Return the address of *picture* at so many pixels, if it is one of GitHub's avatars."""
    if not _RESIZABLE.fullmatch(picture):
        return picture
    return f"{picture}{'&' if '?' in picture else '?'}s={pixels}"


def web_address(text: str) -> str | None:
    """Return *text* if it is an http or https address, else None: it is not to be followed."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    # urlsplit forgives blanks at the start, and so do browsers; an address has none.
    begins = text[:8].lower().startswith(("http://", "https://"))
    return text if begins and parts.netloc else None


def picture_address(text: str) -> str | None:
    """Return *text* if a page may show what it leads to as a picture, else None."""
    return text if text.startswith("data:image/svg+xml,") else web_address(text)

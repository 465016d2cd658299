"""A user as templates are given it: what a page may link to and show as an avatar. Does no I/O."""

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# Pixels of CSS that an avatar takes; GitHub is asked for so many, and for twice as many where a
# screen has them.
AVATAR_SIZE = 40

_RESIZABLE = re.compile(r"https://avatars\.githubusercontent\.com/[^\s#,]+")


class UserRow(NamedTuple):
    """A user as `_user_row.html` is given it.

    *avatar*, *avatar_2x* (twice as many pixels) and *profile_url* are None where there is none
    that a page may show or link to.
    """

    id: Any
    username: Any
    type: str
    avatar: Any
    avatar_2x: Any
    profile_url: Any


def user_row(identity: int, username: str, type_: str, avatar_url: str, html_url: str) -> UserRow:
    """Return a user as templates are given it."""
    avatar = shown_address(avatar_url)
    if avatar and _RESIZABLE.fullmatch(avatar):
        return UserRow(
            identity,
            username,
            type_,
            resized(avatar, AVATAR_SIZE),
            resized(avatar, 2 * AVATAR_SIZE),
            web_address(html_url),
        )
    return UserRow(identity, username, type_, avatar, None, web_address(html_url))


def resized(avatar: str, pixels: int) -> str:
    """Return the address of *avatar* at so many pixels, if it is one of GitHub's avatars."""
    if not _RESIZABLE.fullmatch(avatar):
        return avatar
    return f"{avatar}{'&' if '?' in avatar else '?'}s={pixels}"


def web_address(text: str) -> str | None:
    """Return *text* if it is an http or https address, else None: it is not to be followed."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    # urlsplit forgives blanks at the start, and so do browsers; an address has none.
    begins = text[:8].lower().startswith(("http://", "https://"))
    return text if begins and parts.netloc else None


def shown_address(text: str) -> str | None:
    """Return *text* if a page may show what it leads to as an avatar, else None."""
    return text if text.startswith("data:image/svg+xml,") else web_address(text)

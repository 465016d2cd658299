"""A user as the templates show it: the URLs that a page may link to and load. Does no I/O."""

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# The width of an avatar in CSS pixels. GitHub is asked for an image of this width, and for one of
# twice the width for screens with two device pixels per CSS pixel.
AVATAR_SIZE = 44

_RESIZABLE = re.compile(r"https://avatars\.githubusercontent\.com/[^\s#,]+")


class UserRow(NamedTuple):
    """A user in the template `_user_row.html`. Renderers may set slots instead of texts.

    *avatar*, *avatar_2x* (twice as wide) and *profile_url* are None if the user has no such URL, or
    a page may not use it. *initial* is the username's first character.
    """

    id: Any
    username: Any
    type: str
    avatar: Any
    avatar_2x: Any
    profile_url: Any
    initial: Any


def user_row(identity: int, username: str, type_: str, avatar_url: str, html_url: str) -> UserRow:
    """Return the row of a profile."""
    avatar, avatar_2x = image_url(avatar_url), None
    if avatar and _RESIZABLE.fullmatch(avatar):
        avatar, avatar_2x = resized(avatar, AVATAR_SIZE), resized(avatar, 2 * AVATAR_SIZE)
    urls = avatar, avatar_2x, web_url(html_url)
    return UserRow(identity, username, type_, *urls, username[:1])


def resized(avatar: str, pixels: int) -> str:
    """Return the URL of *avatar* in another width, if GitHub serves it."""
    if not _RESIZABLE.fullmatch(avatar):
        return avatar
    return f"{avatar}{'&' if '?' in avatar else '?'}s={pixels}"


def web_url(text: str) -> str | None:
    """Return *text* if it is an http or https URL, otherwise None: pages do not link to it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    # urlsplit ignores leading blanks, as browsers do. No valid URL has any.
    is_web = text[:8].lower().startswith(("http://", "https://"))
    return text if is_web and parts.netloc else None


def image_url(text: str) -> str | None:
    """Return *text* if a page may load it as an image, otherwise None."""
    return text if text.startswith("data:image/svg+xml,") else web_url(text)

"""Checks the rows of a page, each of which shows a user.

Rows of users of one type differ in id and username alone, except for unusual users. So a pattern is
made of the first such row that is read. It is used if what it predicts for an invented user is
right. A row that is as predicted need not be read.
"""

import html
import re
from collections.abc import Sequence

from function.contract import Profile, implied_urls
from generator.check.slotted import Slotted
from generator.errors import CheckFailed
from generator.site import user_row

_ID = re.compile(r'<li id="u([^"]*)"')
_MARKUP = re.compile(r"<[^>]*>")
_URL = re.compile(r'\s(?:href|src|srcset)="([^"]*)"')
_ROW_END = "</li>"
# A row cannot have this id and username by chance.
_INVENTED = 9_191_919_191_919, "invented-by-check"


class Rows:
    """Checks the rows of a slice of users, which pages of each size show."""

    def __init__(self) -> None:
        self._patterns: dict[str, Slotted] = {}
        self.begin(0)

    def begin(self, position: int) -> None:
        """Begin with another slice of users, the first of which is at *position*, from 0."""
        self._begin = position
        self._users: list[Profile] = []
        self._rows: list[str] = []

    def predict(self, first: int, profiles: Sequence[Profile]) -> str | None:
        """Return the rows of *profiles*; None if one of them cannot be predicted.

        Args:
            first: the position of the first of them.
            profiles: the users that the API lists on a page.
        """
        begin = first - self._begin
        end = begin + len(profiles)
        if begin == len(self._users):
            self._users += profiles
            self._rows += map(self._predict, profiles)
        rows = self._rows[begin:end]
        if self._users[begin:end] != [*profiles]:  # at either end of the slice
            rows = [self._predict(profile) for profile in profiles]
        return "".join(rows) if all(rows) else None

    def read(self, key: str, text: str, first: int, profiles: Sequence[Profile]) -> None:
        """Raise CheckFailed unless *text*, of the page *key*, shows *profiles*, in their order.

        Args:
            key: the page.
            text: the content of <ul>: an <li id="uID"> for each user, and nothing else.
            first: the position of the first user.
            profiles: the users that the API lists.
        """
        shown = _ID.findall(text)
        listed = [str(profile.id) for profile in profiles]
        if shown != listed:
            raise CheckFailed(
                f"{key} shows the users {_shorten(shown)}, the API lists {_shorten(listed)}"
            )
        *rows, rest = text.split(_ROW_END)
        if len(rows) != len(profiles) or rest:
            raise CheckFailed(f"{key} does not show each user in a row")
        for profile, row in zip(profiles, rows, strict=True):
            _read(key, row, profile)
            if profile.type not in self._patterns and _is_usual(profile):
                self._learn(row, profile)
        begin = first - self._begin
        end = begin + len(profiles)
        if self._users[begin:end] == [*profiles]:
            self._rows[begin:end] = [row + _ROW_END for row in rows]

    def _predict(self, profile: Profile) -> str:
        """Return the row of *profile*; "" if it cannot be predicted."""
        pattern = self._patterns.get(profile.type)
        if pattern is None or not _is_usual(profile):
            return ""
        return pattern.fill(_values(profile)) + _ROW_END

    def _learn(self, row: str, profile: Profile) -> None:
        """Make a pattern of *row*, which shows *profile*."""
        values = _values(profile)
        pieces = re.split(f"({'|'.join(map(re.escape, values))})", row)
        pattern = Slotted(pieces, values)
        invented = Profile(*_INVENTED, profile.type, *implied_urls(*_INVENTED))
        try:
            _read("", pattern.fill(_values(invented)), invented)
        except CheckFailed:
            return  # the username or the id is a part of another text
        self._patterns[profile.type] = pattern


def _values(profile: Profile) -> tuple[str, str, str]:
    """Return what differs between rows: username, id, and the initial between two tags."""
    username = profile.username
    return username, f"{profile.id}", f">{username[0]}<"


def _is_usual(profile: Profile) -> bool:
    """Return whether HTML has the username as it is, and the URLs follow from id and username."""
    user_id, username, _, avatar_url, html_url = profile
    urls = avatar_url, html_url
    return username.replace("-", "0").isalnum() and urls == implied_urls(user_id, username)


def _read(key: str, row: str, profile: Profile) -> None:
    """Raise CheckFailed unless the HTML *row* shows *profile*, and links to nothing else."""
    texts = [html.unescape(text) for text in _MARKUP.split(row)]
    shown = "".join(texts).rstrip()
    user_id, username, type_, *_ = profile
    if texts.count(username) < (2 if len(username) == 1 else 1):  # its initial is shown as well
        raise CheckFailed(f"{key} does not show user {user_id}'s username, {username!r}")
    if not shown.endswith(
        (f"#{user_id} {type_}", f"#{user_id} · {type_}") if type_ else f"#{user_id}"
    ):
        raise CheckFailed(f"{key} does not show user {user_id}'s id and type, {type_!r}")
    user = user_row(*profile)
    avatar_2x = user.avatar_2x and f"{user.avatar_2x} 2x"
    expected = {"html_url": user.profile_url, "avatar_url": user.avatar, "2x avatar": avatar_2x}
    urls = {html.unescape(url) for url in _URL.findall(row)}
    for name, url in expected.items():
        if url and url not in urls:
            raise CheckFailed(f"{key} does not link to user {profile.id}'s {name}, {url}")
    for url in urls.difference(expected.values()):
        raise CheckFailed(f"{key} links from user {profile.id} to {url}")


def _shorten(ids: Sequence[str]) -> str:
    """Return the first three *ids*, and how many they are if there are more."""
    return ", ".join(ids[:3]) + (f" ... ({len(ids)})" if len(ids) > 3 else "") or "none"

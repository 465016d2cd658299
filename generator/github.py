"""GitHub's REST API as values: addresses, headers, replies, records. Does no I/O.

GitHub's words (login, since, per_page) are used here; `login` becomes `username` in `read_user`
and nowhere else. https://docs.github.com/en/rest/users/users#list-users
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from function.contract import Profile
from function.errors import shorten
from generator.errors import (
    RateLimitExceeded,
    Refused,
    SourceError,
    UnexpectedRecord,
    UnexpectedReply,
)

DEFAULT_API_URL = "https://api.github.com"
MAX_PER_PAGE = 100
# GitHub Enterprise Server knows this version too; 2026-03-10 changes nothing for lists of users.
# https://docs.github.com/en/rest/about-the-rest-api/api-versions
API_VERSION = "2022-11-28"

# One link-value: <target>; name=value; name="value". https://www.rfc-editor.org/rfc/rfc8288#section-3
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[^;,="\s]+(?:\s*=\s*(?:"[^"]*"|[^";,\s]+))?)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^";,\s]+))', re.IGNORECASE)
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of GitHub's: the *url* that gave it, lower-case header names, the bytes."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def request_headers(token: str | None) -> dict[str, str]:
    """Return the headers of a request, with *token* if there is one.

    https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#headers
    """
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": API_VERSION,
        "User-Agent": "github-user-directory",
    }
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of *url*: whom a token for it may be shown to.

    https://www.rfc-editor.org/rfc/rfc6454#section-4
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def users_url(api_url: str, since: int) -> str:
    """Return where the users with an id above *since* are listed, in ascending order."""
    return f"{api_url.rstrip('/')}/users?{urlencode({'since': since})}"


def with_parameter(url: str, name: str, value: int) -> str:
    """Return *url* with its query parameter *name* set to *value*."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))


def since(url: str) -> int | None:
    """Return the ``since`` that *url* asks for; None when it has none."""
    value = dict(parse_qsl(urlsplit(url).query)).get("since", "")
    return int(value) if re.fullmatch(r"[0-9]{1,20}", value) else None


def next_url(reply: Reply) -> str | None:
    """Return the address that *reply*'s Link header calls rel=next, None when there is none.

    rel=first is never followed: it is a URI template. A relative target is resolved.
    UnexpectedReply is raised for one that is no address.
    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """
    for link in _LINK.finditer(reply.headers.get("link", "")):
        rel = _REL.search(link[2])
        if rel and "next" in (rel[1] or rel[2] or "").lower().split():
            try:
                return urlunsplit(urlsplit(urljoin(reply.url, str(link[1]))))
            except ValueError as exc:
                raise UnexpectedReply(reply.url, f"its next page is {shorten(link[1])}") from exc
    return None


@dataclass(frozen=True, slots=True)
class Step:
    """Where a list goes on after a reply.

    Attributes:
        url: the next request's address; None when the list ends here.
        cursor: where a later run goes on, at the end of the list too.
        stuck: why the list ends although it names a next page; None if it ends well or goes on.
    """

    url: str | None
    cursor: str
    stuck: str | None = None


def next_step(asked: str, reply: Reply, users: Sequence[Profile]) -> Step:
    """Return where the list goes on after *reply* to the address *asked*, which gave *users*.

    It ends without a rel=next and with an empty page; and it must not go round in circles, so
    both the users and the next address have to be beyond ``since``. The next page is asked of
    the host that was asked before, whatever host the reply names: an Enterprise server may know
    itself by another name, and a token is for one host.
    """
    position = since(asked) or 0
    reached = max((user.id for user in users), default=None)
    cursor = with_parameter(asked, "since", max(position, reached or 0))
    following = next_url(reply)
    if following is None or (reached is None and json.loads(reply.body) == []):
        return Step(None, cursor)
    parts = urlsplit(asked)
    following = urlunsplit(
        urlsplit(following)._replace(scheme=parts.scheme, netloc=parts.netloc, fragment="")
    )
    stands = reached is not None and reached <= position
    if stands or (since(following) or 0) <= position:
        return Step(
            None,
            cursor,
            f"the list does not go on: {asked} names {following} as its next page, and that or"
            f" its own users are not beyond id {position}",
        )
    return Step(following, following)


def refusal(reply: Reply, authorized: bool, now: float) -> SourceError | None:
    """Return what *reply* means as an error, None when it is a 200.

    Both kinds of rate limit come as 403 or 429.
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api

    Args:
        reply: the answer.
        authorized: whether the request carried a token.
        now: the time in seconds since the epoch, for ``retry-after``.
    """
    if reply.status == 200:
        return None
    message = _message(reply.body)
    used_up = reply.headers.get("x-ratelimit-remaining") == "0"
    if reply.status == 429 or (
        reply.status == 403
        and (
            used_up
            or "retry-after" in reply.headers
            or re.search("rate limit|abuse detection", message, re.IGNORECASE)
        )
    ):
        limit = _number(reply.headers.get("x-ratelimit-limit")) if used_up else None
        return RateLimitExceeded(limit, _resets_at(reply, now), authorized)
    if reply.status == 401:
        advice = (
            "GITHUB_TOKEN is invalid or has expired: set another, or unset it"
            if authorized
            else "it wants a token: set GITHUB_TOKEN"
        )
    elif reply.status == 404:
        advice = (
            "is the API there? GITHUB_API_URL or --api-url names it"
            " (GitHub Enterprise Server: https://HOST/api/v3)"
        )
    elif reply.status >= 500:
        advice = "the same command goes on where it stopped; try it again later"
    else:
        advice = "it was not tried again"
    return Refused(reply.url, reply.status, message, advice)


def read_users(reply: Reply) -> list[Profile]:
    """Decode a "list users" body, in GitHub's order (ascending id).

    Organisation members, contributors and followers send the same records.

    Raises:
        UnexpectedReply: the body is not JSON, or not a list.
        UnexpectedRecord: a record lacks a field that the directory needs.
    """
    try:
        records = json.loads(reply.body)
    except (ValueError, RecursionError) as exc:
        start = shorten(reply.body[:60].decode("utf-8", "replace"), 60)
        raise UnexpectedReply(reply.url, f"it is not JSON, and starts {start}") from exc
    if not isinstance(records, list):
        raise UnexpectedReply(
            reply.url, _message(reply.body) or f"it is a JSON {_json_type(records)}"
        )
    return [
        read_user(record, f"{reply.url}, record {number}")
        for number, record in enumerate(records, 1)
        if record is not None
    ]


def read_user(record: object, where: str, *, complete: bool = True) -> Profile:
    """Return GitHub's user object *record* as a profile. Unknown members are ignored.

    Args:
        record: the decoded object.
        where: names the record in an error.
        complete: whether everything must be there, as in GitHub's own replies; if not, only
            ``id`` and ``login`` must, and the rest is what GitHub has for an ordinary account.

    Raises:
        UnexpectedRecord: a member is missing, or of the wrong kind.
    """
    if not isinstance(record, Mapping):
        raise UnexpectedRecord(where, f"it is a JSON {_json_type(record)}, not a user object")
    identity, login = record.get("id"), record.get("login")
    if identity is None or login is None or (isinstance(login, str) and not login.strip()):
        if identity is None:
            known = f" (login {shorten(str(login))})" if login else ""
            raise UnexpectedRecord(where, f"it has no id{known}")
        raise UnexpectedRecord(where, f"it has no login (id {shorten(str(identity))})")
    if isinstance(identity, bool) or not isinstance(identity, int):
        raise UnexpectedRecord(where, f"its id is not a whole number but {shorten(str(identity))}")
    if not 0 <= identity <= _MAX_ID:
        raise UnexpectedRecord(where, f"its id {shorten(str(identity))} is not from 0 to {_MAX_ID}")
    implied = {} if complete else _implied(identity, login)

    def text(name: str) -> str:
        value = record.get(name) or implied.get(name)
        if not value:
            raise UnexpectedRecord(where, f"it has no {name} (id {identity})")
        if not isinstance(value, str):
            raise UnexpectedRecord(where, f"its {name} is not a text (id {identity})")
        try:
            value.encode()
        except UnicodeEncodeError as exc:  # JSON can hold "\ud800", which is no character
            raise UnexpectedRecord(
                where, f"its {name} has half a surrogate pair (id {identity})"
            ) from exc
        return value

    return Profile(identity, text("login"), text("type"), text("avatar_url"), text("html_url"))


def _implied(identity: int, login: object) -> dict[str, str]:
    name = str(login)
    page = f"apps/{name.removesuffix('[bot]')}" if name.endswith("[bot]") else name
    return {
        "type": "User",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{identity}?v=4",
        "html_url": f"https://github.com/{page}",
    }


def _resets_at(reply: Reply, now: float) -> datetime | None:
    seconds = _number(reply.headers.get("retry-after"))
    epoch = now + seconds if seconds is not None else None
    if epoch is None and reply.headers.get("x-ratelimit-remaining") == "0":
        epoch = _number(reply.headers.get("x-ratelimit-reset"))
    try:
        # A server's clock may be behind ours: what is past is now.
        return datetime.fromtimestamp(max(epoch, now), UTC) if epoch is not None else None
    except (OverflowError, OSError, ValueError):
        return None


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text.strip()) else None


def _message(body: bytes) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = said.get("message") if isinstance(said, dict) else None
    return message[:300] if isinstance(message, str) else ""


def _json_type(value: object) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")

"""GitHub's REST API as values: addresses, headers, replies, records. Does no I/O.

GitHub's words (login, since, per_page) are used here; `login` becomes `username` in `read_user`
and nowhere else. https://docs.github.com/en/rest/users/users#list-users
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from function.contract import Profile
from function.errors import shorten
from generator.errors import UnexpectedRecord, UnexpectedReply

MAX_PER_PAGE = 100
# A server may give more than it was asked for, but not so many.
MAX_RECORDS = 10_000
# https://docs.github.com/en/rest/search/search#about-search
MAX_FOUND = 1000
# GitHub Enterprise Server knows this version too; 2026-03-10 changes nothing for lists of users.
# https://docs.github.com/en/rest/about-the-rest-api/api-versions
API_VERSION = "2022-11-28"

_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of GitHub's API.

    Attributes:
        url: the address that sent it, after redirects.
        status: the HTTP status.
        headers: the headers, with lower-case names.
        body: the body's bytes.
        links: the targets of the Link header by relation, as in {"next": "https://..."}.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one reply holds of a list.

    Attributes:
        users: in the list's order; GitHub's nulls are left out.
        records: how many there were, nulls and all: a list ends with a reply that has none.
        notes: what there is to say of the list, for people.
        complete: whether that is all that GitHub would have to give here.
    """

    users: list[Profile]
    records: int
    notes: tuple[str, ...] = ()
    complete: bool = True


def request_headers(token: str | None, etag: str | None = None) -> dict[str, str]:
    """Return the headers of a request, with *token* if there is one.

    With *etag* the answer is 304 and has no body if the list still is what that ETag was of.
    https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#headers
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
    """
    headers = {
        # The second for servers that know GitHub's API from its description, which has no other.
        "Accept": "application/vnd.github+json, application/json",
        "X-GitHub-Api-Version": API_VERSION,
        "User-Agent": "github-user-directory",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if etag:
        headers["If-None-Match"] = etag
    return headers


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of *url*: whom a token for it may be shown to.

    https://www.rfc-editor.org/rfc/rfc6454#section-4
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def list_url(api_url: str, *path: str, **query: str | int) -> str:
    """Return the address of a list: *path*'s parts are quoted, so none can lead elsewhere."""
    parts = "/".join(quote(part, safe="") for part in path)
    return f"{api_url.rstrip('/')}/{parts}{'?' if query else ''}{urlencode(query)}"


def parameter(url: str, name: str) -> int | None:
    """Return the whole number that *url*'s query has as *name*; None when it has none in bounds."""
    value = dict(parse_qsl(urlsplit(url).query)).get(name, "")
    found = int(value) if re.fullmatch(r"[0-9]{1,20}", value) else None
    return found if found is not None and found <= _MAX_ID else None


def with_parameter(url: str, name: str, value: int) -> str:
    """Return *url* with its query parameter *name* set to *value*."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))


def read_users(reply: Reply) -> Batch:
    """Decode a list of users, in GitHub's order.

    Organisation members, stargazers and followers are the same records as "list users" has.
    A 204 is an empty list. https://docs.github.com/en/rest/users/users#list-users

    Raises:
        UnexpectedReply: the body is not JSON, or not a list.
        UnexpectedRecord: a record is not a user.
    """
    return _batch(reply, _decoded(reply))


def read_contributors(reply: Reply) -> Batch:
    """Decode a repository's contributors, as `read_users` does, but for those without an account.

    https://docs.github.com/en/rest/repos/repos#list-repository-contributors
    """
    records = _decoded(reply)
    if not isinstance(records, list):
        return _batch(reply, records)
    named = [
        None if isinstance(record, dict) and record.get("type") == "Anonymous" else record
        for record in records
    ]
    return _batch(reply, named)


def read_search(reply: Reply) -> Batch:
    """Decode what a search for users found, as `read_users` does.

    https://docs.github.com/en/rest/search/search#search-users
    """
    found = _decoded(reply)
    if not isinstance(found, dict) or "items" not in found:
        return _batch(reply, found if not isinstance(found, list) else {})
    notes = []
    total = found.get("total_count")
    if isinstance(total, int) and total > MAX_FOUND:
        notes.append(f"GitHub found {total:,} users, and lists the first {MAX_FOUND:,} of a search")
    complete = found.get("incomplete_results") is not True
    if not complete:
        notes.append("GitHub ran out of time: the search's results are incomplete")
    return replace(_batch(reply, found["items"]), notes=tuple(notes), complete=complete)


def _decoded(reply: Reply) -> Any:
    if reply.status == 204:
        return []
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as exc:
        start = shorten(reply.body[:60].decode("utf-8", "replace"), 60)
        raise UnexpectedReply(reply.url, f"it is not JSON, and starts {start}") from exc


def _batch(reply: Reply, records: Any) -> Batch:
    if not isinstance(records, list):
        raise UnexpectedReply(
            reply.url, message(reply.body) or f"it is a JSON {_json_type(records)}"
        )
    if len(records) > MAX_RECORDS:
        raise UnexpectedReply(reply.url, f"it has {len(records):,} records")
    users = [
        read_user(record, f"{reply.url}, record {number}")
        for number, record in enumerate(records, 1)
        if record is not None
    ]
    return Batch(users, len(records))


def read_user(record: object, where: str, *, complete: bool = True) -> Profile:
    """Return GitHub's user object *record* as a profile. Unknown members are ignored.

    Args:
        record: the decoded object.
        where: names the record in an error.
        complete: whether what is missing was left out by GitHub itself, and is kept as an empty
            text; if not, it becomes what GitHub has for an ordinary account.

    Raises:
        UnexpectedRecord: it has no ``id`` or ``login``, or a member is of the wrong kind.
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
        value = record.get(name)
        if value is None or value == "":
            value = implied.get(name, "")
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


def message(body: bytes) -> str:
    """Return what GitHub says in an error's *body*; "" when it says nothing."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = said.get("message") if isinstance(said, dict) else None
    # Somebody's terminal will show it.
    return (
        re.sub(r"\s+", " ", "".join(filter(_shown, message[:300])))
        if isinstance(message, str)
        else ""
    )


def _shown(character: str) -> bool:
    return character.isprintable() or character.isspace()


def _json_type(value: object) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")

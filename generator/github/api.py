"""Values of GitHub's REST API: addresses, replies, records. Does no I/O.

This module uses GitHub's words (login, since, per_page). `read_user` renames `login` to
`username`; no other code does. https://docs.github.com/en/rest/users/users#list-users
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from function.contract import Profile
from function.errors import shorten
from function.query import MAX_NUMBER
from generator.errors import UnexpectedRecord, UnexpectedReply

# Of one request. https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
MAX_PER_PAGE = 100
# Of one reply: a server may send more than the request asked for, within reason.
MAX_RECORDS = 10_000
# Of one search. https://docs.github.com/en/rest/search/search#about-search
MAX_SEARCH_RESULTS = 1000


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of GitHub's API to a request for *url*. Its headers have lower-case names.

    *next_url* is the target of the Link header with rel=next, as GitHub sent it. rel=first is
    never followed: it is a URI template.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    next_url: str | None = None

    @property
    def is_limit(self) -> bool:
        """Whether GitHub ends the list early, as after 400 pages of stargazers."""
        return self.status == 422 and (int_parameter(self.url, "page") or 1) > 1

    @property
    def message(self) -> str:
        """GitHub's message about an error, "" without one. It is safe to print."""
        try:
            error = json.loads(self.body)
        except (ValueError, RecursionError):
            return ""
        message = error.get("message") if isinstance(error, dict) else None
        # Escape sequences could change a terminal.
        text = message[:300] if isinstance(message, str) else ""
        return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace()))


@dataclass(frozen=True, slots=True)
class Batch:
    """The users of one reply.

    Attributes:
        reply: the reply.
        users: the users, in the list's order. Records without an account are left out.
        records: the number of records, all included. A list ends with a reply that has none.
        total: the number of users that the list has by GitHub's count; 0 if GitHub does not say.
        complete: whether GitHub had time to find all users. A search may run out of time.
    """

    reply: Reply
    users: list[Profile]
    records: int
    total: int = 0
    complete: bool = True


def web_url(api_url: str) -> str:
    """Return the address for people of the server whose API is at *api_url*.

    The API of GitHub Enterprise Server is at https://HOST/api/v3, that of others at
    https://api.HOST. https://docs.github.com/en/enterprise-server/rest/quickstart
    """
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].removeprefix('api.')}"


def list_url(api_url: str, *path: str, **query: str | int) -> str:
    """Return the address of a list. The parts of *path* are quoted, slashes included."""
    parts = "/".join(quote(part, safe="") for part in path)
    return f"{api_url.rstrip('/')}/{parts}{'?' if query else ''}{urlencode(query)}"


def int_parameter(url: str, name: str) -> int | None:
    """Return the query parameter *name* of *url*; None if it is not an integer from 0 to 2^63-1."""
    value = dict(parse_qsl(url.partition("?")[2])).get(name, "")
    number = int(value) if re.fullmatch(r"[0-9]{1,20}", value) else None
    return number if number is not None and number <= MAX_NUMBER else None


def with_parameter(url: str, name: str, value: int) -> str:
    """Return *url* with its query parameter *name* set to *value*."""
    path, _, text = url.partition("?")
    query = [pair for pair in parse_qsl(text, keep_blank_values=True) if pair[0] != name]
    return f"{path}?{urlencode([*query, (name, value)])}"


def resized(url: str, size: int) -> str:
    """Return the address of at most *size* users, from the same user on as *url*.

    It stays as it is if it names no ``per_page``.
    """
    old_size, page = int_parameter(url, "per_page"), int_parameter(url, "page")
    if old_size is None:
        return url
    before = old_size * ((page or 1) - 1)
    # A page of this size must start after *before* users. Size 1 always does.
    new_size = next(n for n in range(size, 0, -1) if before % n == 0)
    if new_size == old_size:
        return url
    url = with_parameter(url, "per_page", new_size)
    return url if page is None else with_parameter(url, "page", before // new_size + 1)


def smaller_page(url: str) -> str:
    """Return the address of at most half as many users, from the same user on, if possible.

    A server that was too slow for *url* may be able to answer it.
    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
    """
    return resized(url, max(1, (int_parameter(url, "per_page") or 0) // 2))


def read_users(reply: Reply) -> Batch:
    """Decode a list of users, in GitHub's order. A 204 is an empty list.

    Members, contributors, stargazers and followers are the same records. The login of a deleted
    account may be null, and a contributor may be anonymous.
    https://docs.github.com/en/rest/users/users#list-users

    Raises:
        UnexpectedReply: the body is not JSON, or not a list.
        UnexpectedRecord: a record is not a user.
    """
    return _batch(reply, [] if reply.status == 204 else _decode(reply))


def read_search(reply: Reply) -> Batch:
    """Decode the results of a search for users as `read_users` does.

    https://docs.github.com/en/rest/search/search#search-users
    """
    results = _decode(reply)
    if not isinstance(results, dict) or "items" not in results:
        raise UnexpectedReply(reply.url, reply.message or "it has no items")
    total = results.get("total_count")
    return replace(
        _batch(reply, results["items"]),
        total=total if isinstance(total, int) else 0,
        complete=results.get("incomplete_results") is not True,
    )


def _decode(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as exc:
        start = shorten(reply.body[:60].decode("utf-8", "replace"), 60)
        raise UnexpectedReply(reply.url, f"it is not JSON, and starts with {start}") from exc


def _batch(reply: Reply, records: Any) -> Batch:
    if not isinstance(records, list):
        raise UnexpectedReply(reply.url, reply.message or f"it is a JSON {_json_type(records)}")
    if len(records) > MAX_RECORDS:
        raise UnexpectedReply(reply.url, f"it has {len(records):,} records")
    users = [
        read_user(record, f"{reply.url}, record {number}")
        for number, record in enumerate(records, 1)
        if _has_account(record)
    ]
    return Batch(reply, users, len(records))


def _has_account(record: object) -> bool:
    if isinstance(record, dict):
        return record.get("login", "") is not None and record.get("type") != "Anonymous"
    return record is not None


def read_user(record: object, place: str, *, server: str | None = None) -> Profile:
    """Return GitHub's user object *record* as a profile. Unknown members are ignored.

    A missing type or address becomes what *server*, as in "https://github.com", has for an
    ordinary account or a bot. Without a server, it becomes an empty text.

    Raises:
        UnexpectedRecord: ``id`` or ``login`` is missing, or a member has the wrong type. The
            message names the *place* of the record.
    """
    if not isinstance(record, Mapping):
        raise UnexpectedRecord(place, f"it is a JSON {_json_type(record)}, not a user object")
    if problem := _id_problem(record):
        raise UnexpectedRecord(place, problem)
    defaults = _default_members(record, server) if server else {}
    texts: list[str] = []
    for name in ("login", "type", "avatar_url", "html_url"):
        text = record.get(name)
        if text is None or text == "":
            text = defaults.get(name, "")
        if not isinstance(text, str):
            raise UnexpectedRecord(place, f"its {name} is not a text (id {record['id']})")
        try:
            text.encode()
        except UnicodeEncodeError as exc:  # JSON can hold "\ud800", which is not a character
            problem = f"its {name} has half a surrogate pair (id {record['id']})"
            raise UnexpectedRecord(place, problem) from exc
        texts.append(text)
    return Profile(record["id"], *texts)


def _id_problem(record: Mapping[str, Any]) -> str | None:
    """Return why *record* has no valid id or no login; None if it has both."""
    identity, login = record.get("id"), record.get("login")
    if identity is None:
        return "it has no id" + (f" (login {shorten(str(login))})" if login else "")
    if login is None or (isinstance(login, str) and not login.strip()):
        return f"it has no login (id {shorten(str(identity))})"
    if isinstance(identity, bool) or not isinstance(identity, int):
        return f"its id is not a whole number but {shorten(str(identity))}"
    if not 0 <= identity <= MAX_NUMBER:
        return f"its id {shorten(str(identity))} is not from 0 to {MAX_NUMBER}"
    return None


def _default_members(record: Mapping[str, Any], server: str) -> dict[str, str]:
    """Return the members of an ordinary account or a bot on *server*."""
    login = str(record["login"])
    is_bot = login.endswith("[bot]")
    html_url = f"{server}/apps/{login.removesuffix('[bot]')}" if is_bot else f"{server}/{login}"
    # Elsewhere than on github.com, the same id is another person's.
    is_github = str(record.get("html_url") or html_url).startswith("https://github.com/")
    avatar_url = f"https://avatars.githubusercontent.com/u/{record['id']}?v=4"
    return {
        "type": "Bot" if is_bot else "User",
        "avatar_url": avatar_url if is_github else "",
        "html_url": html_url,
    }


def _json_type(value: object) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")

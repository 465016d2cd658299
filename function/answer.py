"""A request's parameters as the answer's status and body. Knows nothing of HTTP servers.

The application and `ghdirectory query` both answer through here.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

from function.contract import Page, Profile
from function.database import Directory
from function.errors import InvalidParameter
from function.query import ProfileQuery, parse_query

PATH = "/api/users/profiles"
CONTENT_TYPE = "application/json"

# A text as JSON has it, every character that may stand for itself doing so: what json.dumps uses.
_text = json.encoder.encode_basestring


class Answer(NamedTuple):
    """What goes back: *status* as in HTTP, *body* as UTF-8 JSON."""

    status: int
    body: bytes


def answer_profiles(directory: Directory, pairs: Iterable[tuple[str, str]]) -> Answer:
    """Answer the decoded *pairs* of a query string: 200 with a page, or 400 with the reason."""
    try:
        query = parse_query(pairs)
    except InvalidParameter as exc:
        return answer_error(400, str(exc), parameter=exc.name)
    page = directory.find(query)
    around = ",".join(
        f'"{name}":{_text(link) if link else "null"}' for name, link in links(query, page).items()
    )
    body = (
        f'{{"profiles":[{",".join(map(_profile, page.profiles))}]'
        f',"page":{page.page},"pagination":{page.pagination}'
        f',"total":{page.total},"pages":{page.pages},"links":{{{around}}}'
        f',"release":{_text(directory.release)},"source":{_text(directory.about.source)}}}'
    )
    return Answer(200, body.encode())


def _profile(profile: Profile) -> str:
    """Return *profile* as JSON: half of the time that json.dumps takes for a page goes here."""
    identity, username, kind, avatar_url, html_url = profile
    return (
        f'{{"id":{identity},"username":{_text(username)},"type":{_text(kind)}'
        f',"avatar_url":{_text(avatar_url)},"html_url":{_text(html_url)}}}'
    )


def answer_error(status: int, message: str, **details: str) -> Answer:
    """Answer with an error, in the one shape that all have."""
    body = json.dumps({"error": message, **details}, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, body.encode())


def links(query: ProfileQuery, page: Page) -> dict[str, str | None]:
    """Return the addresses around *page*, None where there is none.

    They are relative, a query string alone: the function sees neither the host nor the stage
    that the client used. https://www.rfc-editor.org/rfc/rfc3986#section-4.2
    """
    last = page.pages
    others = query.encode_others()

    def link(number: int) -> str | None:
        return f"?page={number}&{others}" if 1 <= number <= last else None

    return {
        "self": f"?page={query.page}&{others}",
        "first": link(1),
        "prev": link(min(page.page - 1, last)),
        "next": link(page.page + 1),
        "last": link(last),
    }

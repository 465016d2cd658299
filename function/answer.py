"""The answer to a query string: a status and a JSON body. Knows nothing of HTTP servers.

The application and `ghdirectory query` both answer with these functions.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from function.contract import Page
from function.database import Directory
from function.errors import InvalidParameter
from function.query import ProfileQuery, parse_query

PATH = "/api/users/profiles"
CONTENT_TYPE = "application/json"


class Answer(NamedTuple):
    """An HTTP status, and a body of UTF-8 JSON."""

    status: int
    body: bytes


def answer_profiles(directory: Directory, pairs: Iterable[tuple[str, str]]) -> Answer:
    """Answer the query string of the decoded *pairs*: 200 with a page, or 400 with the reason.

    Raises:
        DatabaseMismatch: the directory is damaged.
    """
    try:
        query = parse_query(pairs)
    except InvalidParameter as exc:
        return answer_error(400, str(exc), parameter=exc.name)
    page = directory.find(query)
    members: dict[str, Any] = {"profiles": [profile._asdict() for profile in page.profiles]}
    if query.username is not None:
        members["exact"] = page.exact._asdict() if page.exact else None
    members |= {
        "page": page.page,
        "pagination": page.pagination,
        "total": page.total,
        "pages": page.pages,
        "links": links(query, page),
        "release": directory.release,
        "source": directory.about.source,
    }
    return _answer(200, members)


def answer_error(status: int, message: str, **details: str) -> Answer:
    """Answer with an error: the message, and *details* as members beside it."""
    return _answer(status, {"error": message, **details})


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def links(query: ProfileQuery, page: Page) -> dict[str, str | None]:
    """Return the links to *page* and the pages around it; None for a page that does not exist.

    They are relative references of a query string alone, since the function sees neither the host
    nor the stage that the client used. https://www.rfc-editor.org/rfc/rfc3986#section-4.2
    """
    last = page.pages
    parameters = query.encode_without_page()

    def link(number: int) -> str | None:
        return f"?page={number}&{parameters}" if 1 <= number <= last else None

    return {
        "self": f"?page={query.page}&{parameters}",
        "first": link(1),
        "prev": link(min(page.page - 1, last)),
        "next": link(page.page + 1),
        "last": link(last),
    }

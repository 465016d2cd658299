"""A request's parameters as the answer's status and body. Knows nothing of HTTP servers.

The application and `python -m generator query` both answer through here.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from function.contract import Page
from function.database import Directory
from function.errors import InvalidParameter
from function.query import ProfileQuery, parse_query

PATH = "/api/users/profiles"
CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
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
    return Answer(
        200,
        _json(
            {
                "profiles": [asdict(profile) for profile in page.profiles],
                "page": page.page,
                "pagination": page.pagination,
                "total": page.total,
                "pages": page.pages,
                "links": links(query, page),
                "release": directory.release,
                "source": directory.about.source,
            }
        ),
    )


def answer_error(status: int, message: str, **details: str) -> Answer:
    """Answer with an error, in the one shape that all have."""
    return Answer(status, _json({"error": message, **details}))


def links(query: ProfileQuery, page: Page) -> dict[str, str | None]:
    """Return the addresses around *page*, None where there is none.

    They are relative, a query string alone: the function sees neither the host nor the stage
    that the client used. https://www.rfc-editor.org/rfc/rfc3986#section-4.2
    """
    last = page.pages

    def link(number: int) -> str | None:
        return f"?{query.on_page(number).encode()}" if 1 <= number <= last else None

    return {
        "self": f"?{query.encode()}",
        "first": link(1),
        "prev": link(min(page.page - 1, last)),
        "next": link(page.page + 1),
        "last": link(last),
    }


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

"""How far a reply brings a list, and where the list goes on. Does no I/O.

A list is read **by id** (``since``: every reply has the users that come next in ascending id) or
**by page** (``page``: the list's own order). What stands where in a list is its *position*: by
id that is the id; by page, a count from 1.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from function.contract import Profile
from function.errors import shorten
from generator.errors import UnexpectedReply
from generator.github import MAX_PER_PAGE, Batch, Reply, parameter, with_parameter

# One link-value: <target>; name=value; name="value". https://www.rfc-editor.org/rfc/rfc8288#section-3
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[^;,="\s]+(?:\s*=\s*(?:"[^"]*"|[^";,\s]+))?)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^";,\s]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a list goes on: the address that comes next, and what lies before it.

    Attributes:
        url: the next request's.
        position: the last one that was read.
        users: how many users were read.
    """

    url: str
    position: int = 0
    users: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What a reply means for its list.

    Attributes:
        positions: where its users stand, by id; one that this reading met before is not in it.
        after: the position up to which the list had been read.
        reached: the position up to which it is read now.
        settled: whether nobody else can stand between these two, nor have moved elsewhere.
        url: the next request's address; None when the reading ends here.
        whole: whether it ends because the list does, so that nobody stands behind *reached*.
        cursor: where a later run goes on, at the end of the list too.
        stuck: why the reading ends although the list may not; None if it goes on, or ends well.
    """

    positions: Mapping[int, int]
    after: int
    reached: int
    settled: bool
    url: str | None
    whole: bool
    cursor: Cursor
    stuck: str | None = None


def ask(cursor: Cursor, total: int, *, by_id: bool) -> str:
    """Return the address that brings the users after *cursor*, no more of them than *total* needs.

    The pages of a list by page are of one size, or they would not follow one another.
    """
    if not by_id:
        return cursor.url
    return with_parameter(cursor.url, "per_page", min(MAX_PER_PAGE, total - cursor.users))


def fewer(url: str) -> str:
    """Return the address of at most half as many users from the same place on.

    That is for a server that took too long.
    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
    """
    size, page = parameter(url, "per_page") or MAX_PER_PAGE, parameter(url, "page")
    if size < 2:
        return url
    before = (page or 1) * size - size
    # Of the sizes that have a page starting there: 1 is one.
    half = next(half for half in range(size // 2, 0, -1) if before % half == 0)
    smaller = with_parameter(url, "per_page", half)
    return smaller if page is None else with_parameter(smaller, "page", before // half + 1)


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


def ordinals(users: Sequence[Profile], met: Collection[int], position: int) -> dict[int, int]:
    """Give *users* the positions after *position*, but for those *met* in this reading before."""
    new = dict.fromkeys(user.id for user in users if user.id not in met)
    return {identity: position + number for number, identity in enumerate(new, 1)}


def step_by_id(cursor: Cursor, asked: str, reply: Reply, batch: Batch) -> Step:
    """Return what *reply* to the address *asked*, which holds *batch*, means for a list by id.

    It must not go round in circles, so both its users and the next address have to be beyond
    what was asked for.
    """
    positions = {user.id: user.id for user in batch.users}
    came = sum(identity > cursor.position for identity in positions)
    reached = max([cursor.position, *positions])
    url, stuck = _following(asked, reply, batch)
    if url and (
        (positions and not came)
        or (parameter(url, "since") or 0) <= (parameter(asked, "since") or 0)
    ):
        stuck = _circle(asked, url, f"beyond id {cursor.position}")
        url = None
    users, after = cursor.users + came, cursor.position
    if url is None:
        later = Cursor(with_parameter(asked, "since", reached), reached, users)
        return Step(positions, after, reached, True, None, stuck is None, later, stuck)
    later = Cursor(url, max(reached, parameter(url, "since") or 0), users)
    return Step(positions, after, reached, True, url, False, later)


def step_by_page(
    cursor: Cursor, asked: str, reply: Reply, batch: Batch, met: Collection[int]
) -> Step:
    """Return what *reply* to the address *asked*, which holds *batch*, means for a list by page.

    Args:
        cursor: where the reading stands.
        asked: the address.
        reply: the answer.
        batch: what it holds.
        met: who of them this reading met before: lists move on while they are read.
    """
    positions = ordinals(batch.users, met, cursor.position)
    reached = cursor.position + len(positions)
    url, stuck = _following(asked, reply, batch)
    if url:
        page, following = parameter(asked, "page") or 1, parameter(url, "page")
        stands = url == asked if following is None else following <= page
        if stands or (batch.users and not positions):
            stuck = _circle(asked, url, "new")
            url = None
    after, users = cursor.position, cursor.users + len(positions)
    if url is None:
        # The last page may have grown by the next time: it is asked again.
        later = Cursor(asked, after, cursor.users)
        return Step(positions, after, reached, False, None, stuck is None, later, stuck)
    later = Cursor(url, reached, users)
    return Step(positions, after, reached, False, url, False, later)


def _following(asked: str, reply: Reply, batch: Batch) -> tuple[str | None, str | None]:
    """Return the next page's address, and why it is not followed although it has one.

    It is asked of the host that was asked before, whatever host the reply names: an Enterprise
    server may know itself by another name, and a token is for one host.
    """
    url = next_url(reply)
    if url is None:
        return None, None
    here = urlsplit(asked)
    url = urlunsplit(urlsplit(url)._replace(scheme=here.scheme, netloc=here.netloc, fragment=""))
    if not batch.records:
        return None, f"the list ends early: {asked} is empty, and names {url} as its next page"
    return url, None


def _circle(asked: str, url: str, what: str) -> str:
    return (
        f"the list does not go on: {asked} names {url} as its next page, and that or its own"
        f" users are not {what}"
    )

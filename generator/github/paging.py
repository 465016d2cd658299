"""Pagination: how far a reply reads a list, and which request comes next. Does no I/O.

A list is read by id or by page. By id (``since``), each reply has the users with the next higher
ids. By page (``page``), the list has an order of its own. A user's *position* in a list is the id
in the first case, and a number from 1 in the second.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit, urlunsplit

from function.contract import Profile
from function.errors import shorten
from generator.errors import UnexpectedReply
from generator.github.api import (
    MAX_PER_PAGE,
    Batch,
    Reply,
    error_message,
    int_parameter,
    with_parameter,
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place where reading a list continues.

    Attributes:
        url: the address of the next request.
        position: the position of the last user that was read.
        users: the number of users that were read.
    """

    url: str
    position: int = 0
    users: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """The effect of one reply on reading its list.

    Attributes:
        positions: the positions of the reply's users, by id. In a list by page, users that this
            reading has read before are left out.
        after: the position up to which the list was read before.
        reached: the position up to which the list is read now.
        is_by_id: whether positions are ids. Then a user between *after* and *reached* that is not
            in the reply has left the list. In a list by page, that user may have moved.
        next_url: the address of the next request; None if this reading ends.
        is_end: whether the list ends at *reached*, so that no user has a later position.
        cursor: the place where a later reading continues, also at the end of the list.
        problem: why the reading ends although the list may not; None if there is no problem. At
            GitHub's limit, *is_end* is true too: the list has no more for this program.
        confirm_at: the place to ask whether the list really ends. None if that is certain. A
            failing server may also send an empty reply, or a full one without a next page.
    """

    positions: Mapping[int, int]
    after: int
    reached: int
    is_by_id: bool
    next_url: str | None
    is_end: bool
    cursor: Cursor
    problem: str | None = None
    confirm_at: Cursor | None = None


def request_url(cursor: Cursor, total: int, size: int, *, by_id: bool) -> str:
    """Return the address of the users after *cursor*, at most *size* of them.

    In a list by id, it asks only for the users missing from *total*. All pages of a list by page
    have the same size, or they would overlap. The size grows to *size* or less where a larger page
    starts at the same user.
    """
    if by_id:
        return with_parameter(cursor.url, "per_page", min(size, total - cursor.users))
    page_size = int_parameter(cursor.url, "per_page") or size
    page = int_parameter(cursor.url, "page")
    before = page_size * ((page or 1) - 1)
    larger = next((n for n in range(size, page_size, -1) if before % n == 0), page_size)
    return cursor.url if larger == page_size else _with_page_size(cursor.url, larger, before)


def next_size(size: int, requested: str, answered: str) -> int:
    """Return the size of the next request.

    Args:
        size: the size of this request.
        requested: the address of this request.
        answered: the address that was answered. It differs from *requested* if the
            server was too slow for that.
    """
    if requested != answered:
        return int_parameter(answered, "per_page") or MAX_PER_PAGE
    return min(MAX_PER_PAGE, 2 * size)


def smaller_page(url: str) -> str:
    """Return the address of at most half as many users, from the same user on.

    A server that was too slow for *url* may be able to answer it.
    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
    """
    size, page = int_parameter(url, "per_page") or MAX_PER_PAGE, int_parameter(url, "page")
    if size < 2:
        return url
    before = size * ((page or 1) - 1)
    # A page of this size must start after *before* users. Size 1 always fits.
    smaller = next(n for n in range(size // 2, 0, -1) if before % n == 0)
    return _with_page_size(url, smaller, before)


def _with_page_size(url: str, size: int, before: int) -> str:
    """Return *url* with pages of *size* users, at the page that starts after *before* users."""
    has_page = int_parameter(url, "page") is not None
    url = with_parameter(url, "per_page", size)
    return with_parameter(url, "page", before // size + 1) if has_page else url


def next_url(reply: Reply) -> str | None:
    """Return the address of the next page that *reply* names, None if it names none.

    A relative address is resolved. rel=first is never followed: it is a URI template.
    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api

    Raises:
        UnexpectedReply: the Link header does not have a valid address.
    """
    target = reply.links.get("next")
    if target is None:
        return None
    try:
        return urljoin(reply.url, target)
    except ValueError as exc:
        raise UnexpectedReply(reply.url, f"its next page is {shorten(target)}") from exc


def ordinals(
    users: Sequence[Profile], already_read: Collection[int], position: int
) -> dict[int, int]:
    """Number *users* from *position* + 1. Leave out repeated ids, and those in *already_read*."""
    new = dict.fromkeys(user.id for user in users if user.id not in already_read)
    return {identity: position + number for number, identity in enumerate(new, 1)}


def step_by_id(cursor: Cursor, requested: str, reply: Reply, batch: Batch) -> Step:
    """Return the effect of a reply in a list by id.

    The next page is followed only if it leads to higher ids, since a server could send the same
    page for ever.

    Args:
        cursor: the place of the reading before the reply.
        requested: the address of the request.
        reply: the reply.
        batch: its users.
    """
    positions = {user.id: user.id for user in batch.users}
    new = sum(identity > cursor.position for identity in positions)
    reached = max([cursor.position, *positions])
    users = cursor.users + new
    url, problem = _next_page(requested, reply, batch)
    if url and (
        (positions and not new)
        or (int_parameter(url, "since") or 0) <= (int_parameter(requested, "since") or 0)
    ):
        problem = (
            f"the list does not continue: the next page of {requested} is {url}, and its address"
            f" or its users are not beyond id {cursor.position}"
        )
        url = None
    if url:
        # The server may skip ids: the next request starts after *since*.
        further = Cursor(url, max(reached, int_parameter(url, "since") or 0), users)
    else:
        further = Cursor(with_parameter(requested, "since", reached), reached, users)
    return Step(
        positions,
        after=cursor.position,
        reached=reached,
        is_by_id=True,
        next_url=url,
        is_end=url is None and problem is None and batch.complete,
        cursor=further,
        problem=problem,
        confirm_at=further if url is None and _is_uncertain_end(requested, batch) else None,
    )


def step_by_page(
    cursor: Cursor, requested: str, reply: Reply, batch: Batch, already_read: Collection[int]
) -> Step:
    """Return the effect of a reply in a list by page.

    Args:
        cursor: the place of the reading before the reply.
        requested: the address of the request.
        reply: the reply.
        batch: its users.
        already_read: the ids of its users that this reading has read before. A list may change
            while it is read, so that users move to a later page.
    """
    positions = ordinals(batch.users, already_read, cursor.position)
    reached = cursor.position + len(positions)
    url, problem = _next_page(requested, reply, batch)
    if url and (_is_no_later_page(url, requested) or (batch.users and not positions)):
        problem = (
            f"the list does not continue: the next page of {requested} is {url}, and its address"
            " or its users are not new"
        )
        url = None
    further = Cursor(url or requested, reached, cursor.users + len(positions))
    confirm_at = None
    if url is None and _is_uncertain_end(requested, batch):
        page = (int_parameter(requested, "page") or 1) + bool(batch.records)
        confirm_at = replace(further, url=with_parameter(requested, "page", page))
    return Step(
        positions,
        after=cursor.position,
        reached=reached,
        is_by_id=False,
        next_url=url,
        is_end=url is None and (problem is None or reply.is_limit) and batch.complete,
        # A later reading asks for the last page again, because it may have grown.
        cursor=further if url else replace(cursor, url=requested),
        problem=problem,
        confirm_at=confirm_at,
    )


def _is_uncertain_end(requested: str, batch: Batch) -> bool:
    size = int_parameter(requested, "per_page") or MAX_PER_PAGE
    return not batch.records or batch.records >= size


def _is_no_later_page(url: str, requested: str) -> bool:
    page = int_parameter(url, "page")
    if page is None:
        return url == requested
    return page <= (int_parameter(requested, "page") or 1)


def _next_page(requested: str, reply: Reply, batch: Batch) -> tuple[str | None, str | None]:
    """Return the next page's address, or None and the reason for not following it, if any.

    The address gets the host of *requested*. A token is for one host only, and an Enterprise
    server may name itself by another.
    """
    if reply.is_limit:
        return None, f"GitHub ends the list before {requested}: {error_message(reply.body)}"
    url = next_url(reply)
    if url is None:
        return None, None
    host = urlsplit(requested)
    url = urlunsplit(urlsplit(url)._replace(scheme=host.scheme, netloc=host.netloc, fragment=""))
    if not batch.records:
        return None, f"the list ends early: {requested} is empty, but has the next page {url}"
    return url, None

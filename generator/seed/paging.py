"""Pagination: how far a reply reads its list, and which request comes next. Does no I/O.

A list is read by id or by page. By id (``since``), each reply has the users with the next higher
ids. By page (``page``), the list has an order of its own. A user's *position* in a list is the id
in the first case, and a number from 1 in the second.
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit, urlunsplit

from function.errors import shorten
from generator.errors import UnexpectedReply
from generator.github import (
    MAX_PER_PAGE,
    Batch,
    int_parameter,
    resized,
    with_parameter,
)
from generator.store import Cursor, Step


@dataclass(frozen=True, slots=True)
class Page:
    """A reply, and its effect on reading its list.

    Attributes:
        batch: the reply's users.
        step: how far the list is read now.
        users: the number of users that this reading has read.
        problem: why the reading ends although the list may not; None if there is no problem.
        confirm_at: the place to ask whether the list really ends. None if that is certain. A
            failing server may also send an empty reply, or a full one without a next page.
    """

    batch: Batch
    step: Step
    users: int
    problem: str | None
    confirm_at: Cursor | None


def request_url(cursor: Cursor, total: int, size: int, *, is_by_id: bool) -> str:
    """Return the address of the users after *cursor*, at most *size* of them.

    In a list by id, it asks only for the users missing from *total*. All pages of a list by page
    have the same size, or they would overlap. The size grows to *size* or less where a larger page
    starts at the same user.
    """
    if is_by_id:
        return with_parameter(cursor.url, "per_page", min(size, total - cursor.users))
    return resized(cursor.url, max(size, int_parameter(cursor.url, "per_page") or 0))


def read_page(
    cursor: Cursor, batch: Batch, required: int, already_read: Collection[int], *, is_by_id: bool
) -> Page:
    """Return the effect of the reply after *cursor*. With *required* users, the reading ends.

    The users *already_read* by this reading are left out. A list by page may change while it is
    read, so that users move to a later page.
    """
    requested = batch.reply.url
    ids = dict.fromkeys(user.id for user in batch.users if user.id not in already_read)
    positions = {user: user if is_by_id else cursor.position + n for n, user in enumerate(ids, 1)}
    reached = max([cursor.position, *positions.values()])
    users = cursor.users + sum(place > cursor.position for place in positions.values())
    url, problem = _next_page(batch, has_new=users > cursor.users, is_by_id=is_by_id)
    confirm_at = None
    if url:
        # In a list by id, the server may skip ids: the next request starts after *since*.
        skipped = int_parameter(url, "since") or 0 if is_by_id else 0
        resume = Cursor(url, max(reached, skipped), users)
    elif is_by_id:
        resume = confirm_at = Cursor(with_parameter(requested, "since", reached), reached, users)
    else:
        # A later reading asks for the last page again, because it may have grown.
        resume = replace(cursor, url=requested)
        page = (int_parameter(requested, "page") or 1) + bool(batch.records)
        confirm_at = Cursor(with_parameter(requested, "page", page), reached, users)
    if 0 < batch.records < (int_parameter(requested, "per_page") or MAX_PER_PAGE):
        confirm_at = None
    is_end = not url and (problem is None or batch.reply.is_limit) and batch.complete
    step = Step(positions, reached, resume, is_by_id, is_end, is_last=not url or users >= required)
    return Page(batch, step, users, problem, confirm_at)


def _next_page(batch: Batch, *, has_new: bool, is_by_id: bool) -> tuple[str | None, str | None]:
    """Return the next page's address, or None and the reason for not following it, if any.

    It is followed only if it leads to later users, since a server could send the same page for
    ever. The address gets the host of the request. A token is for one host only, and an Enterprise
    server may name itself by another.
    """
    requested, target = batch.reply.url, batch.reply.next_url
    if batch.reply.is_limit:
        return None, f"GitHub ends the list before {requested}: {batch.reply.message}"
    if target is None:
        return None, None
    try:
        host, parts = urlsplit(requested), urlsplit(urljoin(requested, target))
    except ValueError as exc:
        raise UnexpectedReply(requested, f"its next page is {shorten(target)}") from exc
    url = urlunsplit(parts._replace(scheme=host.scheme, netloc=host.netloc, fragment=""))
    if not batch.records:
        return None, f"the list ends early: {requested} is empty, but has the next page {url}"
    if _is_later(url, requested, is_by_id=is_by_id) and (has_new or not batch.users):
        return url, None
    problem = f"the next page of {requested} is {url}, and its address or its users are not new"
    return None, f"the list does not continue: {problem}"


def _is_later(url: str, requested: str, *, is_by_id: bool) -> bool:
    if is_by_id:
        return (int_parameter(url, "since") or 0) > (int_parameter(requested, "since") or 0)
    page = int_parameter(url, "page")
    return url != requested if page is None else page > (int_parameter(requested, "page") or 1)

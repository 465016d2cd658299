"""How far a reply brings a list, and where the list goes on. Does no I/O.

A list is read **by id** (``since``: every reply has the users that come next in ascending id) or
**by page** (``page``: the list's own order). What stands where in a list is its *position*: by
id that is the id; by page, a count from 1.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit, urlunsplit

from function.contract import Profile
from function.errors import shorten
from generator.errors import UnexpectedReply
from generator.github.api import MAX_PER_PAGE, Batch, Reply, parameter, with_parameter


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
        confirm: where to ask whether it really does, if it ends in a way that a failing server
            may end it too: with an empty reply, or with a full one that names no next.
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
    confirm: Cursor | None = None


def ask(cursor: Cursor, total: int, size: int, *, by_id: bool) -> str:
    """Return the address that brings the users after *cursor*, at most *size* of them.

    In a list by id it asks for no more than *total* needs. The pages of a list by page are of one
    size, or they would not follow one another: theirs changes where a page of *size* starts too.
    """
    if by_id:
        return with_parameter(cursor.url, "per_page", min(size, total - cursor.users))
    now, page = parameter(cursor.url, "per_page") or size, parameter(cursor.url, "page")
    before = now * ((page or 1) - 1)
    larger = next((one for one in range(size, now, -1) if before % one == 0), now)
    if larger == now:
        return cursor.url
    url = with_parameter(cursor.url, "per_page", larger)
    return url if page is None else with_parameter(url, "page", before // larger + 1)


def next_size(size: int, asked: str, answered: str) -> int:
    """Return how many users to ask for, having asked *asked* for *size* and got *answered*."""
    least = parameter(answered, "per_page") or MAX_PER_PAGE
    return least if asked != answered else min(MAX_PER_PAGE, 2 * size)


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
    """Return the address of the next page that *reply* names, None if it names none.

    A relative address is resolved. rel=first is never followed: it is a URI template.
    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api

    Raises:
        UnexpectedReply: it is not an address.
    """
    target = reply.links.get("next")
    if target is None:
        return None
    try:
        return urljoin(reply.url, target)
    except ValueError as exc:
        raise UnexpectedReply(reply.url, f"its next page is {shorten(target)}") from exc


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
    users = cursor.users + came
    if url is None:
        later = Cursor(with_parameter(asked, "since", reached), reached, users)
        whole = stuck is None and batch.complete
        doubtful = _is_doubtful_end(asked, batch)
    else:
        later = Cursor(url, max(reached, parameter(url, "since") or 0), users)
        whole = doubtful = False
    return Step(
        positions,
        after=cursor.position,
        reached=reached,
        settled=True,
        url=url,
        whole=whole,
        cursor=later,
        stuck=stuck,
        confirm=later if doubtful else None,
    )


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
    further = Cursor(url or asked, reached, cursor.users + len(positions))
    confirm = None
    if url is None and _is_doubtful_end(asked, batch):
        page = (parameter(asked, "page") or 1) + bool(batch.records)
        confirm = replace(further, url=with_parameter(asked, "page", page))
    return Step(
        positions,
        after=cursor.position,
        reached=reached,
        settled=False,
        url=url,
        whole=url is None and stuck is None and batch.complete,
        # The last page may have grown by the next time: it is asked again.
        cursor=further if url else replace(cursor, url=asked),
        stuck=stuck,
        confirm=confirm,
    )


def _is_doubtful_end(asked: str, batch: Batch) -> bool:
    size = parameter(asked, "per_page") or MAX_PER_PAGE
    return not batch.records or batch.records >= size


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

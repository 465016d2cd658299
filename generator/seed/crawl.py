"""From a source to the store: asks for what is missing, and commits each reply."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from function.contract import Profile
from generator.errors import EmptyList
from generator.github import (
    MAX_PER_PAGE,
    Batch,
    Client,
    Cursor,
    Reply,
    Step,
    int_parameter,
    next_size,
    next_url,
    request_url,
    smaller_page,
    step_by_id,
    step_by_page,
)
from generator.seed.sources import Source
from generator.store import Kept, Store, Tally

# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
UNAUTHORIZED = "Without GITHUB_TOKEN an answer of 304 counts for GitHub's limit like any other"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of seeding a source.

    Attributes:
        tally: what changed.
        requests: how many were sent.
        not_modified: how many of them were answered with 304.
        notes: what there is to say of the list, for people.
    """

    tally: Tally
    requests: int = 0
    not_modified: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reading begins, if it reads again what is stored, and if *enough* is stored."""

    cursor: Cursor
    refresh: bool
    enough: bool = False


def copy(
    source: Source,
    store: Store,
    total: int,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
) -> Outcome:
    """Bring *store* to the first *total* users of a *source* on this machine, or change nothing.

    See `Store.mirror` for what becomes of users that are stored already.

    Args:
        source: the list, one of those chosen in the store.
        store: the store of its world.
        total: how many users are wanted, at least 1.
        clock: gives the time, aware.
        advance: is told now and then how many users were read.

    Raises:
        SourceError: the source cannot be read, or has no users.
    """
    return Outcome(store.mirror(source.identity, _some(source), total, _stamp(clock()), advance))


def crawl(
    source: Source,
    store: Store,
    total: int,
    client: Client,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
    warn: Callable[[str], None],
    *,
    refresh: bool = False,
) -> Outcome:
    """Bring *store* to the first *total* users of a *source* on GitHub, going on where it stopped.

    Users beyond *total* that are stored already stay stored; the directory will list the first
    *total*.

    Args:
        source: the list, one of those chosen in the store.
        store: the store of its world.
        total: how many users are wanted, at least 1.
        client: asks GitHub.
        clock: gives the time, aware.
        advance: is told how many users were read, after every reply.
        warn: is told why the list ended early, if it should not have.
        refresh: whether to read again what is stored, and note what changed.

    Raises:
        Unreachable: GitHub cannot be reached, and nothing was asked of it before.
        SourceError: GitHub refuses, or its answer is of no use; what came before is stored.
    """
    wanted = _wanted(source, total)
    begin = start(source, store, wanted, refresh=refresh)
    cursor, refresh = begin.cursor, begin.refresh
    sent, not_modified, tally = client.requests, 0, Tally()
    notes: tuple[str, ...] = ()
    size, ended, confirming = MAX_PER_PAGE, begin.enough, False
    while cursor.users < wanted and not ended:
        asked = request_url(cursor, wanted, size, by_id=source.is_by_id)
        # Any reply that goes on from here saves a request, but one that counts may bring too few.
        position = cursor.position if source.is_by_id and client.authorized else None
        kept = store.kept(source.identity, asked, position) if refresh else None
        asked = kept.url if kept else asked
        answer = client.get(
            asked,
            partial(_read, source, kept),
            etag=kept.etag if kept else None,
            smaller=smaller_page,
        )
        batch, reply = answer.value, answer.reply
        if reply.status == 304 and kept:
            not_modified += 1
            # What a 304 leaves out is as it was.
            links = {"next": kept.next_url} if kept.next_url else {}
            reply = replace(
                reply,
                headers={"etag": kept.etag, **reply.headers},
                links=reply.links or links,
            )
        step = _step(source, store, cursor, answer.url, reply, batch)
        # In a list by page, who stood on its last page and does not may have moved to another.
        if step.is_end and not source.is_by_id and not refresh:
            step = replace(step, is_end=False)
        confirming = bool(
            step.is_end
            and step.confirm_at
            and not confirming
            # A reply may be what it was, although there is one after it now.
            and (reply.status == 304 or store.behind(source.identity, step.reached))
        )
        if confirming and step.confirm_at:
            step = replace(step, is_end=False, next_url=step.confirm_at.url, cursor=step.confirm_at)
        ended = step.next_url is None
        if batch.users or cursor.users:
            tally += store.add(
                source.identity,
                batch.users,
                step,
                _stamp(clock()),
                refresh=refresh,
                done=ended or step.cursor.users >= wanted,
                kept=_kept(source, cursor, answer.url, reply, batch, step),
            )
        elif not confirming and store.count(source.identity, 1):
            warn(f"{source.name} lists no users now; those that are stored stay")
        advance(cursor.users + len(step.positions))
        cursor = step.cursor
        if step.problem and cursor.users < wanted:
            warn(step.problem)
        notes = batch.notes or notes
        size = next_size(size, asked, answer.url)
    if not store.count(source.identity, 1):
        raise EmptyList(source.name)
    store.commit_choice()
    if source.caveat:
        notes = (source.caveat, *notes)
    if refresh and not client.authorized:
        notes = (*notes, UNAUTHORIZED)
    return Outcome(tally, client.requests - sent, not_modified, notes)


def start(source: Source, store: Store, wanted: int, *, refresh: bool) -> Start:
    """Return where reading the first *wanted* of *source* begins.

    A refresh that was interrupted goes on where it stopped, but not in a list by page: that may
    have moved on meanwhile, and only one who reads it in one go sees who is gone.
    """
    first = Cursor(source.url or "")
    progress = store.progress(source.identity)
    if progress is None or progress.cursor is None:
        return Start(first, refresh=False)
    if not refresh:
        enough = store.count(source.identity, wanted) >= wanted
        return Start(progress.cursor, refresh=False, enough=enough)
    under_way = progress.refresh if source.is_by_id else None
    if under_way and under_way.users < wanted:
        return Start(under_way, refresh=True)
    return Start(first, refresh=True)


def requests_needed(source: Source, store: Store, total: int, *, refresh: bool) -> tuple[int, int]:
    """Return how many users are still to be asked for, and how many requests that takes at most."""
    wanted = _wanted(source, total)
    begin = start(source, store, wanted, refresh=refresh)
    if source.url is None or begin.enough:
        return 0, 0
    missing = max(0, wanted - begin.cursor.users)
    return missing, -(-missing // MAX_PER_PAGE)


def _wanted(source: Source, total: int) -> int:
    return min(total, source.max_users or total)


def _kept(
    source: Source, cursor: Cursor, url: str, reply: Reply, batch: Batch, step: Step
) -> Kept | None:
    """Return what to ask for *reply* again with; None for one that would not tell the same then."""
    etag = reply.headers.get("etag")
    everybody = {user.id for user in batch.users} == set(step.positions)
    if not etag or not everybody or not batch.users or not batch.complete or step.problem:
        return None
    after = int_parameter(url, "since") or 0 if source.is_by_id else cursor.position
    return Kept(url, etag, next_url(reply), after)


def _read(source: Source, kept: Kept | None, reply: Reply) -> Batch:
    """Return what *reply* holds; when it is 304, what was *kept* of the time before."""
    if reply.status == 304 and kept:
        return Batch(list(kept.users), len(kept.users))
    return source.read(reply)


def _step(
    source: Source, store: Store, cursor: Cursor, asked: str, reply: Reply, batch: Batch
) -> Step:
    if source.is_by_id:
        return step_by_id(cursor, asked, reply, batch)
    met = store.met(source.identity, cursor.position, [user.id for user in batch.users])
    return step_by_page(cursor, asked, reply, batch, met)


def _some(source: Source) -> Iterator[Profile]:
    """Yield the profiles of *source*, which must have one at least."""
    profiles = source.profiles() if source.profiles else iter(())
    first = next(profiles, None)
    if first is None:
        raise EmptyList(source.name)
    yield first
    yield from profiles


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

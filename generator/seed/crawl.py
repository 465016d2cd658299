"""Read one list of users into the store, and commit each reply."""

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
from generator.store import CachedReply, Store, Tally

# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
UNAUTHORIZED = "Without GITHUB_TOKEN an answer of 304 counts for GitHub's limit like any other"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of seeding a source.

    Attributes:
        tally: the changes in the store.
        requests: the number of requests sent.
        not_modified: the number of requests answered with 304.
        notes: remarks about the list, for people.
    """

    tally: Tally
    requests: int = 0
    not_modified: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of a reading.

    Attributes:
        cursor: the place to read from.
        refresh: whether stored users are read again.
        is_done: whether enough users are stored already.
    """

    cursor: Cursor
    refresh: bool
    is_done: bool = False


def copy(
    source: Source,
    store: Store,
    total: int,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
) -> Outcome:
    """Store the first *total* users of a *source* on this machine: all, or none after an error.

    `Store.mirror` says what becomes of users that are stored already.

    Args:
        source: the list, one of those chosen in the store.
        store: the store of its world.
        total: the number of users to list, at least 1.
        clock: returns the time, aware.
        advance: is called now and then with the number of users read.

    Raises:
        SourceError: the source cannot be read, or has no users.
    """
    profiles = _at_least_one(source)
    return Outcome(store.mirror(source.identity, profiles, total, _timestamp(clock()), advance))


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
    """Store the first *total* users of a *source* on GitHub, continuing an earlier reading.

    Users beyond *total* that are stored already stay in the store.

    Args:
        source: the list, one of those chosen in the store.
        store: the store of its world.
        total: the number of users to list, at least 1.
        client: the client for GitHub's API.
        clock: returns the time, aware.
        advance: is called with the number of users read, after every reply.
        warn: shows why the list ended early.
        refresh: whether to read stored users again, and note what changed.

    Raises:
        Unreachable: GitHub cannot be reached, and no request was answered before.
        SourceError: GitHub refuses a request, or its reply is not valid. Earlier replies are
            stored.
    """
    required = _required(source, total)
    start = find_start(source, store, required, refresh=refresh)
    cursor, refresh = start.cursor, start.refresh
    sent, not_modified, tally = client.requests, 0, Tally()
    notes: tuple[str, ...] = ()
    size, ended, confirming = MAX_PER_PAGE, start.is_done, False
    while cursor.users < required and not ended:
        requested = request_url(cursor, required, size, by_id=source.is_by_id)
        # With a token a 304 is free, so any cached reply from here on may be tried. Without one,
        # it counts like the requested page, but may have fewer users.
        position = cursor.position if source.is_by_id and client.authorized else None
        cached = store.cached_reply(source.identity, requested, position) if refresh else None
        requested = cached.url if cached else requested
        answer = client.get(
            requested,
            partial(_read, source, cached),
            etag=cached.etag if cached else None,
            smaller=smaller_page,
        )
        batch, reply = answer.value, answer.reply
        if reply.status == 304 and cached:
            not_modified += 1
            # Headers that a 304 leaves out have not changed.
            links = {"next": cached.next_url} if cached.next_url else {}
            reply = replace(
                reply,
                headers={"etag": cached.etag, **reply.headers},
                links=reply.links or links,
            )
        step = _step(source, store, cursor, answer.url, reply, batch)
        # If only the last page of a list by page is read again, users missing from it may have
        # moved to an earlier page.
        if step.is_end and not source.is_by_id and not refresh:
            step = replace(step, is_end=False)
        confirming = bool(
            step.is_end
            and step.confirm_at
            and not confirming
            # A cached reply may be unchanged although the list has a page after it now.
            and (reply.status == 304 or store.has_after(source.identity, step.reached))
        )
        if confirming and step.confirm_at:
            step = replace(step, is_end=False, next_url=step.confirm_at.url, cursor=step.confirm_at)
        ended = step.next_url is None
        if batch.users or cursor.users:
            tally += store.add(
                source.identity,
                batch.users,
                step,
                _timestamp(clock()),
                refresh=refresh,
                is_last=ended or step.cursor.users >= required,
                cached=_to_cache(source, cursor, answer.url, reply, batch, step),
            )
        elif not confirming and store.count(source.identity, 1):
            warn(f"{source.name} lists no users now; the stored ones stay")
        advance(cursor.users + len(step.positions))
        cursor = step.cursor
        if step.problem and cursor.users < required:
            warn(step.problem)
        notes = batch.notes or notes
        size = next_size(size, requested, answer.url)
    if not store.count(source.identity, 1):
        raise EmptyList(source.name)
    store.commit_choice()
    if source.caveat:
        notes = (source.caveat, *notes)
    if refresh and not client.authorized:
        notes = (*notes, UNAUTHORIZED)
    return Outcome(tally, client.requests - sent, not_modified, notes)


def find_start(source: Source, store: Store, required: int, *, refresh: bool) -> Start:
    """Return where to begin reading the first *required* users of *source*.

    An interrupted refresh of a list by id continues. One of a list by page begins again, since the
    list may have changed: only a reading without a break shows which users are gone.
    """
    first = Cursor(source.url or "")
    progress = store.progress(source.identity)
    if progress is None or progress.cursor is None:
        return Start(first, refresh=False)
    if not refresh:
        is_done = store.count(source.identity, required) >= required
        return Start(progress.cursor, refresh=False, is_done=is_done)
    interrupted = progress.refresh if source.is_by_id else None
    if interrupted and interrupted.users < required:
        return Start(interrupted, refresh=True)
    return Start(first, refresh=True)


def requests_needed(source: Source, store: Store, total: int, *, refresh: bool) -> tuple[int, int]:
    """Return how many users have to be requested, and how many requests that takes at most."""
    required = _required(source, total)
    start = find_start(source, store, required, refresh=refresh)
    if source.url is None or start.is_done:
        return 0, 0
    missing = max(0, required - start.cursor.users)
    return missing, -(-missing // MAX_PER_PAGE)


def _required(source: Source, total: int) -> int:
    return min(total, source.max_users or total)


def _to_cache(
    source: Source, cursor: Cursor, url: str, reply: Reply, batch: Batch, step: Step
) -> CachedReply | None:
    """Return *reply* for the cache; None if a later 304 for it would not mean the same users."""
    etag = reply.headers.get("etag")
    all_new = {user.id for user in batch.users} == set(step.positions)
    if not etag or not all_new or not batch.users or not batch.complete or step.problem:
        return None
    after = int_parameter(url, "since") or 0 if source.is_by_id else cursor.position
    return CachedReply(url, etag, next_url(reply), after)


def _read(source: Source, cached: CachedReply | None, reply: Reply) -> Batch:
    """Return the users of *reply*. Those of a 304 are the *cached* ones."""
    if reply.status == 304 and cached:
        return Batch(list(cached.users), len(cached.users))
    return source.read(reply)


def _step(
    source: Source, store: Store, cursor: Cursor, requested: str, reply: Reply, batch: Batch
) -> Step:
    if source.is_by_id:
        return step_by_id(cursor, requested, reply, batch)
    ids = [user.id for user in batch.users]
    already_read = store.already_read(source.identity, cursor.position, ids)
    return step_by_page(cursor, requested, reply, batch, already_read)


def _at_least_one(source: Source) -> Iterator[Profile]:
    """Yield the profiles of *source*. Raise EmptyList if there are none."""
    profiles = source.profiles() if source.profiles else iter(())
    first = next(profiles, None)
    if first is None:
        raise EmptyList(source.name)
    yield first
    yield from profiles


def _timestamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

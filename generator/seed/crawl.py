"""Read one list of users into the store, and commit each reply."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

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
from generator.store import CachedReply, Reading, Store, Tally

# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
UNAUTHORIZED = "Without GITHUB_TOKEN an answer of 304 counts for GitHub's limit like any other"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of seeding a source.

    Attributes:
        tally: the changes in the store, and the records left out because they have no account.
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


@dataclass(frozen=True, slots=True)
class State:
    """A crawl between two requests.

    Attributes:
        cursor: the place where reading continues.
        size: the number of users to request at most.
        is_ended: whether there is no next request.
        is_confirming: whether the next request only asks if the list really ends.
    """

    cursor: Cursor
    size: int
    is_ended: bool = False
    is_confirming: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of GitHub.

    Attributes:
        requested: the address that was requested first.
        url: the address that was answered. It differs if the server was too slow for the first.
        reply: the reply. A 304 has the ETag and the links of the cached reply.
        batch: its users. Those of a 304 are the cached ones.
    """

    requested: str
    url: str
    reply: Reply
    batch: Batch

    @property
    def is_unchanged(self) -> bool:
        """Whether the reply is a 304."""
        return self.reply.status == 304


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
        store: the store.
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
    requests = Requests(source, store, client, required, start.refresh)
    state = State(start.cursor, MAX_PER_PAGE, is_ended=start.is_done)
    outcome = _read_list(requests, state, clock, advance, warn)
    if not store.count(source.identity, 1):
        raise EmptyList(source.name)
    store.commit_choice()
    caveat = (source.caveat,) if source.caveat else ()
    advice = (UNAUTHORIZED,) if start.refresh and not client.authorized else ()
    return replace(outcome, notes=(*caveat, *outcome.notes, *advice))


def _read_list(
    requests: "Requests",
    state: State,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
    warn: Callable[[str], None],
) -> Outcome:
    """Request and store replies until the list ends, or enough users are read."""
    sent, not_modified, tally = requests.client.requests, 0, Tally()
    users = total = 0
    is_complete = True
    while state.cursor.users < requests.required and not state.is_ended:
        answer = requests.ask(state)
        step, following = decide(state, *requests.read(state, answer), answer)
        if answer.batch.users or state.cursor.users:
            tally.update(requests.store_reply(answer, step, state, following, timestamp(clock())))
        elif not following.is_confirming and requests.has_stored_users():
            warn(f"{requests.source.name} lists no users now; the stored ones stay")
        users = state.cursor.users + len(step.positions)
        advance(users)
        if step.problem and following.is_ended and users < requests.required:
            warn(step.problem)
        not_modified += answer.is_unchanged
        tally["left out"] += answer.batch.left_out
        total, is_complete = answer.batch.total or total, is_complete and answer.batch.complete
        state = following
    notes = tuple(_notes(total, users, is_complete))
    return Outcome(tally, requests.client.requests - sent, not_modified, notes)


def _notes(total: int, users: int, is_complete: bool) -> Iterator[str]:
    """Yield what GitHub says about a list by its *total*, when so many *users* were read."""
    if total > users:
        yield f"GitHub counts {total:,} users in this list; {users:,} of them were read"
    if not is_complete:
        yield "GitHub ran out of time: the search's results are incomplete"


def decide(state: State, step: Step, has_after: bool, answer: Answer) -> tuple[Step, State]:
    """Return the step to store, and the state of the crawl after it.

    Args:
        state: the crawl before the answer.
        step: the effect of the answer.
        has_after: whether users would be gone if the list ended here.
        answer: the answer.
    """
    # A failing server may send such an end. And a cached reply may be unchanged although the list
    # has a page after it now.
    is_doubtful = step.is_end and not state.is_confirming and (has_after or answer.is_unchanged)
    if is_doubtful and step.confirm_at:
        confirm_at = step.confirm_at
        step = replace(step, is_end=False, next_url=confirm_at.url, cursor=confirm_at)
    else:
        is_doubtful = False
    size = next_size(state.size, answer.requested, answer.url)
    return step, State(step.cursor, size, step.next_url is None, is_doubtful)


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests for one list. Replies are compared with the store and stored.

    Attributes:
        source: the list.
        store: the store.
        client: the client for GitHub's API.
        required: the number of users to read.
        refresh: whether stored users are read again.
    """

    source: Source
    store: Store
    client: Client
    required: int
    refresh: bool

    def ask(self, state: State) -> Answer:
        """Return GitHub's answer to the next request."""
        by_id = self.source.is_by_id
        requested = request_url(state.cursor, self.required, state.size, by_id=by_id)
        cached = self._cached_reply(state.cursor, requested) if self.refresh else None
        if cached:
            requested = cached.url
        answer = self.client.get(
            requested,
            partial(_read, self.source, cached),
            etag=cached.etag if cached else None,
            smaller=smaller_page,
        )
        reply = answer.reply
        if reply.status == 304 and cached:
            # Headers that a 304 leaves out have not changed.
            links = {"next": cached.next_url} if cached.next_url else {}
            headers = {"etag": cached.etag, **reply.headers}
            reply = replace(reply, headers=headers, links=reply.links or links)
        return Answer(requested, answer.url, reply, answer.value)

    def _cached_reply(self, cursor: Cursor, url: str) -> CachedReply | None:
        # With a token a 304 is free, so any cached reply from here on may be tried. Without one,
        # it counts like the requested page, but may have fewer users.
        is_free = self.source.is_by_id and self.client.authorized
        with self._reading(cursor) as reading:
            return reading.cached_reply(url, cursor.position if is_free else None)

    def read(self, state: State, answer: Answer) -> tuple[Step, bool]:
        """Return the effect of *answer*, and whether users are gone if the list ends there."""
        cursor, url, reply, batch = state.cursor, answer.url, answer.reply, answer.batch
        with self._reading(cursor) as reading:
            if self.source.is_by_id:
                step = step_by_id(cursor, url, reply, batch)
            else:
                ids = [user.id for user in batch.users]
                step = step_by_page(
                    cursor, url, reply, batch, reading.already_read(cursor.position, ids)
                )
            # If only the last page of a list by page is read again, users missing from it may
            # have moved to an earlier page.
            is_whole = step.is_end and (self.source.is_by_id or self.refresh)
            return step, is_whole and reading.has_after(step)

    def _reading(self, cursor: Cursor) -> AbstractContextManager[Reading]:
        identity, position = self.source.identity, cursor.position
        return self.store.reading(identity, position, refresh=self.refresh)

    def store_reply(
        self, answer: Answer, step: Step, before: State, after: State, now: str
    ) -> Tally:
        """Store *answer* and the place where the list continues. Return the changes."""
        is_last = after.is_ended or after.cursor.users >= self.required
        cached = _to_cache(self.source, before.cursor, answer, step)
        identity = self.source.identity
        with self.store.change(identity, step.after, refresh=self.refresh) as reading:
            return reading.add(answer.batch.users, step, now, is_last=is_last, cached=cached)

    def has_stored_users(self) -> bool:
        """Return whether the store has users of the list."""
        return self.store.count(self.source.identity, 1) > 0


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


def _to_cache(source: Source, cursor: Cursor, answer: Answer, step: Step) -> CachedReply | None:
    """Return *answer* for the cache; None if a later 304 for it would not mean the same users."""
    batch, etag = answer.batch, answer.reply.headers.get("etag")
    all_new = {user.id for user in batch.users} == set(step.positions)
    if not etag or not all_new or not batch.users or not batch.complete or step.problem:
        return None
    after = int_parameter(answer.url, "since") or 0 if source.is_by_id else cursor.position
    return CachedReply(answer.url, etag, next_url(answer.reply), after)


def _read(source: Source, cached: CachedReply | None, reply: Reply) -> Batch:
    """Return the users of *reply*. Those of a 304 are the *cached* ones."""
    if reply.is_limit:
        return Batch([], 0)
    if reply.status == 304 and cached:
        return Batch(list(cached.users), len(cached.users))
    return source.read(reply)


def timestamp(time: datetime) -> str:
    """Return *time*, in UTC, as the store has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

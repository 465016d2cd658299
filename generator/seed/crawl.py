"""Read one list of users into the store, and commit each reply."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from generator.errors import EmptyList
from generator.github import MAX_PER_PAGE, Batch, Client, Reply, int_parameter
from generator.seed.paging import Page, read_page, request_url
from generator.seed.sources import Source
from generator.store import CachedReply, Cursor, Reading, Store, Tally

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
    cursor, refresh = find_start(source, store, required, refresh=refresh)
    reader = Reader(source, store, client, required, refresh)
    outcome = reader.read(cursor, clock, advance, warn)
    if not store.count(source.identity, 1):
        raise EmptyList(source.name)
    store.commit_choice()
    return outcome


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the first *required* users of a list. With *refresh*, it reads stored ones again."""

    source: Source
    store: Store
    client: Client
    required: int
    refresh: bool

    def read(
        self,
        cursor: Cursor | None,
        clock: Callable[[], datetime],
        advance: Callable[[int], None],
        warn: Callable[[str], None],
    ) -> Outcome:
        """Request and store the pages from *cursor* on. If it is None, nothing is requested."""
        size, is_confirming = MAX_PER_PAGE, False
        sent, not_modified, tally = self.client.requests, 0, Tally()
        users, github_count, is_complete = 0, 0, True
        while cursor:
            batch, size = self._request(cursor, size)
            page, is_confirming = self._read_page(cursor, batch, is_believed=is_confirming)
            if batch.users or cursor.users:
                tally.update(self._store_page(cursor, page, timestamp(clock())))
            elif page.step.is_last and self.store.count(self.source.identity, 1):
                warn(f"{self.source.name} lists no users now; the stored ones stay")
            users = page.users
            advance(users)
            if page.problem and page.step.is_last and users < self.required:
                warn(page.problem)
            not_modified += batch.reply.status == 304
            tally["left out"] += batch.records - len(batch.users)
            github_count, is_complete = batch.total or github_count, is_complete and batch.complete
            cursor = None if page.step.is_last else page.step.cursor
        notes = [self.source.caveat]
        if github_count > users:
            count = f"GitHub counts {github_count:,} users in this list"
            notes.append(f"{count}; {users:,} of them were read")
        if not is_complete:
            notes.append("GitHub ran out of time: the search's results are incomplete")
        if self.refresh and not self.client.authorized:
            notes.append(UNAUTHORIZED)
        requests = self.client.requests - sent
        return Outcome(tally, requests, not_modified, tuple(filter(None, notes)))

    def _request(self, cursor: Cursor, size: int) -> tuple[Batch, int]:
        """Return at most *size* users after *cursor*, and the size of the next request."""
        is_by_id, cached = self.source.is_by_id, None
        url = request_url(cursor, self.required, size, is_by_id=is_by_id)
        if self.refresh:
            # With a token a 304 is free, so any cached reply from here on may be tried. Without
            # one, it counts like the requested page, but may have fewer users.
            is_free = is_by_id and self.client.authorized
            with self._reading(cursor) as reading:
                cached = reading.cached_reply(None if is_free else url)
        if cached:
            url = cached.url
        decode = partial(_decode, self.source, cached)
        batch = self.client.get(url, decode, etag=cached.etag if cached else None)
        if batch.reply.url != url:  # the server was too slow
            return batch, int_parameter(batch.reply.url, "per_page") or MAX_PER_PAGE
        return batch, min(MAX_PER_PAGE, 2 * size)

    def _read_page(self, cursor: Cursor, batch: Batch, *, is_believed: bool) -> tuple[Page, bool]:
        """Return the page of *batch*, and whether the next request asks if the list really ends.

        A failing server may send an end where users would be gone. And a cached reply may be
        unchanged although the list has a page after it now. Such an end *is_believed* at once.
        """
        by_id = self.source.is_by_id
        with self._reading(cursor) as reading:
            already_read = set() if by_id else reading.already_read([u.id for u in batch.users])
            page = read_page(cursor, batch, self.required, already_read, is_by_id=by_id)
            if is_believed or not page.step.is_end or not page.confirm_at:
                return page, False
            # If only the last page of a list by page is read again, users missing from it may
            # have moved to an earlier page.
            would_be_gone = (by_id or self.refresh) and reading.has_after(page.step)
            if not would_be_gone and batch.reply.status != 304:
                return page, False
        is_last = page.users >= self.required
        step = replace(page.step, is_end=False, is_last=is_last, cursor=page.confirm_at)
        return replace(page, step=step), True

    def _store_page(self, cursor: Cursor, page: Page, now: str) -> Tally:
        """Store *page* and the place where the list continues. Return the changes.

        The reply is cached, unless a later 304 for it would not mean the same users.
        """
        batch, reply, cached = page.batch, page.batch.reply, None
        etag, identity = reply.headers.get("etag"), self.source.identity
        is_whole = {user.id for user in batch.users} == set(page.step.positions)
        if etag and is_whole and batch.users and batch.complete and not page.problem:
            since = int_parameter(reply.url, "since") or 0
            after = since if self.source.is_by_id else cursor.position
            cached = CachedReply(reply.url, etag, reply.next_url, after)
        with self.store.change(identity, cursor.position, refresh=self.refresh) as reading:
            return reading.add(batch.users, page.step, now, cached)

    def _reading(self, cursor: Cursor) -> AbstractContextManager[Reading]:
        return self.store.reading(self.source.identity, cursor.position, refresh=self.refresh)


def find_start(
    source: Source, store: Store, required: int, *, refresh: bool
) -> tuple[Cursor | None, bool]:
    """Return where to begin reading the first *required* users of *source*, and if it is a refresh.

    The place is None if enough users are stored. An interrupted refresh of a list by id continues.
    One of a list by page begins again, since the list may have changed: only a reading without a
    break shows which users are gone.
    """
    first = Cursor(source.url or "")
    progress = store.progress(source.identity)
    if progress is None or progress.cursor is None:
        return first, False
    if not refresh:
        is_done = store.count(source.identity, required) >= required
        return None if is_done else progress.cursor, False
    interrupted = progress.refresh if source.is_by_id else None
    return interrupted if interrupted and interrupted.users < required else first, True


def requests_needed(source: Source, store: Store, total: int, *, refresh: bool) -> tuple[int, int]:
    """Return how many users have to be requested, and how many requests that takes at most."""
    required = _required(source, total)
    cursor, _ = find_start(source, store, required, refresh=refresh)
    if source.url is None or cursor is None:
        return 0, 0
    missing = max(0, required - cursor.users)
    return missing, -(-missing // MAX_PER_PAGE)


def _required(source: Source, total: int) -> int:
    return min(total, source.max_users or total)


def _decode(source: Source, cached: CachedReply | None, reply: Reply) -> Batch:
    """Return the users of *reply*. A 304 has those of the *cached* reply, and its headers."""
    if reply.is_limit:
        return Batch(reply, [], 0)
    if reply.status == 304 and cached:
        headers = {"etag": cached.etag, **reply.headers}
        reply = replace(reply, headers=headers, next_url=reply.next_url or cached.next_url)
        return Batch(reply, list(cached.users), len(cached.users))
    return source.read(reply)


def timestamp(time: datetime) -> str:
    """Return *time*, in UTC, as the store has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

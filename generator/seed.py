"""From a source to the store: asks for what is missing, and commits each reply."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from function.contract import Profile
from generator.client import Client
from generator.errors import SourceError
from generator.github import MAX_PER_PAGE, Batch, Reply
from generator.paging import Cursor, Step, ask, fewer, step_by_id, step_by_page
from generator.sources import Source
from generator.store import Kept, Progress, Store, Tally

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
    """Where a reading begins, and whether it reads again what is stored."""

    cursor: Cursor
    refreshing: bool


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
    wanted = min(total, source.most or total)
    begin = start(source, store.progress(source.identity), wanted, refresh=refresh)
    cursor, refreshing = begin.cursor, begin.refreshing
    sent, not_modified, tally = client.requests, 0, Tally()
    notes = dict.fromkeys([source.caveat] if source.caveat else [])
    ended = False
    while cursor.users < wanted and not ended:
        asked = ask(cursor, wanted, by_id=source.by_id)
        kept = store.kept(source.identity, asked, cursor.position) if refreshing else None
        answer = client.ask(
            asked, partial(_read, source, kept), etag=kept.etag if kept else None, fewer=fewer
        )
        batch, reply = answer.read, answer.reply
        if reply.status == 304 and kept:
            not_modified += 1
            reply = replace(reply, headers={"etag": kept.etag, "link": kept.link})
        step = _step(source, store, cursor, answer.url, reply, batch)
        ended = step.url is None
        if batch.users or cursor.users:
            refreshing &= not ended and step.cursor.users < wanted
            etag, link = reply.headers.get("etag"), reply.headers.get("link", "")
            tally += store.add(
                source.identity,
                batch.users,
                step,
                _stamp(clock()),
                refreshing=refreshing,
                kept=(answer.url, etag, link) if etag and not step.stuck else None,
            )
        advance(cursor.users + len(step.positions))
        if step.stuck:
            warn(step.stuck)
        notes |= dict.fromkeys(batch.notes)
        cursor = step.cursor
    if not store.count(source.identity, 1):
        raise _nobody(source)
    store.want()
    if refresh and not client.authorized:
        notes[UNAUTHORIZED] = None
    return Outcome(tally, client.requests - sent, not_modified, tuple(notes))


def start(source: Source, progress: Progress | None, wanted: int, *, refresh: bool) -> Start:
    """Return where reading the first *wanted* of *source* begins, which is read up to *progress*.

    A *refresh* that was interrupted goes on where it stopped.
    """
    first = Start(Cursor(source.url or ""), refreshing=False)
    if progress is None or progress.cursor is None:
        return first
    if refresh and not (progress.refreshing and progress.cursor.users < wanted):
        return replace(first, refreshing=True)
    return Start(progress.cursor, progress.refreshing)


def requests_needed(
    source: Source, progress: Progress | None, total: int, *, refresh: bool
) -> tuple[int, int]:
    """Return how many users are still to be asked for, and how many requests that takes at most."""
    if source.url is None:
        return 0, 0
    wanted = min(total, source.most or total)
    missing = max(0, wanted - start(source, progress, wanted, refresh=refresh).cursor.users)
    return missing, -(-missing // MAX_PER_PAGE)


def _read(source: Source, kept: Kept | None, reply: Reply) -> Batch:
    """Return what *reply* holds; when it is 304, what was *kept* of the time before."""
    if reply.status == 304 and kept:
        return Batch(kept.users, len(kept.users))
    return source.read(reply)


def _step(
    source: Source, store: Store, cursor: Cursor, asked: str, reply: Reply, batch: Batch
) -> Step:
    if source.by_id:
        return step_by_id(cursor, asked, reply, batch)
    met = store.met(source.identity, cursor.position, [user.id for user in batch.users])
    return step_by_page(cursor, asked, reply, batch, met)


def _nobody(source: Source) -> SourceError:
    return SourceError(f"{source.name} lists no users; what is stored was left as it is")


def _some(source: Source) -> Iterator[Profile]:
    """Yield the profiles of *source*, which must have one at least."""
    profiles = source.profiles() if source.profiles else iter(())
    first = next(profiles, None)
    if first is None:
        raise _nobody(source)
    yield first
    yield from profiles


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

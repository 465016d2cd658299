"""From a source to the store: asks for what is missing, and commits each reply."""

from collections.abc import Callable, Iterator
from datetime import datetime

from function.contract import Profile
from generator.client import Client
from generator.errors import SourceError, Unreachable
from generator.github import MAX_PER_PAGE, next_step, read_users, refusal, with_parameter
from generator.sources import Source
from generator.store import Store


def copy(
    source: Source,
    store: Store,
    total: int,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
) -> None:
    """Bring *store* to the first *total* users of a *source* on this machine, or change nothing.

    See `Store.mirror` for what becomes of users that are stored already.

    Args:
        source: the list.
        store: the store of that list.
        total: how many users are wanted, at least 1.
        clock: gives the time, aware.
        advance: is told now and then how many users were read.

    Raises:
        SourceError: the source cannot be read, or has no users.
    """
    store.mirror(_some(source), total, _stamp(clock()), advance)


def crawl(
    source: Source,
    store: Store,
    total: int,
    client: Client,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
    warn: Callable[[str], None],
) -> None:
    """Bring *store* to the first *total* users of a *source* on GitHub, going on where it stopped.

    Users beyond *total* that are stored already stay stored; the directory will list the first
    *total*.

    Args:
        source: the list.
        store: the store of that list.
        total: how many users are wanted, at least 1.
        client: asks GitHub.
        clock: gives the time, aware.
        advance: is told how many users are stored, after every reply.
        warn: is told why the list ended early, if it should not have.

    Raises:
        Unreachable: GitHub cannot be reached, and nothing was asked of it before.
        SourceError: GitHub refuses, or its answer is of no use; what came before is stored.
    """
    stored = store.count
    url: str | None = store.progress.cursor or source.url
    reached = False
    while url is not None and stored < total:
        asked = with_parameter(url, "per_page", min(MAX_PER_PAGE, total - stored))
        try:
            reply = client.get(asked)
        except Unreachable as exc:
            if reached:  # a moment ago: not the time for another source
                raise SourceError(f"{exc}; the same command goes on where it stopped") from exc
            raise
        reached = True
        if error := refusal(reply, client.authorized, clock().timestamp()):
            raise error
        users = read_users(reply)
        step = next_step(asked, reply, users)
        if users:
            stored += store.add(users, step.cursor, total, _stamp(clock()))
        advance(stored)
        if step.stuck:
            warn(step.stuck)
        url = step.url
    if not stored:
        raise SourceError(f"{source.name} lists no users; what is stored was left as it is")
    store.want(total)


def _some(source: Source) -> Iterator[Profile]:
    """Yield the profiles of *source*, which must have one at least."""
    profiles = source.profiles() if source.profiles else iter(())
    first = next(profiles, None)
    if first is None:
        raise SourceError(f"{source.name} lists no users; what is stored was left as it is")
    yield first
    yield from profiles


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

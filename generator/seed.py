"""From a source to the store: asks for what is missing, and commits each reply."""

from collections.abc import Callable, Iterator
from datetime import datetime

from function.contract import Profile
from generator.client import Client
from generator.errors import SourceError, Unreachable
from generator.github import (
    MAX_PER_PAGE,
    next_step,
    read_users,
    refusal,
    with_parameter,
)
from generator.sources import Source
from generator.store import Store

Tell = Callable[[str], None]


def seed(
    source: Source,
    store: Store,
    total: int,
    client: Client,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
    warn: Tell,
) -> None:
    """Bring *store* to the first *total* users of *source*, going on where it stopped.

    Users beyond *total* that are stored already stay stored; the directory will list the first
    *total*.

    Args:
        source: the list.
        store: the store of that list.
        total: how many users are wanted, at least 1.
        client: asks GitHub.
        clock: gives the time, aware.
        advance: is told how many users there are so far, after every reply.
        warn: is told why a list ended early, if it should not have.

    Raises:
        Unreachable: GitHub cannot be reached, and nothing was asked of it before.
        SourceError: the source cannot be read; what came before is stored.
    """
    if source.profiles is not None:
        profiles = _some(source.profiles(), source.name)
        store.mirror(profiles, total, _stamp(clock()), advance)
    else:
        _crawl(source, store, total, client, clock, advance, warn)
        store.want(total)


def _crawl(
    source: Source,
    store: Store,
    total: int,
    client: Client,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
    warn: Tell,
) -> None:
    url: str | None = store.progress.cursor or source.url
    reached = False
    while url is not None and (missing := total - store.count) > 0:
        asked = with_parameter(url, "per_page", min(MAX_PER_PAGE, missing))
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
        store.add(users, step.cursor, total, _stamp(clock()))
        advance(store.count)
        if step.stuck:
            warn(step.stuck)
        url = step.url


def _some(profiles: Iterator[Profile], name: str) -> Iterator[Profile]:
    """Yield *profiles*, of which there must be one at least."""
    first = next(profiles, None)
    if first is None:
        raise SourceError(f"{name} lists no users; what is stored was left as it is")
    yield first
    yield from profiles


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

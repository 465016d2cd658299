"""From a source to the store: asks for what is missing, and commits each reply."""

from collections.abc import Callable
from datetime import datetime

from generator.client import Client
from generator.errors import SourceError, Unreachable
from generator.github import (
    MAX_PER_PAGE,
    next_url,
    origin,
    read_users,
    refusal,
    since,
    users_url,
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
        store.mirror(source.profiles(), total, _stamp(clock()), advance)
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
    requests = 0
    while url is not None and (missing := total - store.count) > 0:
        asked = with_parameter(url, "per_page", min(MAX_PER_PAGE, missing))
        try:
            reply = client.get(asked)
        except Unreachable as exc:
            if requests:  # it was reached a moment ago: not the time for another source
                raise SourceError(f"{exc}; the same command goes on where it stopped") from exc
            raise
        requests += 1
        if error := refusal(reply, client.authorized, clock().timestamp()):
            raise error
        users = read_users(reply)
        following = next_url(reply)
        position, reached = since(url) or 0, max((user.id for user in users), default=0)
        # Kept even when the list ends here: a later, larger --total asks from here on.
        cursor = users_url(client.api_url, max(position, reached))
        if following is not None and users:
            if origin(following) not in (origin(client.api_url), origin(reply.url)):
                store.add(users, cursor, total, _stamp(clock()))
                raise SourceError(f"{asked} names a next page on another host, {following}")
            if reached <= position or (since(following) or 0) <= position:
                warn(
                    f"the list does not go on: {asked} names {following} as its next page,"
                    f" which is not beyond id {position}"
                )
                following = None
            else:
                cursor = following
        store.add(users, cursor, total, _stamp(clock()))
        advance(store.count)
        url = following if users else None


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

"""What can go wrong between here and GitHub, each done to the seeder once.

Every fault is injected by the fake GitHub while 330 users are seeded, at the second request
unless it says otherwise. `python -m tests.faults` prints what the seeder did, how long it would
have waited, how many requests it took, and how many users it lost in the end;
`tests/generator/test_faults.py` holds it to that.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from generator.errors import SourceError
from generator.github import Client
from generator.seed import sources
from generator.seed.crawl import crawl
from generator.store import ListProgress, Store
from tests.fake_github import Answer, FakeGitHub, transport, user

API = "https://api.test"
NOW = 1_000_000_000.0
USERS = [user(number * 7 // 5, f"user-{number}") for number in range(1, 331)]
IDS = [one["id"] for one in USERS]

# Gives an answer in place of the fake's, or raises what httpx would; None lets it through.
Inject = Callable[[int], Answer | None]


@dataclass(frozen=True)
class Fault:
    """A fault, and what has to come of it.

    Attributes:
        name: for people.
        inject: what is done at which request.
        requests: how many it takes to the end.
        waits: the seconds that are waited, without jitter; those of backoff at their longest.
        stored: how many users are stored in the end.
        ends: what the error says that it ends with; "" if it ends well.
        says: what the warning says; "" without one.
        users: who there is.
    """

    name: str
    inject: Inject
    requests: int = 5
    waits: tuple[float, ...] = (1.0,)
    stored: int = 330
    ends: str = ""
    says: str = ""
    users: list[dict[str, Any]] = field(default_factory=lambda: USERS)


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: as in `Fault`, and how many users are *lost* once it has passed."""

    requests: int
    waits: tuple[float, ...]
    stored: int
    ends: str
    says: str
    lost: int


def at(*numbers: int, give: Answer | Exception) -> Inject:
    """Return what gives that answer to the requests of those *numbers*, or raises it."""

    def inject(request: int) -> Answer | None:
        if request not in numbers:
            return None
        if isinstance(give, Exception):
            raise give
        return give

    return inject


def always(give: Answer | Exception) -> Inject:
    """Return what gives that answer to every request but the first."""
    return at(*range(2, 1000), give=give)


def status(number: int, message: str = "", **headers: str) -> Answer:
    """Answer as GitHub refuses; ``_`` is ``-`` in a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(number, named, json.dumps({"message": message}).encode())


def page(users: list[Any], link: str | None = None) -> Answer:
    """Answer with *users* and perhaps a next page."""
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return Answer(200, headers, json.dumps(users).encode())


def since(number: int, host: str = API) -> str:
    """Return the address of the page after the user of that *number*, from 1."""
    return f"{host}/users?since={IDS[number - 1]}"


USED_UP = {"x_ratelimit_remaining": "0", "x_ratelimit_limit": "60"}
DATE = "Sun, 09 Sep 2001 01:46:40 GMT"  # NOW
HALF = json.dumps(USERS[100:200]).encode()[:5000]


def chain(depth: int) -> Fault:
    """Return a list of *depth* pages, each of one user."""
    users = [user(number, f"user-{number}") for number in range(1, depth + 1)]

    def inject(request: int) -> Answer:
        link = f"{API}/users?since={request}" if request < depth else None
        return page(users[request - 1 : request], link)

    return Fault(f"a chain of {depth:,} pages", inject, depth, (), depth, users=users)


FAULTS = (
    Fault("403, retry-after 30", at(2, give=status(403, retry_after="30")), waits=(30,)),
    Fault("429, retry-after 30", at(2, give=status(429, retry_after="30")), waits=(30,)),
    Fault(
        "429, retry-after a date",
        at(2, give=status(429, retry_after="Sun, 09 Sep 2001 01:47:10 GMT", date=DATE)),
        waits=(30,),
    ),
    Fault(
        "403, remaining 0, reset in 5 min",
        at(2, give=status(403, **USED_UP, x_ratelimit_reset="1000000300")),
        waits=(301,),
    ),
    Fault(
        "429, remaining 0, reset in 5 min",
        at(2, give=status(429, **USED_UP, x_ratelimit_reset="1000000300")),
        waits=(301,),
    ),
    Fault(
        "403, remaining 0, reset in the past",
        at(2, give=status(403, **USED_UP, x_ratelimit_reset="999999000")),
        waits=(0,),
    ),
    Fault(
        "403, remaining 0, reset in the past for ever",
        always(status(403, **USED_UP, x_ratelimit_reset="999999000")),
        requests=11,
        waits=(0, 1, 3, 7, 15, 31, 63, 127, 255),
        stored=100,
        ends="limit of 60 requests an hour is used up",
    ),
    Fault(
        "403, remaining 0, our clock a day behind",
        at(
            2,
            give=status(
                403,
                **USED_UP,
                x_ratelimit_reset="1000086460",
                date="Mon, 10 Sep 2001 01:46:40 GMT",
            ),
        ),
        waits=(61,),
    ),
    Fault(
        "403, remaining 0, reset in 50 min",
        at(2, give=status(403, **USED_UP, x_ratelimit_reset="1000003000")),
        requests=2,
        waits=(),
        stored=100,
        ends="--max-wait",
    ),
    Fault(
        "403, remaining 0, reset in the year 33658",
        at(2, give=status(403, **USED_UP, x_ratelimit_reset="999999999999")),
        requests=2,
        waits=(),
        stored=100,
        ends="is used up",
    ),
    Fault(
        "403, secondary, nothing said",
        at(2, give=status(403, "You have exceeded a secondary rate limit.")),
        waits=(60,),
    ),
    Fault(
        "429, retry-after 1, seven times",
        at(*range(2, 9), give=status(429, retry_after="1")),
        11,
        (1, 1, 3, 7, 15, 31, 63),
    ),
    Fault("429, nothing said", at(2, 3, give=status(429)), requests=6, waits=(60, 120)),
    Fault(
        "429, nothing said, for ever",
        always(status(429)),
        requests=6,
        waits=(60, 120, 240, 480),
        stored=100,
        ends="rate limit is used up for now",
    ),
    Fault(
        "403 for another reason",
        at(2, give=status(403, "Resource protected by SAML")),
        *(2, (), 100),
        ends="403 (Resource protected by SAML)",
    ),
    Fault("401", at(2, give=status(401, "Bad credentials")), 2, (), 100, ends="set GITHUB_TOKEN"),
    Fault("404", at(2, give=status(404, "Not Found")), 2, (), 100, ends="--api-url"),
    Fault("422", at(2, give=status(422, "Validation Failed")), 2, (), 100, ends="Validation"),
    Fault("500", at(2, give=status(500))),
    Fault(
        "500 four times, then 429",
        lambda request: (
            at(*range(2, 6), give=status(500))(request)
            or at(6, give=status(429, retry_after="30"))(request)
        ),
        requests=9,
        waits=(1, 2, 4, 8, 30),
    ),
    Fault(
        "500 with remaining 0",
        at(2, give=status(500, **USED_UP, x_ratelimit_reset="1000003000")),
    ),
    Fault("502, three times", at(2, 3, 4, give=status(502)), requests=10, waits=(1, 2, 4)),
    Fault("503, retry-after 20", at(2, give=status(503, retry_after="20")), waits=(20,)),
    Fault("504", at(2, give=status(504)), requests=6),
    Fault(
        "500 for ever",
        always(status(500)),
        6,
        (1, 2, 4, 8),
        100,
        ends="again later to continue",
    ),
    Fault("time-out", at(2, give=httpx.ReadTimeout("timed out")), requests=6),
    Fault("connection reset", at(2, give=httpx.ReadError("[Errno 104] Connection reset by peer"))),
    Fault(
        "reset in the middle of the body",
        at(2, give=httpx.RemoteProtocolError("peer closed connection without sending all")),
    ),
    Fault("no connection, then one", at(1, give=httpx.ConnectError("refused"))),
    Fault("a body cut off in the middle", at(2, give=Answer(200, {}, HALF))),
    Fault("HTML", at(2, give=Answer(200, {}, b"<html>Unicorn!"))),
    Fault("an object for a list", at(2, give=status(200, "Server Error"))),
    Fault(
        "no list for ever",
        always(Answer(200, {}, b"{}")),
        6,
        (1, 2, 4, 8),
        100,
        ends="did not answer with a list of users",
    ),
    Fault("304 without having been asked for", at(2, give=Answer(304))),
    Fault(
        "null members, unknown keys",
        at(2, give=page([None, *(one | {"x": [1]} for one in USERS[100:200]), None], since(200))),
        requests=4,
        waits=(),
    ),
    Fault(
        "a page of nothing but nulls that names itself",
        at(2, give=page([None] * 100, since(100))),
        *(2, (), 100),
        says="does not continue",
    ),
    Fault(
        "a record without id",
        at(2, give=page([{"login": "nobody"}], since(200))),
        *(2, (), 100),
        ends="record 1: it has no id (login 'nobody')",
    ),
    Fault(
        "a record without login",
        at(2, give=page([{"id": 7}], since(200))),
        *(2, (), 100),
        ends="record 1: it has no login (id '7')",
    ),
    Fault(
        "the same page again",
        at(2, give=page(USERS[:100], since(200))),
        *(2, (), 100),
        says="does not continue",
    ),
    Fault(
        "a page that overlaps the one before",
        at(2, give=page(USERS[50:150], since(150))),
        requests=4,
        waits=(),
    ),
    Fault(
        "since that shrinks",
        at(2, give=page(USERS[100:200], since(50))),
        *(2, (), 200),
        says="does not continue",
    ),
    Fault(
        "an empty page that names a next one",
        at(2, give=page([], since(200))),
        *(2, (), 100),
        says="is empty",
    ),
    Fault(
        "a since beyond all ids",
        at(1, give=page(USERS[:100], f"{API}/users?since={2**63}")),
        1,
        (),
        100,
        says="does not continue",
    ),
    Fault("ten thousand records and one", at(2, give=page(USERS[100:101] * 10_001))),
    Fault("an empty page without a next one", at(2, give=page([])), 2, (), 100),
    Fault(
        "a next page on another host",
        at(1, give=page(USERS[:100], since(100, "https://evil.test"))),
        requests=4,
        waits=(),
    ),
    Fault(
        "a next page that is no address",
        at(2, give=page(USERS[100:200], "http://[x")),
        requests=2,
        waits=(),
        stored=100,
        ends="its next page is",
    ),
    chain(100),
)


def suffer(fault: Fault, folder: Path) -> Outcome:
    """Seed through *fault* into *folder*, then without it, and say what came of both."""
    waits: list[float] = []
    said: list[str] = []
    ends = ""
    github = FakeGitHub(fault.users, remaining=10**6, fault=fault.inject)
    source = sources.parse_source("users", API)
    total = len(fault.users)

    def seed() -> None:
        store = Store(folder / "users.db", sources.world([source], API))
        store.choose([ListProgress(source.identity, source.name, source.title)], total)
        client = Client(
            API,
            None,
            wait=lambda seconds, why: waits.append(seconds),
            clock=lambda: NOW,
            jitter=lambda: 1.0,
            transport=transport(github, API),
        )
        try:
            crawl(
                *(source, store, total, client, lambda: datetime.now(UTC), lambda done: None),
                said.append,
            )
        finally:
            stored.append([profile.id for profile in store.profiles()])
            store.close()
            client.close()

    stored: list[list[int]] = []
    try:
        seed()
    except SourceError as exc:
        ends = str(exc)
    requests, waited = len(github.requests), tuple(waits)
    github.fault = lambda request: None
    seed()
    lost = set(user["id"] for user in fault.users) - set(stored[-1])
    return Outcome(requests, waited, len(stored[0]), ends, " ".join(said[:1]), len(lost))


def main() -> None:
    """Print the table."""
    print("| fault | what the seeder did | requests | stored | lost |")
    print("| --- | --- | --- | --- | --- |")
    for fault in (*FAULTS, chain(10_000)):
        with tempfile.TemporaryDirectory() as folder:
            came = suffer(fault, Path(folder))
        did = [f"waited {' + '.join(f'{one:g}' for one in came.waits)} s"] if came.waits else []
        if came.ends:
            did.append(f"ended: {came.ends[:70]}...")
        elif came.says:
            did.append(f"left the list: {came.says[:40]}...")
        else:
            did.append("went on" if came.stored == len(fault.users) else "took it for the end")
        print(
            f"| {fault.name} | {', '.join(did)} | {came.requests} | {came.stored} | {came.lost} |"
        )


if __name__ == "__main__":
    main()

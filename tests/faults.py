"""A table of faults of GitHub and of the network, with the expected outcome of each.

The fake GitHub injects a fault while 330 users are seeded, at the second request unless the fault
says otherwise. `tests/generator/test_faults.py` tests the outcomes. `python -m tests.faults` prints
them: the waits, the requests, the users stored, and the users lost in the end.
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
from tests.fake_github import PAGES_LIMITED, FakeGitHub, FakeReply, transport, user

API = "https://api.test"
NOW = 1_000_000_000.0
USERS = [user(number * 7 // 5, f"user-{number}") for number in range(1, 331)]
IDS = [user["id"] for user in USERS]

# Takes the number of a request. Returns a reply to send instead, or None; or raises httpx's error.
Inject = Callable[[int], FakeReply | None]


@dataclass(frozen=True)
class Fault:
    """A fault and its expected outcome.

    Attributes:
        name: the name of the fault.
        inject: replaces replies with the fault.
        requests: the number of requests.
        waits: the waits in seconds. A random backoff has its largest value.
        stored: the number of users stored in the end.
        error: a part of the error's message; "" without an error.
        warning: a part of the warning; "" without a warning.
        users: the users on the fake GitHub. They are the stargazers of a/b, too.
        source: the list to seed.
    """

    name: str
    inject: Inject
    requests: int = 5
    waits: tuple[float, ...] = (1.0,)
    stored: int = 330
    error: str = ""
    warning: str = ""
    users: list[dict[str, Any]] = field(default_factory=lambda: USERS)
    source: str = "users"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a fault: as in `Fault`, and the users *lost* after a run without it."""

    requests: int
    waits: tuple[float, ...]
    stored: int
    error: str
    warning: str
    lost: int


def at(*numbers: int, give: FakeReply | Exception) -> Inject:
    """Inject *give*, a reply or an error, at the requests of the given *numbers*."""

    def inject(request: int) -> FakeReply | None:
        if request not in numbers:
            return None
        if isinstance(give, Exception):
            raise give
        return give

    return inject


def always(give: FakeReply | Exception) -> Inject:
    """Inject *give* at every request but the first."""
    return at(*range(2, 1000), give=give)


def status(number: int, message: str = "", **headers: str) -> FakeReply:
    """Return an error as GitHub sends it. ``_`` in a header's name becomes ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return FakeReply(number, named, json.dumps({"message": message}).encode())


def page(users: list[Any], link: str | None = None) -> FakeReply:
    """Return a reply with *users*, and with a next page if there is a *link*."""
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return FakeReply(200, headers, json.dumps(users).encode())


def since(number: int, host: str = API) -> str:
    """Return the address of the page after user number *number*, counted from 1."""
    return f"{host}/users?since={IDS[number - 1]}"


USED_UP = {"x_ratelimit_remaining": "0", "x_ratelimit_limit": "60"}
DATE = "Sun, 09 Sep 2001 01:46:40 GMT"  # NOW
HALF_BODY = json.dumps(USERS[100:200]).encode()[:5000]


def chain(depth: int) -> Fault:
    """Return a fault that makes *depth* pages of one user each."""
    users = [user(number, f"user-{number}") for number in range(1, depth + 1)]

    def inject(request: int) -> FakeReply:
        link = f"{API}/users?since={request}" if request < depth else None
        return page(users[request - 1 : request], link)

    return Fault(f"{depth:,} pages of one user", inject, depth, (), depth, users=users)


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
        "403, remaining 0, reset always in the past",
        always(status(403, **USED_UP, x_ratelimit_reset="999999000")),
        requests=11,
        waits=(0, 1, 3, 7, 15, 31, 63, 127, 255),
        stored=100,
        error="limit of 60 requests an hour is used up",
    ),
    Fault(
        "403, remaining 0, this machine's clock a day slow",
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
        error="--max-wait",
    ),
    Fault(
        "403, remaining 0, reset in the year 33658",
        at(2, give=status(403, **USED_UP, x_ratelimit_reset="999999999999")),
        requests=2,
        waits=(),
        stored=100,
        error="is used up",
    ),
    Fault(
        "403, secondary, without a time",
        at(2, give=status(403, "You have exceeded a secondary rate limit.")),
        waits=(60,),
    ),
    Fault(
        "429, retry-after 1, seven times",
        at(*range(2, 9), give=status(429, retry_after="1")),
        11,
        (1, 1, 3, 7, 15, 31, 63),
    ),
    Fault("429, without headers", at(2, 3, give=status(429)), requests=6, waits=(60, 120)),
    Fault(
        "429, always, without headers",
        always(status(429)),
        requests=6,
        waits=(60, 120, 240, 480),
        stored=100,
        error="rate limit is used up for now",
    ),
    Fault(
        "403 without a rate limit",
        at(2, give=status(403, "Resource protected by SAML")),
        *(2, (), 100),
        error="403 (Resource protected by SAML)",
    ),
    Fault("401", at(2, give=status(401, "Bad credentials")), 2, (), 100, error="set GITHUB_TOKEN"),
    Fault("404", at(2, give=status(404, "Not Found")), 2, (), 100, error="--api-url"),
    Fault("422", at(2, give=status(422, "Validation Failed")), 2, (), 100, error="Validation"),
    Fault(
        "422 at a later page of a list by page",
        at(3, give=status(422, PAGES_LIMITED)),
        *(3, (), 200),
        warning=PAGES_LIMITED,
        source="stargazers:a/b",
    ),
    Fault(
        "422 at the first page of a list by page",
        at(1, give=status(422, "Validation Failed")),
        *(1, (), 0),
        error="Validation",
        source="stargazers:a/b",
    ),
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
        "500, always",
        always(status(500)),
        6,
        (1, 2, 4, 8),
        100,
        error="again later to continue",
    ),
    Fault("time-out", at(2, give=httpx.ReadTimeout("timed out")), requests=6),
    Fault("connection reset", at(2, give=httpx.ReadError("[Errno 104] Connection reset by peer"))),
    Fault(
        "reset in the middle of the body",
        at(2, give=httpx.RemoteProtocolError("peer closed connection without sending all")),
    ),
    Fault("no connection at first", at(1, give=httpx.ConnectError("refused"))),
    Fault("a body cut off in the middle", at(2, give=FakeReply(200, {}, HALF_BODY))),
    Fault("HTML", at(2, give=FakeReply(200, {}, b"<html>Unicorn!"))),
    Fault("an object instead of a list", at(2, give=status(200, "Server Error"))),
    Fault(
        "an object, always",
        always(FakeReply(200, {}, b"{}")),
        6,
        (1, 2, 4, 8),
        100,
        error="did not answer with a list of users",
    ),
    Fault("304 without an ETag in the request", at(2, give=FakeReply(304))),
    Fault(
        "null members, unknown keys",
        at(2, give=page([None, *(user | {"x": [1]} for user in USERS[100:200]), None], since(200))),
        requests=4,
        waits=(),
    ),
    Fault(
        "a page of nulls whose next page is itself",
        at(2, give=page([None] * 100, since(100))),
        *(2, (), 100),
        warning="does not continue",
    ),
    Fault(
        "a record without id",
        at(2, give=page([{"login": "nobody"}], since(200))),
        *(2, (), 100),
        error="record 1: it has no id (login 'nobody')",
    ),
    Fault(
        "a record without login",
        at(2, give=page([{"id": 7}], since(200))),
        *(2, (), 100),
        error="record 1: it has no login (id '7')",
    ),
    Fault(
        "records with the login null",
        at(2, give=page([user(1, "x") | {"login": None}, *USERS[100:200]], since(200))),
        requests=4,
        waits=(),
    ),
    Fault(
        "the same page again",
        at(2, give=page(USERS[:100], since(200))),
        *(2, (), 100),
        warning="does not continue",
    ),
    Fault(
        "a page that overlaps the previous one",
        at(2, give=page(USERS[50:150], since(150))),
        requests=4,
        waits=(),
    ),
    Fault(
        "a next page with a smaller since",
        at(2, give=page(USERS[100:200], since(50))),
        *(2, (), 200),
        warning="does not continue",
    ),
    Fault(
        "an empty page with a next page",
        at(2, give=page([], since(200))),
        *(2, (), 100),
        warning="is empty",
    ),
    Fault(
        "a since beyond all ids",
        at(1, give=page(USERS[:100], f"{API}/users?since={2**63}")),
        1,
        (),
        100,
        warning="does not continue",
    ),
    Fault("10,001 records", at(2, give=page(USERS[100:101] * 10_001))),
    Fault("an empty page without a next page", at(2, give=page([])), 2, (), 100),
    Fault(
        "a next page on another host",
        at(1, give=page(USERS[:100], since(100, "https://evil.test"))),
        requests=4,
        waits=(),
    ),
    Fault(
        "an invalid next page",
        at(2, give=page(USERS[100:200], "http://[x")),
        requests=2,
        waits=(),
        stored=100,
        error="its next page is",
    ),
    chain(100),
)


def run_fault(fault: Fault, folder: Path) -> Outcome:
    """Seed into *folder* with *fault*, then without it. Return the outcome."""
    waits: list[float] = []
    warnings: list[str] = []
    error = ""
    stars = {"/repos/a/b/stargazers": fault.users}
    github = FakeGitHub(fault.users, remaining=10**6, fault=fault.inject, lists=stars)
    source = sources.parse_source(fault.source, API)
    total = len(fault.users)

    def seed() -> None:
        store = Store(folder / "users.db")
        store.choose([ListProgress(source.identity, source.name, source.title, total)])
        client = Client(
            API,
            None,
            wait=lambda seconds, reason: waits.append(seconds),
            clock=lambda: NOW,
            jitter=lambda: 1.0,
            transport=transport(github, API),
        )
        try:
            crawl(
                *(source, store, total, client, lambda: datetime.now(UTC), lambda done: None),
                warnings.append,
            )
        finally:
            stored.append([profile.id for profile in store.profiles()])
            store.close()
            client.close()

    stored: list[list[int]] = []
    try:
        seed()
    except SourceError as exc:
        error = str(exc)
    requests, waited = len(github.requests), tuple(waits)
    github.fault = lambda request: None
    seed()
    lost = set(user["id"] for user in fault.users) - set(stored[-1])
    return Outcome(requests, waited, len(stored[0]), error, " ".join(warnings[:1]), len(lost))


def describe(fault: Fault, outcome: Outcome) -> str:
    """Return what the seeder did, in a few words."""
    actions = []
    if outcome.waits:
        actions.append(f"waited {' + '.join(f'{seconds:g}' for seconds in outcome.waits)} s")
    if outcome.error:
        actions.append(f"ended with an error: {outcome.error[:70]}...")
    elif outcome.warning:
        actions.append(f"ended with a warning: {outcome.warning[:40]}...")
    elif outcome.stored == len(fault.users):
        actions.append("read the whole list")
    else:
        actions.append("took it for the end of the list")
    return ", ".join(actions)


def main() -> None:
    """Print the table of outcomes."""
    print("| fault | what the seeder did | requests | stored | lost |")
    print("| --- | --- | --- | --- | --- |")
    for fault in (*FAULTS, chain(10_000)):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run_fault(fault, Path(folder))
        print(
            f"| {fault.name} | {describe(fault, outcome)} | {outcome.requests} | {outcome.stored}"
            f" | {outcome.lost} |"
        )


if __name__ == "__main__":
    main()

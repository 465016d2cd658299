"""GitHub over HTTP: asks, waits, asks again; a `Reply` comes out, or an error that says why not."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import httpx

from generator.errors import (
    RateLimitExceeded,
    Refused,
    RequestFailed,
    SourceError,
    Unreachable,
    reason,
)
from generator.github.api import Reply, list_url, origin, request_headers
from generator.github.limits import RateLimit, read_rate_limit, refusal, retry_wait, too_slow

# Seconds. GitHub itself ends a request after 10.
TIMEOUT = httpx.Timeout(20, connect=10)
# Seconds that a whole answer may take: one that comes in drops is no answer.
DEADLINE = 120.0
# Seconds that all waiting of a run may take together.
MAX_WAIT = 15 * 60.0

_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
_NOT_ASKABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)

T = TypeVar("T")


def sleep(seconds: float, why: str) -> None:
    """Wait, without a word."""
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """An answer: to which *url* (it may be for fewer users), the *reply*, what was *read* of it."""

    url: str
    reply: Reply
    read: T


class Client:
    """Asks the API at *api_url*, with *token* if there is one.

    The token is sent to that host alone: not to one that a redirect or a link names.

    Args:
        api_url: where the API is.
        token: proves who asks.
        max_wait: how many seconds all waiting may take together; 0 for none.
        wait: waits so many seconds for the reason given.
        insist: whether to ask again where no connection could be made from the first.
        clock: gives the time in seconds since the epoch.
        jitter: gives a random number from 0 to 1.
        transport: stands in for the network.

    Attributes:
        requests: how many were sent.
    """

    def __init__(
        self,
        api_url: str,
        token: str | None,
        *,
        max_wait: float = MAX_WAIT,
        wait: Callable[[float, str], None] = sleep,
        insist: bool = True,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.api_url = api_url
        self.authorized = bool(token)
        self.requests = 0
        self._token, self._left, self._insist = token, max_wait, insist
        self._wait, self._clock, self._jitter = wait, clock, jitter
        self._reached = False
        try:
            # On a redirect to another host httpx drops the Authorization header by itself.
            self._http = httpx.Client(
                transport=transport,
                timeout=TIMEOUT,
                follow_redirects=True,
                event_hooks={"request": [self._count]},
            )
        except (ValueError, ImportError) as exc:  # ImportError: a SOCKS proxy
            raise SourceError(f"a proxy setting of the environment is not usable: {exc}") from exc

    def ask(
        self,
        url: str,
        read: Callable[[Reply], T],
        *,
        etag: str | None = None,
        fewer: Callable[[str], str] = lambda url: url,
    ) -> Answer[T]:
        """Return the answer to GET *url*, having waited and asked again if need be.

        Args:
            url: the address.
            read: decodes the reply; its `UnexpectedReply` is a reason to ask again.
            etag: of an answer that is at hand: the reply is 304, without a body, if it still holds.
            fewer: gives the address to ask where the server was too slow for this one.

        Raises:
            Unreachable: no connection could be made, and never was.
            SourceError: GitHub refuses, or its answers are of no use, or it takes too long.
        """
        attempts = {True: 0, False: 0}  # limits, and faults
        while True:
            try:
                reply = self._get(url, etag)
                if error := refusal(reply, self.authorized, self._clock()):
                    raise error
                return Answer(url, reply, read(reply))
            except SourceError as exc:
                if isinstance(exc, Unreachable) and not self._insist:
                    raise
                limited = isinstance(exc, RateLimitExceeded)
                attempts[limited] += 1
                wait = retry_wait(exc, attempts[limited], self._jitter())
                if wait is None or wait > self._left:
                    raise
                self._left -= wait
                self._wait(wait, exc.summary)
                if too_slow(exc) and (smaller := fewer(url)) != url:
                    url, etag = smaller, None

    def rate_limit(self, resource: str) -> RateLimit | None:
        """Return what is left for *resource*, "core" or "search"; None if there is no limit.

        Asking does not count. https://docs.github.com/en/rest/rate-limit/rate-limit

        Raises:
            SourceError: as `ask`.
        """
        try:
            return self.ask(
                list_url(self.api_url, "rate_limit"), partial(read_rate_limit, resource=resource)
            ).read
        except Refused as exc:
            if exc.status == 404:  # GitHub Enterprise Server has no limit unless it is given one
                return None
            raise

    def _get(self, url: str, etag: str | None) -> Reply:
        """Return GitHub's reply, whatever its status.

        Raises:
            Unreachable: the server cannot be connected to, and could not be before.
            RequestFailed: the request got no reply, or only part of one.
            SourceError: the URL cannot be requested.
        """
        token = self._token if origin(url) == origin(self.api_url) else None
        try:
            with self._http.stream("GET", url, headers=request_headers(token, etag)) as response:
                self._reached = True
                ends, body = self._clock() + DEADLINE, bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if self._clock() > ends:
                        raise RequestFailed(url, "the answer takes too long", timed_out=True)
        except _NOT_ASKABLE as exc:
            raise SourceError(f"{url} cannot be asked: {exc or type(exc).__name__}") from exc
        except httpx.HTTPError as exc:
            cause = reason(exc) or type(exc).__name__
            if isinstance(exc, httpx.TooManyRedirects):
                raise SourceError(f"{url} cannot be asked: {cause}") from exc
            # A host that answered, be it with a redirect to a dead one, can be reached.
            here = str(exc.request.url) == str(httpx.URL(url))
            if isinstance(exc, _NO_CONNECTION) and here and not self._reached:
                raise Unreachable(url, cause) from exc
            self._reached = True
            raise RequestFailed(url, cause, isinstance(exc, httpx.TimeoutException)) from exc
        return Reply(
            str(response.url),
            response.status_code,
            dict(response.headers),
            bytes(body),
            {link["rel"]: link["url"] for link in response.links.values() if "rel" in link},
        )

    def _count(self, request: httpx.Request) -> None:
        self.requests += 1

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

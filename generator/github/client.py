"""HTTP client for GitHub's API: waits for rate limits, and tries temporary errors again."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from generator.errors import (
    RateLimitExceeded,
    Refused,
    RequestFailed,
    SourceError,
    UnexpectedReply,
    Unreachable,
    reason,
)
from generator.github.api import Reply, list_url, smaller_page
from generator.github.limits import RateLimit, is_timeout, read_rate_limit, reply_error, retry_wait

# https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#headers
HEADERS = {
    # application/json is for mock servers made from GitHub's OpenAPI description.
    "Accept": "application/vnd.github+json, application/json",
    # GitHub Enterprise Server supports this version too. 2026-03-10 changes no list of users.
    # https://docs.github.com/en/rest/about-the-rest-api/api-versions
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "github-user-directory",
}
# In seconds. GitHub ends a request after 10.
TIMEOUT = httpx.Timeout(20, connect=10)
# Seconds for a whole body. TIMEOUT alone would accept a byte every 19 seconds.
MAX_BODY_SECONDS = 120.0
# Bytes of a body, after decompression. 100 users have 100 kB, but a server may send more users.
MAX_BODY = 32 << 20
# Seconds that all waits of a client may take together.
MAX_WAIT = 15 * 60.0

_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
_INVALID_REQUEST = (
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.TooManyRedirects,
    ValueError,
)
# ImportError: a SOCKS proxy.
_INVALID_PROXY = (ValueError, ImportError, httpx.InvalidURL)

T = TypeVar("T")


class Client:
    """A client for the API at *api_url*.

    The *token* is sent to that origin only, not to one that a redirect or a link names.

    Args:
        max_wait: the seconds that all waits may take together; 0 for no wait.
        wait: waits the given seconds for the given reason.
        insist: whether to try again if the very first connection fails.
        clock, jitter: return the seconds since the epoch, and a random number from 0 to 1.
        transport: replaces the network.

    Attributes:
        authorized: whether there is a token.
        requests: the number of requests sent, redirected ones included.

    Raises:
        SourceError: the environment has a proxy or certificates that cannot be used. The message
            does not show the setting, because a proxy's address may have a password.
    """

    def __init__(
        self,
        api_url: str,
        token: str | None,
        *,
        max_wait: float = MAX_WAIT,
        wait: Callable[[float, str], None] = lambda seconds, reason: time.sleep(seconds),
        insist: bool = True,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.authorized = bool(token)
        self.requests = 0
        self._api_url, self._token, self._wait_left, self._insist = api_url, token, max_wait, insist
        self._wait, self._clock, self._jitter = wait, clock, jitter
        self._was_reached = False
        try:
            # On a redirect to another origin, httpx drops the Authorization header.
            self._http = httpx.Client(
                headers=HEADERS,
                transport=transport,
                timeout=TIMEOUT,
                follow_redirects=True,
                event_hooks={"request": [self._count]},
            )
        except OSError as exc:
            # SSLKEYLOGFILE is Python's own. https://www.python-httpx.org/environment_variables/
            raise SourceError(
                "SSL_CERT_FILE (or SSLKEYLOGFILE) names a file that cannot be used:"
                f" {exc.strerror or exc.errno}"
            ) from exc
        except _INVALID_PROXY as exc:
            names = " and ".join(_invalid_proxies()) or "NO_PROXY"
            raise SourceError(
                f"{names} of the environment cannot be used; a proxy is set as http://HOST:PORT,"
                " or http://USER:PASSWORD@HOST:PORT"
            ) from exc

    def get(self, url: str, decode: Callable[[Reply], T], *, etag: str | None = None) -> T:
        """Return the decoded reply to GET *url*. Wait and try again if that may help.

        If the server is too slow, a smaller page is requested. `Reply.url` is its address.

        If *decode* raises `UnexpectedReply`, that is an error to try again. With the *etag* of a
        cached reply that has not changed, the reply is 304, without a body.

        Raises:
            Unreachable: the server cannot be connected to, and could not be before.
            SourceError: GitHub refuses the request, its replies are not valid, or waiting would
                take too long.
        """
        failures: Counter[bool] = Counter()  # rate limits, and other errors
        while True:
            try:
                reply = self._send(url, etag)
                if error := reply_error(reply, self.authorized, self._clock()):
                    raise error
                return decode(reply)
            except SourceError as exc:
                if isinstance(exc, Unreachable) and not self._insist:
                    raise
                is_limit = isinstance(exc, RateLimitExceeded)
                failures[is_limit] += 1
                wait = retry_wait(exc, failures[is_limit], self._jitter())
                if wait is None or wait > self._wait_left:
                    raise
                self._wait_left -= wait
                self._wait(wait, exc.summary)
                if is_timeout(exc) and (smaller_url := smaller_page(url)) != url:
                    url, etag = smaller_url, None

    def rate_limit(self, resource: str) -> RateLimit | None:
        """Return the rate limit of *resource*, "core" or "search"; None if the server has none.

        This request does not count. https://docs.github.com/en/rest/rate-limit/rate-limit
        """
        url = list_url(self._api_url, "rate_limit")
        try:
            return self.get(url, partial(read_rate_limit, resource=resource))
        except Refused as exc:
            if exc.status == 404:  # GitHub Enterprise Server, where a limit is optional
                return None
            raise

    def _send(self, url: str, etag: str | None) -> Reply:
        """Return the reply to one request. It may have any status."""
        try:
            headers = {"If-None-Match": etag} if etag else {}
            if _origin(url) == _origin(self._api_url) and self._token:
                headers["Authorization"] = f"Bearer {self._token}"
            with self._http.stream("GET", url, headers=headers) as response:
                self._was_reached = True
                body = self._read_body(url, response)
        except _INVALID_REQUEST as exc:
            raise SourceError(f"cannot request {url}: {reason(exc) or type(exc).__name__}") from exc
        except httpx.HTTPError as exc:
            cause = reason(exc) or type(exc).__name__
            # If a redirect leads to a host that is down, GitHub itself was reached.
            is_redirected = str(exc.request.url) != str(httpx.URL(url))
            if isinstance(exc, _NO_CONNECTION) and not is_redirected and not self._was_reached:
                raise Unreachable(url, cause + _hint(url, cause)) from exc
            self._was_reached = True
            raise RequestFailed(url, cause, isinstance(exc, httpx.TimeoutException)) from exc
        next_url = response.links.get("next", {}).get("url")
        return Reply(url, response.status_code, dict(response.headers), body, next_url)

    def _read_body(self, url: str, response: httpx.Response) -> bytes:
        ends, body = self._clock() + MAX_BODY_SECONDS, bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_BODY:
                raise UnexpectedReply(url, f"it is larger than {MAX_BODY >> 20} MiB")
            if self._clock() > ends:
                raise RequestFailed(url, "the reply takes too long", timed_out=True)
        return bytes(body)

    def _count(self, request: httpx.Request) -> None:
        self.requests += 1

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return what a token is sent to. https://www.rfc-editor.org/rfc/rfc6454#section-4."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def _invalid_proxies() -> Iterator[str]:
    """Yield the names of the environment's proxy settings that httpx cannot use."""
    for scheme, address in _proxies().items():
        try:
            httpx.Client(proxy=address, trust_env=False).close()
        except _INVALID_PROXY:
            yield f"{scheme.upper()}_PROXY"


def _proxies() -> dict[str, str]:
    """Return the proxies that httpx takes from the environment, by scheme."""
    proxies = {scheme: getproxies().get(scheme) for scheme in ("http", "https", "all")}
    return {
        scheme: url if "://" in url else f"http://{url}" for scheme, url in proxies.items() if url
    }


def _hint(url: str, cause: str) -> str:
    """Return the settings that may be why *url* cannot be reached."""
    if "CERTIFICATE_VERIFY_FAILED" in cause:
        return "; SSL_CERT_FILE and SSL_CERT_DIR set which certificates are trusted"
    parts = urlsplit(url)
    proxy = next((scheme for scheme in (parts.scheme, "all") if scheme in _proxies()), None)
    if proxy is None or proxy_bypass(parts.hostname or ""):
        return ""
    return f" (through the proxy that {proxy.upper()}_PROXY sets)"

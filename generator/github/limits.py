"""Errors that GitHub answers with, and the wait before the next attempt. Does no I/O.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from generator.errors import (
    RateLimitExceeded,
    Refused,
    RequestFailed,
    SourceError,
    UnexpectedReply,
    Unreachable,
)
from generator.github.api import Reply

# Attempts before a failing request is given up. The client limits the waits for rate limits.
MAX_ATTEMPTS = 5
# In seconds. GitHub asks to wait a minute, and twice as long after each further refusal.
FIRST_LIMIT_WAIT = 60.0
MAX_LIMIT_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The number of requests that a server allows until *resets_at* (aware, UTC), and the rest."""

    limit: int
    remaining: int
    resets_at: datetime


def reply_error(reply: Reply, authorized: bool, now: float) -> SourceError | None:
    """Return the error that *reply* means, None if it is a good answer.

    The request had a token if *authorized*. *now* is in seconds since the epoch.
    """
    if reply.status in (200, 204, 304) or reply.is_limit:
        return None
    # The server's clock counts, because this machine's may be wrong.
    server_time = _http_date(reply.headers.get("date", "")) or now
    if _is_rate_limit(reply):
        return _rate_limit_error(reply, authorized, now, server_time)
    if reply.status == 401:
        advice = (
            "GITHUB_TOKEN (or GH_TOKEN) is invalid or has expired: set another, or unset it"
            if authorized
            else "the server requires a token: set GITHUB_TOKEN"
        )
    elif reply.status == 404:
        advice = (
            "check the name, and whether you may see the list. Check the API's address too:"
            " GITHUB_API_URL or --api-url sets it (GitHub Enterprise Server: https://HOST/api/v3)"
        )
    elif reply.status >= 500:
        advice = "run the same command again later to continue"
    else:
        advice = "it was not tried again"
    message, wait = reply.message, _retry_after(reply, server_time)
    return Refused(reply.url, reply.status, message, advice, wait)


def retry_wait(error: SourceError, attempt: int, jitter: float) -> float | None:
    """Return the seconds to wait before the next attempt after *error*, None to give up.

    Temporary errors have exponential backoff with full jitter: up to 1, 2, 4 and 8 seconds.
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        error: the error of the last attempt.
        attempt: the number of attempts that failed in this way, by a rate limit or otherwise.
        jitter: a random number from 0 to 1.
    """
    if isinstance(error, RateLimitExceeded):
        if error.wait is None:
            return min(FIRST_LIMIT_WAIT * 2.0 ** (attempt - 1), MAX_LIMIT_WAIT)
        # A server may say "now" each time. Repeated attempts are further and further apart.
        return max(error.wait, min(2.0 ** (attempt - 1) - 1, MAX_LIMIT_WAIT))
    requested = 0.0
    is_temporary = isinstance(error, (Unreachable, RequestFailed, UnexpectedReply))
    if isinstance(error, Refused):
        requested = error.wait or 0.0
        is_temporary = error.status >= 500 or error.status in (202, 408)
    if attempt >= MAX_ATTEMPTS or not is_temporary:
        return None
    return max(requested, jitter * 2.0 ** (attempt - 1))


def is_timeout(error: SourceError) -> bool:
    """Return whether the server may have needed more time than it has for a request.

    GitHub ends a request after 10 seconds.
    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
    """
    if isinstance(error, Refused):
        return error.status in (408, 502, 504)
    return isinstance(error, RequestFailed) and error.timed_out


def read_rate_limit(reply: Reply, resource: str) -> RateLimit:
    """Decode the rate limit of *resource*, "core" or "search", from a reply of /rate_limit.

    https://docs.github.com/en/rest/rate-limit/rate-limit

    Raises:
        UnexpectedReply: the reply has no such rate limit.
    """
    try:
        limit = json.loads(reply.body)["resources"][resource]
        resets_at = datetime.fromtimestamp(limit["reset"], UTC)
        return RateLimit(int(limit["limit"]), int(limit["remaining"]), resets_at)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError) as exc:
        problem = f"it has no rate limit for {resource}"
        raise UnexpectedReply(reply.url, problem, "a rate limit") from exc


def _is_rate_limit(reply: Reply) -> bool:
    """Return whether *reply* is a primary or secondary rate limit. Both come as 403 or 429."""
    if reply.status != 403:
        return reply.status == 429
    message = reply.message.lower()
    return (
        _number(reply, "x-ratelimit-remaining") == 0
        or "retry-after" in reply.headers
        or "rate limit" in message
        or "abuse detection" in message
    )


def _rate_limit_error(
    reply: Reply, authorized: bool, now: float, server_time: float
) -> RateLimitExceeded:
    is_used_up = _number(reply, "x-ratelimit-remaining") == 0
    reset = _number(reply, "x-ratelimit-reset")
    wait = _retry_after(reply, server_time)
    if wait is None and is_used_up and reset is not None:
        # One second more, because the header is rounded down.
        wait = reset - server_time + 1 if reset >= server_time else 0.0
    try:
        resets_at = None if wait is None else datetime.fromtimestamp(now + wait, UTC)
    except (OverflowError, OSError, ValueError):  # no calendar has it
        resets_at = None
    limit = _number(reply, "x-ratelimit-limit") if is_used_up else None
    is_search = reply.headers.get("x-ratelimit-resource") == "search"
    message = "" if is_used_up else reply.message
    return RateLimitExceeded(limit, wait, resets_at, authorized, is_search, message)


def _retry_after(reply: Reply, server_time: float) -> float | None:
    """Return the Retry-After header in seconds. It may be a date.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    after = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", after):
        return float(after)
    time = _http_date(after)
    return None if time is None else max(0.0, time - server_time)


def _http_date(text: str) -> float | None:
    """Return an HTTP date in seconds since the epoch, None if *text* is not one."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _number(reply: Reply, header: str) -> int | None:
    """Return the number in a *header*. One that was sent twice has two, with a comma between."""
    first = reply.headers.get(header, "").partition(",")[0].strip()
    return int(first) if re.fullmatch(r"[0-9]{1,18}", first) else None

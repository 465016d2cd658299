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
from generator.github.api import Reply, error_message

# Attempts before a failing request is given up. The client limits the waits for rate limits.
MAX_ATTEMPTS = 5
# In seconds. GitHub asks to wait a minute, and twice as long after each further refusal.
FIRST_LIMIT_WAIT = 60.0
FIRST_BACKOFF = 1.0
MAX_LIMIT_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A rate limit and what is left of it.

    Attributes:
        limit: the number of requests that the server allows in a period.
        remaining: the number of requests left in this period.
        resets_at: the end of this period, aware, UTC.
    """

    limit: int
    remaining: int
    resets_at: datetime


def reply_error(reply: Reply, authorized: bool, now: float) -> SourceError | None:
    """Return the error that *reply* means, None if it is a good answer.

    Args:
        reply: the reply.
        authorized: whether the request carried a token.
        now: the time in seconds since the epoch.
    """
    if reply.status in (200, 204, 304) or reply.is_limit:
        return None
    if _is_rate_limit(reply):
        return _rate_limit_error(reply, authorized, now)
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
    message = error_message(reply.body)
    return Refused(reply.url, reply.status, message, advice, _retry_after(reply, now))


def retry_wait(error: SourceError, attempt: int, jitter: float) -> float | None:
    """Return the seconds to wait before the next attempt after *error*, None to give up.

    Temporary errors have exponential backoff with full jitter.
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        error: the error of the last attempt.
        attempt: the number of attempts that failed in this way, by a rate limit or otherwise,
            from 1.
        jitter: a random number from 0 to 1.
    """
    if isinstance(error, RateLimitExceeded):
        if error.wait is None:
            return min(FIRST_LIMIT_WAIT * 2.0 ** (attempt - 1), MAX_LIMIT_WAIT)
        # A server may say "now" each time. Repeated attempts are further and further apart.
        return max(error.wait, min(2.0 ** (attempt - 1) - 1, MAX_LIMIT_WAIT))
    if attempt >= MAX_ATTEMPTS or not is_temporary(error):
        return None
    requested = error.wait if isinstance(error, Refused) else None
    return max(requested or 0.0, jitter * FIRST_BACKOFF * 2.0 ** (attempt - 1))


def is_temporary(error: SourceError) -> bool:
    """Return whether another attempt may succeed after *error*."""
    if isinstance(error, Refused):
        return error.status >= 500 or error.status in (202, 408)
    return isinstance(error, (Unreachable, RequestFailed, UnexpectedReply))


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
        raise UnexpectedReply(
            reply.url, f"it has no rate limit for {resource}", "a rate limit"
        ) from exc


def _is_rate_limit(reply: Reply) -> bool:
    """Return whether *reply* is a primary or secondary rate limit. Both come as 403 or 429."""
    if reply.status == 403:
        return (
            _is_used_up(reply)
            or "retry-after" in reply.headers
            or bool(
                re.search("rate limit|abuse detection", error_message(reply.body), re.IGNORECASE)
            )
        )
    return reply.status == 429


def _rate_limit_error(reply: Reply, authorized: bool, now: float) -> RateLimitExceeded:
    used_up = _is_used_up(reply)
    limit = _number(reply.headers.get("x-ratelimit-limit")) if used_up else None
    wait = _requested_wait(reply, now)
    is_search = reply.headers.get("x-ratelimit-resource") == "search"
    message = "" if used_up else error_message(reply.body)
    return RateLimitExceeded(limit, wait, _datetime(wait, now), authorized, is_search, message)


def _requested_wait(reply: Reply, now: float) -> float | None:
    """Return the seconds that *reply* asks to wait, 0 or more; None if it names no time.

    Times are compared with the server's clock, because this machine's may be wrong.
    """
    if (seconds := _retry_after(reply, now)) is not None:
        return seconds
    reset = _number(reply.headers.get("x-ratelimit-reset"))
    if _is_used_up(reply) and reset is not None:
        clock = _server_time(reply, now)
        # One second more, because the header is rounded down.
        return reset - clock + 1 if reset >= clock else 0.0
    return None


def _is_used_up(reply: Reply) -> bool:
    return _number(reply.headers.get("x-ratelimit-remaining")) == 0


def _retry_after(reply: Reply, now: float) -> float | None:
    """Return the Retry-After header in seconds.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    after = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", after):
        return float(after)
    time = _http_date(after)
    return None if time is None else max(0.0, time - _server_time(reply, now))


def _server_time(reply: Reply, now: float) -> float:
    return _http_date(reply.headers.get("date")) or now


def _http_date(text: str | None) -> float | None:
    """Return an HTTP date in seconds since the epoch, None if *text* is not one.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
    """
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _datetime(wait: float | None, now: float) -> datetime | None:
    """Return the time after *wait* seconds, None if no calendar has it."""
    try:
        return None if wait is None else datetime.fromtimestamp(now + wait, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _number(text: str | None) -> int | None:
    """Return the number in a header. One that was sent twice has its values joined by a comma."""
    first = (text or "").partition(",")[0].strip()
    return int(first) if re.fullmatch(r"[0-9]{1,18}", first) else None

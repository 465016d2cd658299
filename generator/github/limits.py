"""What GitHub refuses, and how long to wait before asking again. Does no I/O.

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
from generator.github.api import Reply, message

# How often one thing fails before it is given up, and the seconds that waiting starts with. The
# waits for a limit of unknown length, 60 + 120 + 240 + 480 s, are 15 minutes together; how long
# to wait for limits at all is up to the client.
MAX_ATTEMPTS = 5
SECONDARY_LIMIT = 60.0
BACKOFF = 1.0
LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests a server allows in an hour, and how many *remain* until *resets_at*.

    *resets_at* is aware, UTC.
    """

    limit: int
    remaining: int
    resets_at: datetime


def refusal(reply: Reply, authorized: bool, now: float) -> SourceError | None:
    """Return what *reply* means as an error, None when it is an answer.

    Both kinds of rate limit come as 403 or 429.

    Args:
        reply: the answer.
        authorized: whether the request carried a token.
        now: the time in seconds since the epoch.
    """
    if reply.status in (200, 204, 304):
        return None
    said = message(reply.body)
    used_up = _is_used_up(reply)
    if reply.status == 429 or (
        reply.status == 403
        and (
            used_up
            or "retry-after" in reply.headers
            or re.search("rate limit|abuse detection", said, re.IGNORECASE)
        )
    ):
        limit = _number(reply.headers.get("x-ratelimit-limit")) if used_up else None
        wait = _told_wait(reply, now)
        search = reply.headers.get("x-ratelimit-resource") == "search"
        return RateLimitExceeded(
            limit, wait, _moment(wait, now), authorized, search, "" if used_up else said
        )
    if reply.status == 401:
        advice = (
            "GITHUB_TOKEN is invalid or has expired: set another, or unset it"
            if authorized
            else "it wants a token: set GITHUB_TOKEN"
        )
    elif reply.status == 404:
        advice = (
            "is the name right, and may you see it? If it is, is the API there?"
            " GITHUB_API_URL or --api-url names it (GitHub Enterprise Server: https://HOST/api/v3)"
        )
    elif reply.status >= 500:
        advice = "run the same command again later to continue"
    else:
        advice = "it was not tried again"
    return Refused(reply.url, reply.status, said, advice, _retry_after(reply, now))


def retry_wait(error: SourceError, attempt: int, jitter: float) -> float | None:
    """Return the seconds to wait before asking again after *error*, None to give up.

    A limit is waited out; what may pass by itself is tried again after exponential backoff with
    full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    Args:
        error: what went wrong.
        attempt: how often it failed in this way, a limit or a fault, from 1.
        jitter: a random number from 0 to 1.
    """
    if isinstance(error, RateLimitExceeded):
        # What is refused again and again is not asked at once, whatever the headers say.
        least = min(2.0 ** (attempt - 1) - 1, LONGEST)
        if error.wait is None:
            return min(SECONDARY_LIMIT * 2.0 ** (attempt - 1), LONGEST)
        return max(error.wait, least)
    if attempt >= MAX_ATTEMPTS or not may_pass(error):
        return None
    told = error.wait if isinstance(error, Refused) else None
    return max(told or 0.0, jitter * BACKOFF * 2.0 ** (attempt - 1))


def may_pass(error: SourceError) -> bool:
    """Return whether what *error* says may be over in a moment."""
    if isinstance(error, Refused):
        return error.status >= 500 or error.status in (202, 408)
    return isinstance(error, (Unreachable, RequestFailed, UnexpectedReply))


def too_slow(error: SourceError) -> bool:
    """Return whether the server may have had more to do than it has time for.

    GitHub ends a request after 10 seconds.
    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
    """
    if isinstance(error, Refused):
        return error.status in (408, 502, 504)
    return isinstance(error, RequestFailed) and error.timed_out


def read_rate_limit(reply: Reply, resource: str) -> RateLimit:
    """Decode what /rate_limit says of *resource*, "core" or "search".

    https://docs.github.com/en/rest/rate-limit/rate-limit

    Raises:
        UnexpectedReply: it is not an answer of that kind.
    """
    try:
        found = json.loads(reply.body)["resources"][resource]
        resets_at = datetime.fromtimestamp(found["reset"], UTC)
        return RateLimit(int(found["limit"]), int(found["remaining"]), resets_at)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError) as exc:
        raise UnexpectedReply(
            reply.url, "it does not say what the rate limit is", "a rate limit"
        ) from exc


def _told_wait(reply: Reply, now: float) -> float | None:
    """Return the seconds that *reply* says to wait, never negative; None when it does not say.

    Moments are compared with the server's own clock: ours may be wrong.
    """
    if (told := _retry_after(reply, now)) is not None:
        return told
    reset = _number(reply.headers.get("x-ratelimit-reset"))
    if _is_used_up(reply) and reset is not None:
        # A second more: the header is cut down to whole ones.
        clock = _clock(reply, now)
        return reset - clock + 1 if reset >= clock else 0.0
    return None


def _is_used_up(reply: Reply) -> bool:
    # A header that comes twice is one with a comma.
    return reply.headers.get("x-ratelimit-remaining", "").partition(",")[0].strip() == "0"


def _retry_after(reply: Reply, now: float) -> float | None:
    """https://www.rfc-editor.org/rfc/rfc9110#name-retry-after, in seconds."""
    after = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", after):
        return float(after)
    moment = _http_date(after)
    return None if moment is None else max(0.0, moment - _clock(reply, now))


def _clock(reply: Reply, now: float) -> float:
    return _http_date(reply.headers.get("date")) or now


def _http_date(text: str | None) -> float | None:
    """https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7, in seconds since the epoch."""
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _moment(wait: float | None, now: float) -> datetime | None:
    try:
        return None if wait is None else datetime.fromtimestamp(now + wait, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _number(text: str | None) -> int | None:
    first = (text or "").partition(",")[0].strip()
    return int(first) if re.fullmatch(r"[0-9]{1,18}", first) else None

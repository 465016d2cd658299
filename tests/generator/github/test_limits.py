from datetime import UTC, datetime

import pytest

from generator.errors import (
    RateLimitExceeded,
    Refused,
    RequestFailed,
    SourceError,
    UnexpectedRecord,
    UnexpectedReply,
    Unreachable,
)
from generator.github.limits import (
    MAX_ATTEMPTS,
    RateLimit,
    is_timeout,
    read_rate_limit,
    reply_error,
    retry_wait,
)
from tests.factories import make_reply

URL = "https://api.github.com/users?since=0&per_page=100"
DATE = "Thu, 01 Jan 1970 00:20:00 GMT"  # 1200
USED_UP = {"x_ratelimit_remaining": "0", "x_ratelimit_limit": "60", "x_ratelimit_reset": "4600"}


@pytest.mark.parametrize(
    ("reply", "resets_at"),
    [
        pytest.param(make_reply(status=403, **USED_UP), 4601, id="used up"),
        pytest.param(make_reply(status=429, **USED_UP), 4601, id="used up, as 429"),
        pytest.param(make_reply(status=429), None, id="429 without headers"),
        pytest.param(
            make_reply(status=403, retry_after="30"), 1030, id="secondary, with retry-after"
        ),
        pytest.param(
            make_reply({"message": "You have exceeded a secondary rate limit."}, 403),
            None,
            id="secondary, without a time",
        ),
        pytest.param(
            make_reply({"message": "abuse detection mechanism"}, 403),
            None,
            id="secondary, with the old message",
        ),
        pytest.param(
            make_reply(status=429, x_ratelimit_remaining="33", x_ratelimit_reset="4600"),
            None,
            id="secondary, not until the primary limit's reset",
        ),
        pytest.param(
            make_reply(status=403, x_ratelimit_remaining="0", x_ratelimit_reset="900"),
            1000,
            id="reset in the past",
        ),
        pytest.param(
            make_reply(status=403, x_ratelimit_remaining="0", x_ratelimit_reset="9" * 18),
            None,
            id="reset beyond any calendar",
        ),
    ],
)
def test_a_rate_limit_is_recognised_and_has_its_end(reply, resets_at):
    error = reply_error(reply, authorized=False, now=1000)
    assert isinstance(error, RateLimitExceeded)
    assert error.resets_at == (resets_at and datetime.fromtimestamp(resets_at, UTC))
    assert "GITHUB_TOKEN" in str(error)


def test_a_token_is_not_advised_if_there_is_one():
    assert "GITHUB_TOKEN" not in str(reply_error(make_reply(status=403, **USED_UP), True, 0))


def test_a_used_up_limit_is_named_with_its_size_and_end():
    error = reply_error(make_reply(status=403, **USED_UP), authorized=False, now=0)
    assert "60 requests an hour is used up until 1970-01-01 01:16:41 UTC" in str(error)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "GITHUB_TOKEN (or GH_TOKEN) is invalid"),
        (404, "--api-url"),
        (503, "run the same command again later"),
        (403, ""),
    ],
)
def test_other_errors_have_githubs_message_and_advice(status, advice):
    error = reply_error(make_reply({"message": "Not like this"}, status), authorized=True, now=0)
    assert isinstance(error, Refused)
    assert error.status == status
    assert "Not like this" in str(error)
    assert URL in str(error)
    assert advice in str(error)


def test_401_without_a_token_advises_to_set_one():
    assert "the server requires a token: set GITHUB_TOKEN" in str(
        reply_error(make_reply({}, 401), False, 0)
    )


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_good_reply_is_not_an_error(status):
    assert reply_error(make_reply([], status), authorized=False, now=0) is None


def limited(**headers):
    return reply_error(make_reply(status=403, **headers), authorized=False, now=1000)


def used_up(reset, **headers):
    return limited(x_ratelimit_remaining="0", x_ratelimit_reset=reset, **headers)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        pytest.param(limited(retry_after="30"), 30, id="retry-after"),
        pytest.param(limited(retry_after="1.5"), 1.5, id="retry-after with a fraction"),
        pytest.param(limited(retry_after="0"), 0, id="retry-after 0"),
        pytest.param(limited(retry_after="-5"), 60, id="invalid retry-after"),
        pytest.param(
            limited(retry_after="Thu, 01 Jan 1970 00:20:30 GMT", date=DATE),
            30,
            id="retry-after a date",
        ),
        pytest.param(limited(retry_after=DATE, date=DATE), 0, id="retry-after a date in the past"),
        pytest.param(
            used_up("1060", retry_after="5"), 5, id="retry-after takes precedence over the reset"
        ),
        pytest.param(used_up("1060"), 61, id="until the reset"),
        pytest.param(used_up("900"), 0, id="reset in the past"),
        pytest.param(used_up("-1"), 60, id="invalid reset"),
        pytest.param(used_up("1260", date=DATE), 61, id="by the server's clock"),
        pytest.param(used_up("1060", date=DATE), 0, id="past by the server's clock"),
        pytest.param(used_up("1060", date="yesterday"), 61, id="invalid date"),
        pytest.param(
            limited(retry_after="", x_ratelimit_remaining="0"), 60, id="secondary, without a time"
        ),
    ],
)
def test_the_first_wait_for_a_rate_limit(error, wait):
    assert isinstance(error, RateLimitExceeded)
    assert retry_wait(error, attempt=1, jitter=0.5) == wait


def test_waits_for_a_limit_of_unknown_length_double():
    error = reply_error(make_reply(status=429), authorized=True, now=0)
    waits = [retry_wait(error, attempt, jitter=0.5) for attempt in range(1, MAX_ATTEMPTS + 1)]
    assert waits == [60, 120, 240, 480, 960]


def test_a_limit_that_lasts_after_its_end_is_tried_again_less_and_less_often():
    waits = [retry_wait(used_up("900"), attempt, jitter=0) for attempt in range(1, 6)]
    assert waits == [0, 1, 3, 7, 15]


def test_a_wait_for_a_limit_of_unknown_length_is_at_most_an_hour():
    error = reply_error(make_reply(status=429), authorized=True, now=0)
    assert retry_wait(error, attempt=50, jitter=0) == 3600
    assert retry_wait(used_up("900"), attempt=50, jitter=0) == 3600


def test_the_limit_of_searches_is_per_minute():
    error = reply_error(
        make_reply(
            status=403,
            x_ratelimit_remaining="0",
            x_ratelimit_limit="10",
            x_ratelimit_resource="search",
        ),
        authorized=False,
        now=0,
    )
    assert "limit of 10 requests a minute is used up" in str(error)
    assert "GITHUB_TOKEN to raise the limit to 30," in str(error)


def test_githubs_message_is_shown_without_control_characters():
    message = "You have exceeded\x1b[2J a secondary\r\nrate limit"
    error = reply_error(make_reply({"message": message}, 403), authorized=True, now=0)
    assert "(You have exceeded[2J a secondary rate limit)" in str(error)


def test_a_header_that_is_sent_twice_is_read_once():
    assert limited(x_ratelimit_remaining="0, 0", x_ratelimit_reset="1060, 1060").wait == 61


def error_of(status, **headers):
    return reply_error(make_reply(b"", status, **headers), authorized=True, now=0)


TEMPORARY = [
    *(error_of(status) for status in (202, 408, 500, 502, 503, 504)),
    RequestFailed(URL, "peer closed", timed_out=False),
    RequestFailed(URL, "too slow", timed_out=True),
    Unreachable(URL, "no route"),
    UnexpectedReply(URL, "it is not JSON"),
]


@pytest.mark.parametrize("error", TEMPORARY, ids=lambda error: error.summary[:40])
def test_a_temporary_error_has_exponential_backoff_with_full_jitter(error):
    def waits(jitter):
        return [retry_wait(error, attempt, jitter) for attempt in range(1, 6)]

    assert waits(jitter=0) == [0, 0, 0, 0, None]
    assert waits(jitter=1) == [1, 2, 4, 8, None]


def test_a_server_error_is_not_a_rate_limit_whatever_its_headers():
    error = error_of(502, x_ratelimit_remaining="0", x_ratelimit_reset="3600")
    assert retry_wait(error, attempt=1, jitter=1) == 1


def test_retry_after_of_a_server_error_is_waited_for():
    assert retry_wait(error_of(503, retry_after="20"), attempt=1, jitter=0.5) == 20


@pytest.mark.parametrize(
    "error",
    [
        *(error_of(status) for status in (400, 401, 403, 404, 410, 422, 451)),
        UnexpectedRecord("here", "it has no id"),
        SourceError("a redirect in a circle"),
    ],
    ids=lambda error: error.summary[:40],
)
def test_a_permanent_error_is_not_tried_again(error):
    assert retry_wait(error, attempt=1, jitter=0.5) is None


@pytest.mark.parametrize(
    ("error", "is_slow"),
    [
        (error_of(408), True),
        (error_of(500), False),
        (error_of(502), True),
        (error_of(503), False),
        (error_of(504), True),
        (RequestFailed(URL, "too slow", timed_out=True), True),
        (RequestFailed(URL, "peer closed", timed_out=False), False),
        (UnexpectedReply(URL, "it is not JSON"), False),
    ],
)
def test_a_timeout_differs_from_another_server_error(error, is_slow):
    assert is_timeout(error) == is_slow


def test_the_rate_limit_of_one_resource_is_read():
    core = {"limit": 60, "remaining": 58, "reset": 4600, "used": 2}
    body = {"resources": {"core": core}, "rate": {**core, "remaining": 1}}
    limit = read_rate_limit(make_reply(body), "core")
    assert limit == RateLimit(60, 58, datetime.fromtimestamp(4600, UTC))


@pytest.mark.parametrize(
    "body", [{}, [], b"<html>", {"resources": {"core": {"limit": 60, "reset": "soon"}}}]
)
def test_a_reply_without_a_rate_limit_is_an_error(body):
    with pytest.raises(UnexpectedReply, match="did not answer with a rate limit"):
        read_rate_limit(make_reply(body), "core")

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
    read_rate_limit,
    refusal,
    retry_wait,
    too_slow,
)
from tests.factories import make_reply

URL = "https://api.github.com/users?since=0&per_page=100"
DATE = "Thu, 01 Jan 1970 00:20:00 GMT"  # 1200
USED_UP = {"x_ratelimit_remaining": "0", "x_ratelimit_limit": "60", "x_ratelimit_reset": "4600"}


@pytest.mark.parametrize(
    ("answer", "resets_at"),
    [
        pytest.param(make_reply(status=403, **USED_UP), 4601, id="used up"),
        pytest.param(make_reply(status=429, **USED_UP), 4601, id="used up, as 429"),
        pytest.param(make_reply(status=429), None, id="429 without a word"),
        pytest.param(make_reply(status=403, retry_after="30"), 1030, id="secondary, told how long"),
        pytest.param(
            make_reply({"message": "You have exceeded a secondary rate limit."}, 403),
            None,
            id="not told",
        ),
        pytest.param(
            make_reply({"message": "abuse detection mechanism"}, 403),
            None,
            id="not told, in old words",
        ),
        pytest.param(
            make_reply(status=429, x_ratelimit_remaining="33", x_ratelimit_reset="4600"),
            None,
            id="secondary: not when the primary limit ends",
        ),
        pytest.param(
            make_reply(status=403, x_ratelimit_remaining="0", x_ratelimit_reset="900"),
            1000,
            id="in the past",
        ),
        pytest.param(
            make_reply(status=403, x_ratelimit_remaining="0", x_ratelimit_reset="9" * 18),
            None,
            id="absurd",
        ),
    ],
)
def test_a_rate_limit_is_recognised_and_says_when_it_ends(answer, resets_at):
    error = refusal(answer, authorized=False, now=1000)
    assert isinstance(error, RateLimitExceeded)
    assert error.resets_at == (resets_at and datetime.fromtimestamp(resets_at, UTC))
    assert "GITHUB_TOKEN" in str(error)


def test_a_token_is_not_advised_where_there_is_one():
    assert "GITHUB_TOKEN" not in str(refusal(make_reply(status=403, **USED_UP), True, 0))


def test_a_used_up_limit_is_named_with_its_size_and_end():
    error = refusal(make_reply(status=403, **USED_UP), authorized=False, now=0)
    assert "60 requests an hour is used up until 1970-01-01 01:16:41 UTC" in str(error)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "GITHUB_TOKEN is invalid"),
        (404, "--api-url"),
        (503, "run the same command again later"),
        (403, ""),
    ],
)
def test_other_refusals_carry_githubs_words_and_advice(status, advice):
    error = refusal(make_reply({"message": "Not like this"}, status), authorized=True, now=0)
    assert isinstance(error, Refused)
    assert error.status == status
    assert "Not like this" in str(error)
    assert URL in str(error)
    assert advice in str(error)


def test_where_there_is_no_token_a_401_asks_for_one():
    assert "it wants a token: set GITHUB_TOKEN" in str(refusal(make_reply({}, 401), False, 0))


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_good_answer_is_no_refusal(status):
    assert refusal(make_reply([], status), authorized=False, now=0) is None


def limited(**headers):
    return refusal(make_reply(status=403, **headers), authorized=False, now=1000)


def used_up(reset, **headers):
    return limited(x_ratelimit_remaining="0", x_ratelimit_reset=reset, **headers)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        pytest.param(limited(retry_after="30"), 30, id="told how long"),
        pytest.param(limited(retry_after="1.5"), 1.5, id="told in fractions"),
        pytest.param(limited(retry_after="0"), 0, id="told not to wait"),
        pytest.param(limited(retry_after="-5"), 60, id="told nonsense"),
        pytest.param(
            limited(retry_after="Thu, 01 Jan 1970 00:20:30 GMT", date=DATE), 30, id="told a date"
        ),
        pytest.param(limited(retry_after=DATE, date=DATE), 0, id="told a date that is past"),
        pytest.param(used_up("1060", retry_after="5"), 5, id="retry-after goes before the reset"),
        pytest.param(used_up("1060"), 61, id="until the reset"),
        pytest.param(used_up("900"), 0, id="reset in the past"),
        pytest.param(used_up("-1"), 60, id="reset is nonsense"),
        pytest.param(used_up("1260", date=DATE), 61, id="by the server's clock, not by ours"),
        pytest.param(used_up("1060", date=DATE), 0, id="in the past by the server's clock"),
        pytest.param(used_up("1060", date="yesterday"), 61, id="a date that is none"),
        pytest.param(limited(retry_after="", x_ratelimit_remaining="0"), 60, id="not told"),
    ],
)
def test_the_first_wait_for_a_limit(error, wait):
    assert isinstance(error, RateLimitExceeded)
    assert retry_wait(error, attempt=1, jitter=0.5) == wait


def test_a_limit_of_unknown_length_is_waited_for_longer_and_longer():
    error = refusal(make_reply(status=429), authorized=True, now=0)
    waits = [retry_wait(error, attempt, jitter=0.5) for attempt in range(1, MAX_ATTEMPTS + 1)]
    assert waits == [60, 120, 240, 480, 960]


def test_a_limit_that_is_said_to_be_over_and_is_not_is_not_asked_at_once_for_ever():
    waits = [retry_wait(used_up("900"), attempt, jitter=0) for attempt in range(1, 6)]
    assert waits == [0, 1, 3, 7, 15]


def test_no_wait_for_a_limit_of_unknown_length_is_longer_than_an_hour():
    error = refusal(make_reply(status=429), authorized=True, now=0)
    assert retry_wait(error, attempt=50, jitter=0) == 3600
    assert retry_wait(used_up("900"), attempt=50, jitter=0) == 3600


def test_the_limit_of_searches_is_for_a_minute():
    error = refusal(
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


def test_githubs_words_for_a_secondary_limit_are_passed_on_and_no_command_to_a_terminal():
    message = "You have exceeded\x1b[2J a secondary\r\nrate limit"
    error = refusal(make_reply({"message": message}, 403), authorized=True, now=0)
    assert "(You have exceeded[2J a secondary rate limit)" in str(error)


def test_a_header_that_comes_twice_is_read_once():
    assert limited(x_ratelimit_remaining="0, 0", x_ratelimit_reset="1060, 1060").wait == 61


def answered(status, **headers):
    return refusal(make_reply(b"", status, **headers), authorized=True, now=0)


PASSING = [
    *(answered(status) for status in (202, 408, 500, 502, 503, 504)),
    RequestFailed(URL, "peer closed", timed_out=False),
    RequestFailed(URL, "too slow", timed_out=True),
    Unreachable(URL, "no route"),
    UnexpectedReply(URL, "it is not JSON"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: error.summary[:40])
def test_what_may_pass_is_tried_again_with_backoff_and_full_jitter(error):
    def waits(jitter):
        return [retry_wait(error, attempt, jitter) for attempt in range(1, 6)]

    assert waits(jitter=0) == [0, 0, 0, 0, None]
    assert waits(jitter=1) == [1, 2, 4, 8, None]


def test_a_fault_is_none_of_the_limit_that_is_used_up():
    error = answered(502, x_ratelimit_remaining="0", x_ratelimit_reset="3600")
    assert retry_wait(error, attempt=1, jitter=1) == 1


def test_a_server_that_says_when_to_come_back_is_believed():
    assert retry_wait(answered(503, retry_after="20"), attempt=1, jitter=0.5) == 20


@pytest.mark.parametrize(
    "error",
    [
        *(answered(status) for status in (400, 401, 403, 404, 410, 422, 451)),
        UnexpectedRecord("here", "it has no id"),
        SourceError("a redirect in a circle"),
    ],
    ids=lambda error: error.summary[:40],
)
def test_what_will_not_pass_is_not_tried_again(error):
    assert retry_wait(error, attempt=1, jitter=0.5) is None


@pytest.mark.parametrize(
    ("error", "slow"),
    [
        (answered(408), True),
        (answered(500), False),
        (answered(502), True),
        (answered(503), False),
        (answered(504), True),
        (RequestFailed(URL, "too slow", timed_out=True), True),
        (RequestFailed(URL, "peer closed", timed_out=False), False),
        (UnexpectedReply(URL, "it is not JSON"), False),
    ],
)
def test_a_server_that_took_too_long_is_told_from_one_that_failed(error, slow):
    assert too_slow(error) == slow


def test_what_is_left_is_read_from_the_resource():
    core = {"limit": 60, "remaining": 58, "reset": 4600, "used": 2}
    body = {"resources": {"core": core}, "rate": {**core, "remaining": 1}}
    limit = read_rate_limit(make_reply(body), "core")
    assert limit == RateLimit(60, 58, datetime.fromtimestamp(4600, UTC))


@pytest.mark.parametrize(
    "body", [{}, [], b"<html>", {"resources": {"core": {"limit": 60, "reset": "soon"}}}]
)
def test_an_answer_that_says_nothing_of_limits_is_refused(body):
    with pytest.raises(UnexpectedReply, match="did not answer with a rate limit"):
        read_rate_limit(make_reply(body), "core")

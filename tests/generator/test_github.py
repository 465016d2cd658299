import json
from datetime import UTC, datetime

import pytest

from function.contract import Profile
from generator.errors import RateLimitExceeded, Refused, UnexpectedRecord, UnexpectedReply
from generator.github import (
    Reply,
    next_url,
    read_user,
    read_users,
    refusal,
    request_headers,
    since,
    users_url,
    with_parameter,
)
from tests.fake_github import user

URL = "https://api.github.com/users?since=0&per_page=100"
NEXT = "https://api.github.com/users?per_page=100&since=135"


def reply(body: object = None, status: int = 200, url: str = URL, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(url, status, named, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("link", "url"),
    [
        pytest.param("", None, id="none"),
        pytest.param(
            f'<{NEXT}>; rel="next", <https://api.github.com/users{{?since}}>; rel="first"',
            NEXT,
            id="as GitHub sends it",
        ),
        pytest.param(
            f'<https://api.github.com/users{{?since}}>; rel="first", <{NEXT}>; rel="next"',
            NEXT,
            id="the other way round",
        ),
        pytest.param('<https://api.github.com/users{?since}>; rel="first"', None, id="the last"),
        pytest.param(f"<{NEXT}>;rel=next", NEXT, id="without quotes"),
        pytest.param(f'<{NEXT}>; title="a, b; c"; rel="last next"', NEXT, id="two relations"),
        pytest.param(f'<{NEXT}>; REL="NEXT"', NEXT, id="upper case"),
        pytest.param(f'<{NEXT}>; rel="nextish"', None, id="a longer word"),
        pytest.param(
            '</users?since=3>; rel="next"', "https://api.github.com/users?since=3", id="relative"
        ),
        pytest.param(
            '<https://a.test/?q=1,2;x>; rel="next"', "https://a.test/?q=1,2;x", id="punctuation"
        ),
        pytest.param("nonsense", None, id="no link at all"),
    ],
)
def test_only_rel_next_is_followed(link, url):
    assert next_url(reply([], link=link)) == url


@pytest.mark.parametrize(
    ("url", "value"),
    [(NEXT, 135), ("https://a.test/users?page=2", None), ("https://a.test/?since=x", None)],
)
def test_since_is_read_from_an_address(url, value):
    assert since(url) == value


def test_a_parameter_is_set_and_the_others_kept():
    assert with_parameter("https://a.test/u?per_page=100&since=5&q=a%26b", "per_page", 50) == (
        "https://a.test/u?since=5&q=a%26b&per_page=50"
    )


@pytest.mark.parametrize("base", ["https://ghe.test/api/v3", "https://ghe.test/api/v3/"])
def test_an_enterprise_server_has_its_own_base(base):
    assert users_url(base, since=7) == "https://ghe.test/api/v3/users?since=7"


def test_a_request_says_what_github_wants_to_know():
    assert request_headers("t0ken") == {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "github-user-directory",
        "Authorization": "Bearer t0ken",
    }
    assert "Authorization" not in request_headers(None)


USED_UP = {"x_ratelimit_remaining": "0", "x_ratelimit_limit": "60", "x_ratelimit_reset": "4600"}


@pytest.mark.parametrize(
    ("answer", "resets_at"),
    [
        pytest.param(reply(status=403, **USED_UP), 4600, id="used up"),
        pytest.param(reply(status=429, **USED_UP), 4600, id="used up, as 429"),
        pytest.param(reply(status=429), None, id="429 without a word"),
        pytest.param(reply(status=403, retry_after="30"), 1030, id="secondary, told how long"),
        pytest.param(
            reply({"message": "You have exceeded a secondary rate limit."}, 403),
            None,
            id="not told",
        ),
        pytest.param(
            reply({"message": "abuse detection mechanism"}, 403), None, id="not told, in old words"
        ),
        pytest.param(
            reply(status=429, x_ratelimit_remaining="33", x_ratelimit_reset="4600"),
            None,
            id="secondary: not when the primary limit ends",
        ),
        pytest.param(
            reply(status=403, x_ratelimit_remaining="0", x_ratelimit_reset="900"),
            1000,
            id="in the past",
        ),
        pytest.param(
            reply(status=403, x_ratelimit_remaining="0", x_ratelimit_reset="9" * 18),
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
    assert "GITHUB_TOKEN" not in str(refusal(reply(status=403, **USED_UP), True, 0))


def test_a_used_up_limit_is_named_with_its_size_and_end():
    error = refusal(reply(status=403, **USED_UP), authorized=False, now=0)
    assert "60 requests an hour is used up until 1970-01-01 01:16:40 UTC" in str(error)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "GITHUB_TOKEN is invalid"),
        (404, "--api-url"),
        (503, "try it again later"),
        (403, ""),
    ],
)
def test_other_refusals_carry_githubs_words_and_advice(status, advice):
    error = refusal(reply({"message": "Not like this"}, status), authorized=True, now=0)
    assert isinstance(error, Refused)
    assert error.status == status
    assert "Not like this" in str(error)
    assert URL in str(error)
    assert advice in str(error)


def test_where_there_is_no_token_a_401_asks_for_one():
    assert "it wants a token: set GITHUB_TOKEN" in str(refusal(reply({}, 401), False, 0))


def test_a_good_answer_is_no_refusal():
    assert refusal(reply([]), authorized=False, now=0) is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"<html>", "not JSON, and starts '<html>'", id="HTML"),
        pytest.param(b'[{"id": 1', "not JSON", id="cut off"),
        pytest.param(b"[" * 100_000, "not JSON", id="too deep"),
        pytest.param(b"\xff\xfe", "not JSON", id="no text"),
        pytest.param({"message": "Moved"}, "Moved", id="an object with a message"),
        pytest.param({}, "a JSON object", id="an object"),
        pytest.param("x", "a JSON string", id="a string"),
    ],
)
def test_a_body_that_is_no_list_of_users_is_refused_with_its_address(body, says):
    with pytest.raises(UnexpectedReply, match=says) as refused:
        read_users(reply(body))
    assert URL in str(refused.value)


def test_users_are_read_in_their_order_and_null_members_survived():
    body = [user(1, "mojombo"), None, user(44, "errfree", "Organization", extra=[1])]
    assert [(p.id, p.username, p.type) for p in read_users(reply(body))] == [
        (1, "mojombo", "User"),
        (44, "errfree", "Organization"),
    ]


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in user(7, "seven").items() if key != name}


@pytest.mark.parametrize(
    ("record", "says"),
    [
        *[
            pytest.param(without(name), f"it has no {name}", id=f"no {name}")
            for name in ("id", "login", "type", "avatar_url", "html_url")
        ],
        pytest.param(user(7, "seven") | {"type": None}, "no type", id="null"),
        pytest.param(user(7, "seven") | {"id": "7"}, "id is not a whole number", id="id in quotes"),
        pytest.param(user(7, "seven") | {"id": True}, "id is not a whole number", id="id true"),
        pytest.param(user(7, "seven") | {"id": 7.0}, "id is not a whole number", id="id a float"),
        pytest.param(user(7, "seven") | {"id": -7}, "not from 0", id="id negative"),
        pytest.param(user(7, "seven") | {"id": 2**63}, "not from 0", id="id beyond SQLite's"),
        pytest.param(user(7, "seven") | {"login": 8}, "login is not a text", id="login a number"),
        pytest.param(user(7, " "), "it has no login", id="a blank login"),
        pytest.param(user(7, "\ud800"), "half a surrogate pair", id="half a surrogate pair"),
        pytest.param([1], "a JSON list, not a user object", id="a list"),
    ],
)
def test_a_record_that_lacks_something_is_refused_with_its_place(record, says):
    with pytest.raises(UnexpectedRecord, match=says) as refused:
        read_users(reply([user(1, "ok"), record]))
    assert f"{URL}, record 2" in str(refused.value)


def test_outside_githubs_replies_only_id_and_login_are_needed():
    assert read_user({"id": 7, "login": "seven"}, "here", complete=False) == Profile(
        *(7, "seven", "User"),
        *("https://avatars.githubusercontent.com/u/7?v=4", "https://github.com/seven"),
    )


def test_an_apps_page_is_under_apps():
    profile = read_user({"id": 7, "login": "seven[bot]"}, "here", complete=False)
    assert profile.html_url == "https://github.com/apps/seven"

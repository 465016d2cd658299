import httpx
import pytest

from generator.errors import Refused, SourceError
from generator.github import Reply
from tests.generator.github.clients import API, body, client, good, same


def test_get_returns_the_decoded_reply():
    response = httpx.Response(200, headers={"ETag": "x"}, content=b"[]")
    expected = Reply(f"{API}/users", 200, {"etag": "x", "content-length": "2"}, b"[]")
    assert client([response]).get(f"{API}/users", same) == expected
    assert client([response]).get(f"{API}/users", body) == b"[]"


def test_request_headers_are_those_that_github_asks_for():
    seen = []

    def answer(request):
        seen.append(request.headers)
        return good()

    client(answer, token="t0ken").get(f"{API}/users", body)
    client(answer).get(f"{API}/users", body)
    assert {
        "accept": "application/vnd.github+json, application/json",
        "x-github-api-version": "2022-11-28",
        "user-agent": "github-user-directory",
        "authorization": "Bearer t0ken",
    }.items() <= dict(seen[0]).items()
    assert "authorization" not in seen[1]


NEXT = "https://api.github.com/users?per_page=100&since=135"
FIRST = '<https://api.github.com/users{?since}>; rel="first"'


@pytest.mark.parametrize(
    ("header", "target"),
    [
        pytest.param("", None, id="no link"),
        pytest.param(f'<{NEXT}>; rel="next", {FIRST}', NEXT, id="as GitHub sends it"),
        pytest.param(f'{FIRST}, <{NEXT}>; rel="next"', NEXT, id="the other way round"),
        pytest.param(FIRST, None, id="last page"),
        pytest.param(f"<{NEXT}>;rel=next", NEXT, id="without quotes"),
        pytest.param(f'<{NEXT}>; rel="nextish"', None, id="another relation"),
        pytest.param('</users?since=3>; rel="next"', "/users?since=3", id="relative"),
        pytest.param('<https://a.test/?q=1,2>; rel="next"', "https://a.test/?q=1,2", id="comma"),
        pytest.param("nonsense", None, id="nonsense"),
        pytest.param(f'<{NEXT}>; title="a\\"b"; rel="next"', NEXT, id="a quote in quotes"),
        pytest.param(
            f'<{NEXT}>; title="a; rel=prev"; rel="next"', NEXT, id="a parameter in quotes"
        ),
    ],
)
def test_a_reply_has_the_target_of_its_link_header_to_the_next_page(header, target):
    response = httpx.Response(200, headers={"Link": header}, content=b"[]")
    assert client([response]).get(f"{API}/users", same).next_url == target


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (f"{API}/users", "Bearer t0ken"),
        ("https://API.test:443/users", "Bearer t0ken"),
        ("https://other.test/users", None),
        ("http://api.test/users", None),
        ("https://api.test:444/users", None),
    ],
)
def test_the_token_is_sent_to_the_apis_origin_only(url, sent):
    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return good()

    client(answer, token="t0ken").get(url, body)
    assert seen == [sent]


def test_the_port_of_its_scheme_belongs_to_the_apis_origin():
    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return good()

    asking = client(answer, token="t0ken", api_url="http://api.test:80")
    for url in ("http://api.test/users", "http://api.test:8000/users"):
        asking.get(url, body)
    assert seen == ["Bearer t0ken", None]


@pytest.mark.parametrize("moved", ["https://moved.test/users", "https://api.test:8443/users"])
def test_a_redirect_to_another_origin_is_followed_without_the_token(moved):
    seen = []

    def answer(request):
        seen.append((str(request.url), request.headers.get("authorization")))
        if len(seen) == 1:
            return httpx.Response(301, headers={"location": moved})
        return good()

    asking = client(answer, token="t0ken")
    asking.get(f"{API}/users", body)
    assert seen == [(f"{API}/users", "Bearer t0ken"), (moved, None)]
    assert asking.requests == 2


def test_a_redirect_on_the_same_origin_keeps_the_token():
    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return httpx.Response(302, headers={"location": "/x"}) if len(seen) == 1 else good()

    client(answer, token="t0ken").get(f"{API}/users", body)
    assert seen == ["Bearer t0ken"] * 2


def test_an_etag_is_sent_and_304_is_a_good_reply():
    seen = []

    def answer(request):
        seen.append(request.headers.get("if-none-match"))
        return httpx.Response(304)

    reply = client(answer).get(f"{API}/users", same, etag='W/"1"')
    assert (reply.status, seen) == (304, ['W/"1"'])


def test_redirected_requests_are_counted():
    asking = client(lambda request: httpx.Response(302, headers={"location": str(request.url)}))
    with pytest.raises(SourceError):
        asking.get(f"{API}/users", body)
    assert asking.requests == 21


def test_the_rate_limit_is_read_from_its_endpoint():
    limit = b'{"resources": {"core": {"limit": 60, "remaining": 58, "reset": 4600}}}'
    asking = client(lambda request: good(limit) if request.url.path == "/rate_limit" else None)
    assert asking.rate_limit("core").remaining == 58


def test_404_for_the_rate_limit_means_that_there_is_none():
    assert client([httpx.Response(404)]).rate_limit("core") is None
    with pytest.raises(Refused, match="401"):
        client([httpx.Response(401)]).rate_limit("core")

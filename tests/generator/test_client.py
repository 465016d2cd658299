import httpx
import pytest

from generator.client import Client
from generator.errors import SourceError, Unreachable

API = "https://api.test"


def client(handler, token: str | None = "t0ken"):
    return Client(API, token, httpx.MockTransport(handler))


def test_a_reply_has_the_status_the_headers_and_the_bytes():
    reply = client(lambda request: httpx.Response(418, headers={"ETag": "x"}, content=b"[]")).get(
        f"{API}/users"
    )
    assert (reply.url, reply.status, reply.body) == (f"{API}/users", 418, b"[]")
    assert reply.headers["etag"] == "x"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (f"{API}/users", "Bearer t0ken"),
        ("https://other.test/users", None),
        ("http://api.test/users", None),
        ("https://api.test:444/users", None),
    ],
)
def test_the_token_goes_to_the_api_alone(url, sent):
    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return httpx.Response(200)

    client(answer).get(url)
    assert seen == [sent]


def test_redirects_are_followed_and_the_token_stays_behind():
    seen = []

    def answer(request):
        seen.append((str(request.url), request.headers.get("authorization")))
        if request.url.host == "api.test":
            return httpx.Response(301, headers={"location": "https://moved.test/users"})
        return httpx.Response(200, content=b"[]")

    assert client(answer).get(f"{API}/users").url == "https://moved.test/users"
    assert seen == [(f"{API}/users", "Bearer t0ken"), ("https://moved.test/users", None)]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (httpx.ConnectError("no route"), Unreachable),
        (httpx.ConnectTimeout("too slow"), Unreachable),
        (httpx.ProxyError("403 Forbidden"), Unreachable),
        (httpx.ReadTimeout("too slow"), SourceError),
        (httpx.RemoteProtocolError("peer closed"), SourceError),
    ],
)
def test_a_failed_request_is_named_with_its_reason(error, raised):
    def fail(request):
        error.request = request
        raise error

    with pytest.raises(raised, match=str(error)) as refused:
        client(fail).get(f"{API}/users")
    assert f"{API}/users" in str(refused.value)
    assert isinstance(refused.value, Unreachable) == (raised is Unreachable)


def test_a_redirect_to_a_dead_host_is_no_lack_of_connection():
    def answer(request):
        if request.url.host == "api.test":
            return httpx.Response(301, headers={"location": "https://dead.test/users"})
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(SourceError, match="no route") as refused:
        client(answer).get(f"{API}/users")
    assert not isinstance(refused.value, Unreachable)


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(SourceError, match="proxy"):
        Client(API, None)


def test_a_loop_of_redirects_ends():
    def answer(request):
        return httpx.Response(302, headers={"location": str(request.url)})

    with pytest.raises(SourceError, match="redirects"):
        client(answer).get(f"{API}/users")

import socket
import struct
import threading
from contextlib import contextmanager

import httpx
import pytest

from generator.errors import (
    RateLimitExceeded,
    Refused,
    RequestFailed,
    SourceError,
    UnexpectedReply,
    Unreachable,
)
from generator.github import Client, read_users
from generator.github.limits import MAX_ATTEMPTS

API = "https://api.test"


class Waits(list):
    """What a client waited, and why."""

    def __call__(self, seconds, why):
        self.append((seconds, why))


@pytest.fixture
def waits():
    return Waits()


def client(answers, waits=None, token=None, **options):
    """Return a client that gets *answers*: a function of the request, or one after another."""
    if not callable(answers):
        rest = iter(answers)

        def handler(request):
            answer = next(rest)
            if isinstance(answer, Exception):
                answer.request = request
                raise answer
            return answer
    else:
        handler = answers
    return Client(
        API,
        token,
        wait=waits if waits is not None else Waits(),
        clock=lambda: 1000.0,
        jitter=lambda: 1.0,
        transport=httpx.MockTransport(handler),
        **options,
    )


def body(reply):
    return reply.body


def good(content=b"[]"):
    return httpx.Response(200, content=content)


def test_an_answer_has_the_reply_and_what_was_read_of_it():
    asked = client([httpx.Response(200, headers={"ETag": "x"}, content=b"[]")]).ask(
        f"{API}/users", body
    )
    assert (asked.url, asked.reply.url, asked.reply.status) == (f"{API}/users", f"{API}/users", 200)
    assert (asked.read, asked.reply.headers["etag"]) == (b"[]", "x")


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
        pytest.param(f'<{NEXT}>; rel="nextish"', None, id="a longer word"),
        pytest.param('</users?since=3>; rel="next"', "/users?since=3", id="relative"),
        pytest.param('<https://a.test/?q=1,2>; rel="next"', "https://a.test/?q=1,2", id="comma"),
        pytest.param("nonsense", None, id="nonsense"),
        pytest.param(f'<{NEXT}>; title="a\\"b"; rel="next"', NEXT, id="a quote in quotes"),
        pytest.param(
            f'<{NEXT}>; title="a; rel=prev"; rel="next"', NEXT, id="a parameter in quotes"
        ),
    ],
)
def test_a_reply_has_the_targets_of_its_link_header_by_relation(header, target):
    response = httpx.Response(200, headers={"Link": header}, content=b"[]")
    links = client([response]).ask(f"{API}/users", body).reply.links
    assert links.get("next") == target


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
        return good()

    client(answer, token="t0ken").ask(url, body)
    assert seen == [sent]


@pytest.mark.parametrize("moved", ["https://moved.test/users", "https://api.test:8443/users"])
def test_redirects_are_followed_and_the_token_stays_behind(moved):
    seen = []

    def answer(request):
        seen.append((str(request.url), request.headers.get("authorization")))
        if len(seen) == 1:
            return httpx.Response(301, headers={"location": moved})
        return good()

    asking = client(answer, token="t0ken")
    assert asking.ask(f"{API}/users", body).reply.url == moved
    assert seen == [(f"{API}/users", "Bearer t0ken"), (moved, None)]
    assert asking.requests == 2


def test_a_redirect_on_the_same_host_keeps_the_token():
    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return httpx.Response(302, headers={"location": "/x"}) if len(seen) == 1 else good()

    client(answer, token="t0ken").ask(f"{API}/users", body)
    assert seen == ["Bearer t0ken"] * 2


def test_an_etag_is_asked_with_and_304_is_an_answer():
    seen = []

    def answer(request):
        seen.append(request.headers.get("if-none-match"))
        return httpx.Response(304)

    asked = client(answer).ask(f"{API}/users", body, etag='W/"1"')
    assert (asked.reply.status, seen) == (304, ['W/"1"'])


BROKEN = [
    httpx.ReadTimeout("too slow"),
    httpx.WriteTimeout("too slow"),
    httpx.ReadError("connection reset by peer"),
    httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    httpx.DecodingError("bad gzip"),
    httpx.Response(500),
    httpx.Response(502, content=b"<html>Bad Gateway"),
    httpx.Response(503),
    good(b"<html>"),
    good(b'[{"id": 1, "login"'),
    good(b'{"message": "Server Error"}'),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: repr(broken)[:40])
def test_what_may_pass_is_asked_again_and_waited_for_with_its_reason(broken, waits):
    asking = client([broken, broken, good()], waits)
    assert asking.ask(f"{API}/users", read_users).read.users == []
    assert [seconds for seconds, _ in waits] == [1, 2]
    assert all(f"{API}/users" in why for _, why in waits)
    assert asking.requests == 3


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: repr(broken)[:40])
def test_what_does_not_pass_is_given_up_after_a_few_times(broken, waits):
    asking = client([broken] * MAX_ATTEMPTS, waits)
    with pytest.raises((RequestFailed, Refused, UnexpectedReply)):
        asking.ask(f"{API}/users", read_users)
    assert [seconds for seconds, _ in waits] == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_what_is_refused_for_good_is_asked_once(status, waits):
    with pytest.raises(Refused, match=str(status)):
        client([httpx.Response(status)], waits).ask(f"{API}/users", body)
    assert waits == []


LIMITED = httpx.Response(
    403,
    headers={
        "x-ratelimit-remaining": "0",
        "x-ratelimit-limit": "60",
        "x-ratelimit-reset": "1100",
    },
)


def test_a_limit_is_waited_out(waits):
    client([LIMITED, good()], waits).ask(f"{API}/users", body)
    assert waits == [(101, "GitHub's limit of 60 requests an hour is used up")]


@pytest.mark.parametrize(("max_wait", "waited"), [(100, 0), (101, 1), (201, 1), (202, 2), (0, 0)])
def test_all_waiting_together_is_no_longer_than_was_said(max_wait, waited, waits):
    asking = client([LIMITED, LIMITED, LIMITED], waits, max_wait=max_wait)
    with pytest.raises(RateLimitExceeded, match="--max-wait"):
        asking.ask(f"{API}/users", body)
    assert len(waits) == waited


def test_a_server_that_is_too_slow_is_asked_for_less(waits):
    seen = []

    def answer(request):
        seen.append((str(request.url), request.headers.get("if-none-match")))
        return httpx.Response(504) if len(seen) < 3 else good()

    def fewer(url):
        return f"{url}-"

    asked = client(answer, waits).ask(f"{API}/users", body, etag="x", fewer=fewer)
    assert seen == [(f"{API}/users", "x"), (f"{API}/users-", None), (f"{API}/users--", None)]
    assert asked.url == f"{API}/users--"


NO_CONNECTION = [
    httpx.ConnectError("no route"),
    httpx.ConnectTimeout("too slow"),
    httpx.ProxyError("403 Forbidden"),
]


@pytest.mark.parametrize("error", NO_CONNECTION)
def test_no_connection_is_no_answer_but_asked_again_for_one_who_insists(error, waits):
    with pytest.raises(Unreachable, match=str(error)):
        client([error], waits, insist=False).ask(f"{API}/users", body)
    assert waits == []
    asking = client([error, good()], waits)
    assert asking.ask(f"{API}/users", body).read == b"[]"
    assert len(waits) == 1


@pytest.mark.parametrize("error", NO_CONNECTION)
def test_a_connection_lost_later_is_no_lack_of_one(error, waits):
    asking = client([good(), error, error, error, error, error], waits, insist=False)
    asking.ask(f"{API}/users", body)
    with pytest.raises(RequestFailed, match="run the same command again to continue"):
        asking.ask(f"{API}/users", body)
    assert len(waits) == 4


def test_a_redirect_to_a_dead_host_is_no_lack_of_connection():
    def answer(request):
        if request.url.host == "api.test":
            return httpx.Response(301, headers={"location": "https://dead.test/users"})
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(SourceError, match="no route") as refused:
        client(answer).ask(f"{API}/users", body)
    assert not isinstance(refused.value, Unreachable)


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(SourceError, match="proxy"):
        Client(API, None)


@pytest.mark.parametrize("location", [f"{API}/users", "ftp://api.test/x", "http://[x"])
def test_a_redirect_that_leads_nowhere_ends(location, waits):
    def answer(request):
        return httpx.Response(302, headers={"location": location})

    with pytest.raises(SourceError, match="cannot be asked"):
        client(answer, waits).ask(f"{API}/users", body)
    assert waits == []


def test_an_answer_that_comes_in_drops_is_none():
    now = iter(range(0, 10**6, 50))

    def drops():
        while True:
            yield b"["

    asking = Client(
        API,
        None,
        max_wait=0,
        clock=lambda: float(next(now)),
        transport=httpx.MockTransport(lambda request: httpx.Response(200, content=drops())),
    )
    with pytest.raises(RequestFailed, match="takes too long") as broken:
        asking.ask(f"{API}/users", body)
    assert broken.value.timed_out


def test_limits_and_faults_are_counted_apart(waits):
    fault, limit = httpx.Response(500), httpx.Response(429, headers={"retry-after": "30"})
    asking = client([fault] * 4 + [limit] * 3 + [good()], waits)
    assert asking.ask(f"{API}/users", body).read == b"[]"
    assert [seconds for seconds, _ in waits] == [1, 2, 4, 8, 30, 30, 30]


def test_every_request_of_a_circle_of_redirects_is_counted():
    asking = client(lambda request: httpx.Response(302, headers={"location": str(request.url)}))
    with pytest.raises(SourceError):
        asking.ask(f"{API}/users", body)
    assert asking.requests == 21


@contextmanager
def breaking_off():
    """Serve half an answer on loopback, reset the connection, then answer whole."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            for content in (head + b"[", head + b"[]"):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(content)
                    # Closing sends a reset rather than an end.
                    linger = struct.pack("ii", 1, 0) if content.endswith(b"[") else None
                    if linger:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_connection_reset_in_the_middle_of_the_body_is_asked_again(waits):
    with breaking_off() as url:
        asking = Client(url, None, wait=waits)
        assert asking.ask(f"{url}/users", body).read == b"[]"
        asking.close()
    assert len(waits) == 1


def test_the_rate_limit_is_asked_for():
    limit = b'{"resources": {"core": {"limit": 60, "remaining": 58, "reset": 4600}}}'
    asking = client(lambda request: good(limit) if request.url.path == "/rate_limit" else None)
    assert asking.rate_limit("core").remaining == 58


def test_a_server_without_limits_is_one():
    assert client([httpx.Response(404)]).rate_limit("core") is None
    with pytest.raises(Refused, match="401"):
        client([httpx.Response(401)]).rate_limit("core")

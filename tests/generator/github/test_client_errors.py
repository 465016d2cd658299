import gzip
import re
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
from generator.github.client import MAX_BODY
from generator.github.limits import MAX_ATTEMPTS
from tests.generator.github.clients import API, body, client, good, same

TEMPORARY = [
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


@pytest.mark.parametrize("error", TEMPORARY, ids=lambda error: repr(error)[:40])
def test_a_temporary_error_is_tried_again_after_a_wait_that_says_why(error, waits):
    asking = client([error, error, good()], waits)
    assert asking.get(f"{API}/users", read_users).users == []
    assert [seconds for seconds, _ in waits] == [1, 2]
    assert all(f"{API}/users" in reason for _, reason in waits)
    assert asking.requests == 3


@pytest.mark.parametrize("error", TEMPORARY, ids=lambda error: repr(error)[:40])
def test_a_lasting_error_is_given_up_after_max_attempts(error, waits):
    asking = client([error] * MAX_ATTEMPTS, waits)
    with pytest.raises((RequestFailed, Refused, UnexpectedReply)):
        asking.get(f"{API}/users", read_users)
    assert [seconds for seconds, _ in waits] == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_permanent_error_is_not_tried_again(status, waits):
    with pytest.raises(Refused, match=str(status)):
        client([httpx.Response(status)], waits).get(f"{API}/users", body)
    assert waits == []


LIMITED = httpx.Response(
    403,
    headers={
        "x-ratelimit-remaining": "0",
        "x-ratelimit-limit": "60",
        "x-ratelimit-reset": "1100",
    },
)


def test_the_client_waits_until_a_rate_limit_ends(waits):
    client([LIMITED, good()], waits).get(f"{API}/users", body)
    assert waits == [(101, "GitHub's limit of 60 requests an hour is used up")]


@pytest.mark.parametrize(("max_wait", "waited"), [(100, 0), (101, 1), (201, 1), (202, 2), (0, 0)])
def test_all_waits_together_take_at_most_max_wait(max_wait, waited, waits):
    asking = client([LIMITED, LIMITED, LIMITED], waits, max_wait=max_wait)
    with pytest.raises(RateLimitExceeded, match="--max-wait"):
        asking.get(f"{API}/users", body)
    assert len(waits) == waited


def test_after_a_timeout_a_smaller_page_is_requested_without_the_etag(waits):
    seen = []

    def answer(request):
        seen.append((str(request.url), request.headers.get("if-none-match")))
        return httpx.Response(504) if len(seen) < 3 else good()

    url = f"{API}/users?since=9&per_page="
    reply = client(answer, waits).get(f"{url}100", same, etag="x")
    assert seen == [(f"{url}100", "x"), (f"{url}50", None), (f"{url}25", None)]
    assert reply.url == f"{url}25"


NO_CONNECTION = [
    httpx.ConnectError("no route"),
    httpx.ConnectTimeout("too slow"),
    httpx.ProxyError("403 Forbidden"),
]


@pytest.mark.parametrize("error", NO_CONNECTION)
def test_a_first_connection_that_fails_is_tried_again_only_with_insist(error, waits):
    with pytest.raises(Unreachable, match=str(error)):
        client([error], waits, insist=False).get(f"{API}/users", body)
    assert waits == []
    asking = client([error, good()], waits)
    assert asking.get(f"{API}/users", body) == b"[]"
    assert len(waits) == 1


@pytest.mark.parametrize("error", NO_CONNECTION)
def test_a_later_connection_that_fails_is_a_temporary_error(error, waits):
    asking = client([good(), error, error, error, error, error], waits, insist=False)
    asking.get(f"{API}/users", body)
    with pytest.raises(RequestFailed, match="run the same command again to continue"):
        asking.get(f"{API}/users", body)
    assert len(waits) == 4


def test_a_redirect_to_an_unreachable_host_does_not_mean_that_github_is_unreachable():
    def answer(request):
        if request.url.host == "api.test":
            return httpx.Response(301, headers={"location": "https://dead.test/users"})
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(SourceError, match="no route") as refused:
        client(answer).get(f"{API}/users", body)
    assert not isinstance(refused.value, Unreachable)


@pytest.mark.parametrize(
    ("name", "setting", "problem"),
    [
        ("HTTPS_PROXY", "socks5://user:secret@127.0.0.1:1", "a proxy is set as http://HOST:PORT"),
        ("HTTPS_PROXY", "http://user:secret#1@127.0.0.1:1", "a proxy is set as"),
        ("ALL_PROXY", "http://user:1@secret.test:port", "a proxy is set as"),
        ("http_proxy", "secret://user@127.0.0.1", "a proxy is set as"),
        ("HTTP_PROXY", "http://us\ner:secret@127.0.0.1", "a proxy is set as"),
        ("NO_PROXY", "secret:port", "a proxy is set as"),
        ("SSL_CERT_FILE", "/secret.pem", "No such file"),
        ("SSL_CERT_FILE", "/", "Is a directory"),
        ("SSL_CERT_FILE", "/dev/null", "no certificate"),
    ],
)
def test_an_unusable_setting_is_an_error_of_one_line_that_names_it_without_its_value(
    name, setting, problem, monkeypatch
):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv(name, setting)
    with pytest.raises(SourceError, match=problem) as error:
        Client(API, None)
    assert str(error.value).startswith(name.upper())
    assert str(error.value).isprintable()
    assert "secret" not in str(error.value)
    assert "user:1" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "error", "hint"),
    [
        ({}, "refused", ""),
        ({"HTTP_PROXY": "127.0.0.1:1"}, "refused", ""),
        ({"HTTPS_PROXY": "127.0.0.1:1"}, "refused", "HTTPS_PROXY"),
        ({"ALL_PROXY": "http://a:secret@127.0.0.1:1"}, "refused", "ALL_PROXY"),
        ({"HTTPS_PROXY": "127.0.0.1:1", "NO_PROXY": "api.test"}, "refused", ""),
        ({}, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "SSL_CERT_FILE"),
    ],
)
def test_an_unreachable_server_names_the_setting_that_may_be_why(
    settings, error, hint, monkeypatch
):
    for name, setting in settings.items():
        monkeypatch.setenv(name, setting)
    with pytest.raises(Unreachable) as unreachable:
        client([httpx.ConnectError(error)], insist=False).get(f"{API}/users", body)
    names = re.findall("[A-Z]+_(?:PROXY|CERT_FILE)", str(unreachable.value))
    assert names == [name for name in [hint] if name]
    assert "secret" not in str(unreachable.value)


@pytest.mark.parametrize("url", ["x?since=0", "https://[api.test/users", "http://api.test:x/"])
def test_an_address_of_a_damaged_store_is_an_error(url, waits):
    with pytest.raises(SourceError, match="cannot request"):
        client([good()], waits).get(url, body)
    assert waits == []


@pytest.mark.parametrize("location", [f"{API}/users", "ftp://api.test/x", "http://[x"])
def test_a_redirect_loop_or_an_invalid_target_is_an_error(location, waits):
    def answer(request):
        return httpx.Response(302, headers={"location": location})

    with pytest.raises(SourceError, match="cannot request"):
        client(answer, waits).get(f"{API}/users", body)
    assert waits == []


def test_a_body_that_decompresses_to_too_much_is_refused_by_its_limit():
    content = gzip.compress(b"[" * (MAX_BODY + 1))
    headers = {"content-encoding": "gzip"}
    reply = httpx.Response(200, headers=headers, content=content)
    asking = Client(API, None, max_wait=0, transport=httpx.MockTransport(lambda request: reply))
    with pytest.raises(UnexpectedReply, match="it is larger than 32 MiB"):
        asking.get(f"{API}/users", body)


def test_a_body_that_arrives_too_slowly_is_a_timeout():
    now = iter(range(0, 10**6, 50))

    def slow_body():
        while True:
            yield b"["

    asking = Client(
        API,
        None,
        max_wait=0,
        clock=lambda: float(next(now)),
        transport=httpx.MockTransport(lambda request: httpx.Response(200, content=slow_body())),
    )
    with pytest.raises(RequestFailed, match="takes too long") as error:
        asking.get(f"{API}/users", body)
    assert error.value.timed_out


def test_rate_limits_and_other_errors_are_counted_separately(waits):
    fault, limit = httpx.Response(500), httpx.Response(429, headers={"retry-after": "30"})
    asking = client([fault] * 4 + [limit] * 3 + [good()], waits)
    assert asking.get(f"{API}/users", body) == b"[]"
    assert [seconds for seconds, _ in waits] == [1, 2, 4, 8, 30, 30, 30]


@contextmanager
def resetting_server():
    """Serve half a reply on loopback, reset the connection, then serve a whole reply."""
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


def test_a_connection_reset_in_the_middle_of_the_body_is_tried_again(waits):
    with resetting_server() as url:
        asking = Client(url, None, wait=waits)
        assert asking.get(f"{url}/users", body) == b"[]"
        asking.close()
    assert len(waits) == 1

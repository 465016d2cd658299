import asyncio
from contextlib import closing

import httpx
import pytest

from function.app import create_app
from function.database import Directory
from function.openapi import document
from tests.factories import damage_users, make_directory, make_profile

PATH = "/api/users/profiles"


def ask(app, url, method="GET", **headers):
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            return await client.request(method, url, headers=headers)

    return asyncio.run(send())


@pytest.fixture(scope="module")
def app(directory):
    return create_app(directory)


@pytest.mark.parametrize("url", [PATH, f"{PATH}?page=0", "/nope"])
def test_every_response_has_the_same_headers(app, directory, url):
    headers = ask(app, url).headers
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "public, max-age=60"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-release"] == directory.release


def test_head_has_the_headers_of_get_and_no_body(app):
    get, head = ask(app, PATH), ask(app, PATH, "HEAD")
    assert head.content == b""
    assert (head.status_code, head.headers) == (200, get.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_a_json_error_with_an_allow_header(app, method):
    response = ask(app, PATH, method)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert list(response.json()) == ["error"]


@pytest.mark.parametrize("path", ["/", "/api", "/api/users", f"{PATH}/1", f"{PATH}//", "/%00"])
def test_an_unknown_path_is_a_json_error(app, path):
    response = ask(app, path)
    assert response.status_code == 404
    assert PATH in response.json()["error"]


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/openapi.json/"])
def test_the_api_serves_its_description(app, path):
    response = ask(app, f"{path}?any=1")
    assert (response.status_code, response.content) == (200, document())
    assert response.headers == ask(app, path, "HEAD").headers
    assert response.headers["cache-control"] == "public, max-age=60"


def test_a_failure_is_a_json_error_without_details_and_is_not_cached(app, directory, monkeypatch):
    def fail(query):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(directory), "find", fail)
    response = ask(app, PATH)
    assert response.status_code == 500
    assert response.headers["cache-control"] == "no-store"
    assert list(response.json()) == ["error"]
    assert "secret" not in response.text


def test_a_damaged_directory_is_a_json_error_whose_reason_is_logged(tmp_path, caplog):
    make_directory(tmp_path, map(make_profile, range(2000))).close()
    path = tmp_path / "directory.db"
    damage_users(path)
    with closing(Directory(path)) as directory:
        response = ask(create_app(directory), PATH)
    assert (response.status_code, response.headers["cache-control"]) == (503, "no-store")
    assert "damaged" in response.json()["error"]
    assert str(path) not in response.text
    (record,) = caplog.records
    assert str(path) in record.getMessage()
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("suffix", "equivalent"),
    [
        pytest.param("", "?unknown=1&page", id="unknown and empty parameters"),
        pytest.param("", "/", id="trailing slash"),
        pytest.param("?page=2&pagination=3", "?pagination=3&page=2", id="order of parameters"),
        pytest.param("?page=2", "?page=9&page=2", id="repeated parameter"),
        pytest.param("?username=A", "?username=%41", id="percent-encoding"),
    ],
)
def test_equivalent_requests_have_the_same_response(app, suffix, equivalent):
    first, second = ask(app, PATH + suffix), ask(app, PATH + equivalent)
    assert (first.status_code, first.content) == (200, second.content)
    assert first.headers == second.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"accept-encoding": "gzip, br"},
        {"if-none-match": "*", "if-modified-since": "Tue, 24 Nov 2026 12:00:00 GMT"},
        {"range": "bytes=0-1"},
        {"accept": "text/html"},
        {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example"},
    ],
    ids=lambda headers: " ".join(headers),
)
def test_no_request_header_changes_a_response(app, headers):
    plain, response = ask(app, PATH), ask(app, PATH, **headers)
    assert (response.status_code, response.content) == (200, plain.content)
    assert response.headers == plain.headers

import asyncio
import errno
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from generator.errors import BuildError, ServeError
from generator.render import site
from generator.serve import PIECE, Preview, serve
from generator.site.folder import MARKER
from tests.factories import ODD, make_directory, make_profile


def build_site(folder, users, base_path="/"):
    directory = make_directory(folder, users)
    build = site.make_build(directory, (10, 25), ("id", "type"), base_path=base_path)
    site.render_site(directory, build, folder / "site", jobs=1)
    directory.close()
    return build


def ask(app, url, method="GET"):
    async def send():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as client:
            return await client.request(method, url)

    return asyncio.run(send())


@dataclass
class Served:
    """A preview, and the folder of its site."""

    app: Preview
    base_path: str
    folder: Path

    def ask(self, url, method="GET"):
        return ask(self.app, url, method)


@pytest.fixture(scope="module", params=["/", "/directory/"])
def served(request, tmp_path_factory):
    folder, base_path = tmp_path_factory.mktemp("serve"), request.param
    (folder / "secret.txt").write_text("secret")
    build_site(folder, ODD, base_path)
    app = Preview(folder / "directory.db", folder / "site")
    yield Served(app, base_path, folder / "site")
    app.close()


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("", "index.html"),
        ("users", "users/1.html"),
        ("users?pagination=10", "users/by-id/10/1.html"),
        ("users/2?pagination=10&order_by=type", "users/by-type/10/2.html"),
        ("users/by-id/10/3.html", "users/by-id/10/3.html"),
        ("build.json", "build.json"),
        ("robots.txt", "robots.txt"),
    ],
)
def test_url_is_answered_with_its_file(served, url, key):
    response = served.ask(served.base_path + url)
    assert (response.status_code, response.content) == (200, (served.folder / key).read_bytes())


def test_redirect_stays_below_the_base_path(served):
    response = served.ask(f"{served.base_path}users/2?pagination=12")
    assert response.status_code == 302
    assert response.headers["location"] == f"{served.base_path}users/2?pagination=10"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "nope",
            "users/99",
            "users/0",
            "assets/",
            "assets",
            "..%2fsecret.txt",
            "%2e%2e/secret.txt",
        ),
        *("a" * 3000, "%00", "users/by-id/10", ".rendering", ".rendered"),
        *("users/%2e%2e/.rendered", "data/..%2f.rendered", "users/%2e%2e/users/%2e%2e/.rendered"),
    ],
)
def test_unknown_path_is_answered_with_the_404_page(served, path):
    response = served.ask(served.base_path + path)
    assert response.status_code == 404
    assert response.content == (served.folder / "404.html").read_bytes()
    assert response.headers["content-type"] == "text/html; charset=utf-8"


def test_a_link_to_a_file_outside_the_site_is_not_served(served):
    link = served.folder / "users/link.html"
    link.symlink_to(served.folder.parent / "secret.txt")
    try:
        assert served.ask(f"{served.base_path}users/link.html").status_code == 404
    finally:
        link.unlink()


def test_api_answers_from_the_same_release(served):
    response = served.ask("/api/users/profiles?username=MOJO")
    assert response.json()["total"] == 1
    assert response.headers["x-release"] == served.app.build.release
    for path in ("/api", "/api/", "/api/nope"):
        assert served.ask(path).headers["content-type"] == "application/json"


def test_head_is_answered_like_get_without_a_body(served):
    get, head = served.ask(served.base_path), served.ask(served.base_path, "HEAD")
    assert (head.status_code, head.content, head.headers) == (200, b"", get.headers)


def send_large_file(served, send):
    """Return the coroutine that sends a file of two pieces and a byte with *send*."""
    (served.folder / "data/profiles.csv").write_bytes(b"x" * (2 * PIECE + 1))

    async def receive():
        raise AssertionError

    path = f"{served.base_path}data/profiles.csv"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
    return served.app(scope, receive, send)


def test_a_file_is_sent_in_pieces(served):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(send_large_file(served, send))
    assert [len(message["body"]) for message in sent[1:]] == [PIECE, PIECE, 1, 0]
    assert dict(sent[0]["headers"])[b"content-length"] == str(2 * PIECE + 1).encode()


def test_the_server_runs_between_the_pieces_of_a_file(served):
    # Or it would not notice that the reader has gone, and would let other readers wait.
    events = []

    async def send(message):
        events.append(len(message.get("body", b"")))
        asyncio.get_running_loop().call_soon(events.append, "server")

    asyncio.run(send_large_file(served, send))
    assert "server" in events[events.index(PIECE) : events.index(1)]


def test_a_page_is_not_said_to_be_missing_for_want_of_file_handles(served, monkeypatch):
    def fail(*arguments):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(OSError, match="Too many open files"):  # the server answers 500
        served.ask(f"{served.base_path}users/1.html")


def test_post_is_not_allowed(served):
    response = served.ask(served.base_path, "POST")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_asset_may_be_cached_for_a_year(served):
    (asset,) = served.folder.glob("assets/site-*.css")
    response = served.ask(f"{served.base_path}assets/{asset.name}")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/css; charset=utf-8"


def test_error_names_a_port_in_use_and_the_option_to_change_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"127\.0\.0\.1:{port}.*choose another with --port"):
            serve(None, "127.0.0.1", port, print)


def test_site_is_opened_in_a_browser_once_it_answers(tmp_path, monkeypatch):
    build_site(tmp_path, ODD[:5], "/people/")
    app = Preview(tmp_path / "directory.db", tmp_path / "site")
    opened = []

    def connect_to(url):
        parts = urlsplit(url)
        socket.create_connection((parts.hostname, parts.port)).close()
        opened.append(parts.path)

    monkeypatch.setattr("uvicorn.Server.run", lambda server, sockets: None)
    serve(app, "127.0.0.1", 0, print, connect_to)
    assert opened == ["/people/"]
    app.close()


def test_new_build_is_served_when_it_is_complete(tmp_path):
    old = build_site(tmp_path, ODD[:5])
    app = Preview(tmp_path / "directory.db", tmp_path / "site")
    new = build_site(tmp_path, ODD)
    (tmp_path / "site" / MARKER).touch()
    assert ask(app, "/api/users/profiles").json()["release"] == old.release
    (tmp_path / "site" / MARKER).unlink()
    assert ask(app, "/api/users/profiles").json()["release"] == new.release
    make_directory(tmp_path, ODD[:7]).close()
    assert ask(app, "/api/users/profiles").json()["release"] == new.release
    assert ask(app, "/users/3?pagination=10").status_code == 200
    app.close()


def test_file_that_is_overwritten_in_place_changes_no_answer(tmp_path):
    build_site(tmp_path, map(make_profile, range(1, 2000)))
    path = tmp_path / "directory.db"
    app = Preview(path, tmp_path / "site")
    urls = [f"/api/users/profiles?page={page}" for page in (1, 40, 80)]
    before = [ask(app, url).json() for url in urls]
    content = path.read_bytes()
    for damaged in (b"\xff" * len(content), content[:8192]):
        path.write_bytes(damaged)
        assert [ask(app, url).json() for url in urls] == before
    new = build_site(tmp_path, ODD)
    assert ask(app, urls[0]).json()["release"] == new.release
    app.close()


def test_new_directory_with_a_wrong_bit_is_not_served(tmp_path):
    old = build_site(tmp_path, ODD[:5])
    app = Preview(tmp_path / "directory.db", tmp_path / "site")
    new = build_site(tmp_path, ODD)
    content = (tmp_path / "directory.db").read_bytes()
    damaged = content.replace(b"octo_ACME", b"octo_ACMD")
    assert damaged != content
    (tmp_path / "directory.db").write_bytes(damaged)
    assert ask(app, "/api/users/profiles").json()["release"] == old.release
    (tmp_path / "directory.db").write_bytes(content)
    assert ask(app, "/api/users/profiles").json()["release"] == new.release
    app.close()


def test_incomplete_site_is_an_error(tmp_path):
    build_site(tmp_path, ODD)
    (tmp_path / "site" / MARKER).touch()
    with pytest.raises(BuildError, match="interrupted"):
        Preview(tmp_path / "directory.db", tmp_path / "site")

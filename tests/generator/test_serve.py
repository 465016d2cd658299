import asyncio
import socket

import httpx
import pytest

from generator.errors import BuildError, ServeError
from generator.render import site
from generator.serve import Preview, serve
from generator.site.folder import MARKER
from tests.factories import ODD, make_directory


def build(folder, users, base_path="/"):
    directory = make_directory(folder, users)
    plan = site.make_build(directory, (10, 25), ("id", "type"))
    site.render_site(directory, plan, folder / "site", site.Place(base_path=base_path), jobs=1)
    directory.close()
    return plan


def ask_app(app, path, method="GET"):
    async def send():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as client:
            return await client.request(method, path)

    return asyncio.run(send())


@pytest.fixture(scope="module", params=["/", "/directory/"])
def ask(request, tmp_path_factory):
    folder, base_path = tmp_path_factory.mktemp("serve"), request.param
    (folder / "secret.txt").write_text("secret")
    build(folder, ODD, base_path)
    app = Preview(folder / "directory.db", folder / "site", base_path)

    def ask(path, method="GET"):
        return ask_app(app, path, method)

    ask.base_path, ask.folder, ask.release = base_path, folder / "site", app.build.release
    yield ask
    app.close()


@pytest.mark.parametrize(
    ("address", "key"),
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
def test_an_address_shows_its_object(ask, address, key):
    response = ask(ask.base_path + address)
    assert (response.status_code, response.content) == (200, (ask.folder / key).read_bytes())


def test_what_is_not_rendered_redirects_under_the_base_path(ask):
    response = ask(f"{ask.base_path}users/2?pagination=12")
    assert response.status_code == 302
    assert response.headers["location"] == f"{ask.base_path}users/2?pagination=10"


@pytest.mark.parametrize(
    "address",
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
    ],
)
def test_what_is_not_there_is_the_404_page(ask, address):
    response = ask(ask.base_path + address)
    assert response.status_code == 404
    assert response.content == (ask.folder / "404.html").read_bytes()
    assert response.headers["content-type"] == "text/html; charset=utf-8"


def test_the_api_is_the_real_one(ask):
    response = ask("/api/users/profiles?username=MOJO")
    assert response.json()["total"] == 1
    assert response.headers["x-release"] == ask.release
    for path in ("/api", "/api/", "/api/nope"):
        assert ask(path).headers["content-type"] == "application/json"


def test_head_is_get_without_the_body(ask):
    get, head = ask(ask.base_path), ask(ask.base_path, "HEAD")
    assert (head.status_code, head.content, head.headers) == (200, b"", get.headers)


def test_the_site_is_not_written_to(ask):
    response = ask(ask.base_path, "POST")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_an_asset_may_be_kept_for_good(ask):
    (asset,) = ask.folder.glob("assets/site-*.css")
    response = ask(f"{ask.base_path}assets/{asset.name}")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/css; charset=utf-8"


def test_a_port_in_use_is_named_with_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"127\.0\.0\.1:{port}.*choose another with --port"):
            serve(None, "127.0.0.1", port, print)


def test_a_new_build_is_taken_up_when_it_is_whole(tmp_path):
    old = build(tmp_path, ODD[:5])
    app = Preview(tmp_path / "directory.db", tmp_path / "site", "/")
    new = build(tmp_path, ODD)
    (tmp_path / "site" / MARKER).touch()
    assert ask_app(app, "/api/users/profiles").json()["release"] == old.release
    (tmp_path / "site" / MARKER).unlink()
    assert ask_app(app, "/api/users/profiles").json()["release"] == new.release
    make_directory(tmp_path, ODD[:7]).close()
    assert ask_app(app, "/api/users/profiles").json()["release"] == new.release
    assert ask_app(app, "/users/3?pagination=10").status_code == 200
    app.close()


def test_half_a_site_is_not_shown(tmp_path):
    build(tmp_path, ODD)
    (tmp_path / "site" / MARKER).touch()
    with pytest.raises(BuildError, match="interrupted"):
        Preview(tmp_path / "directory.db", tmp_path / "site", "/")

"""nginx, configured as docs/hosting.md says, answers as `ghdirectory serve` does."""

import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from generator.render import site
from tests.factories import make_directory, make_profile

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
# The whole configuration, the lines that a base path changes, and those that the API changes.
FILES_ALONE, BASE_PATH, WITH_API = re.findall(
    r"```nginx\n(.*?)```", (ROOT / "docs/hosting.md").read_text(), re.DOTALL
)
# Names that nginx has for content types, and those of `serve`.
OTHER_NAMES = {"application/javascript": "text/javascript", "text/xml": "application/xml"}
# The configuration around it, as Debian's. nginx runs as one process, so its user stays the same.
MAIN = """
pid pid;
error_log error.log;
master_process off;
events {}
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}
"""


def configuration(folder, base_path, api=None):
    """Return the configuration for the site in *folder*, with the API at *api* or without."""
    text = FILES_ALONE
    if api:
        text = re.sub(r"    rewrite .*?\n    \}\n", WITH_API, text, flags=re.DOTALL)
        text = text.replace("127.0.0.1:5000", api)
    if base_path != "/":
        for line in BASE_PATH.replace("/people/", base_path).splitlines(keepends=True):
            text = re.sub(rf"    {line.split()[0]} .*\n", line, text)
    for documented, here in (
        ("listen 80;", "listen unix:socket;"),
        ("root /srv/people;", f"root {folder};"),
        ("root /srv/www;", f"root {folder};"),
    ):
        text = text.replace(documented, here)
    return text


@contextmanager
def nginx(folder, site_configuration):
    """Run nginx, and yield a client that asks it."""
    folder.mkdir()
    (folder / "nginx.conf").write_text(MAIN)
    (folder / "site.conf").write_text(site_configuration)
    command = [NGINX, "-p", folder, "-c", "nginx.conf", "-e", "error.log"]
    subprocess.run(command, cwd=folder, check=True)  # ends once it listens
    try:
        transport = httpx.HTTPTransport(uds=str(folder / "socket"))
        with httpx.Client(transport=transport, base_url="http://people.example.org") as client:
            yield client
    finally:
        subprocess.run([*command, "-s", "stop"], cwd=folder, check=True)


@dataclass
class Hosts:
    """The same site on three hosts."""

    base_path: str
    folder: Path  # of the site
    serve: httpx.Client
    files_alone: httpx.Client
    with_api: httpx.Client


@pytest.fixture(scope="module", params=["/", "/a/people/"])
def hosts(request, tmp_path_factory):
    if not NGINX:
        pytest.skip("nginx is not installed (on Debian, apt-get install nginx)")
    folder, base_path = tmp_path_factory.mktemp("hosting"), request.param
    output = folder / f"www{base_path}"
    directory = make_directory(folder, [make_profile(number) for number in range(1, 61)])
    build = site.make_build(directory, (10, 25, 50), ("id", "type"), base_path=base_path)
    site.render_site(directory, build, output, "https://people.example.org", jobs=1)
    directory.close()
    command = [sys.executable, "-m", "generator", "serve", "--port=0"]
    command += [f"--database={folder / 'directory.db'}", f"--site={output}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            api = re.search(r"127\.0\.0\.1:\d+", server.stdout.readline())[0]
            with (
                httpx.Client(base_url=f"http://{api}") as serve,
                nginx(folder / "files", configuration(folder / "www", base_path)) as files_alone,
                nginx(folder / "api", configuration(folder / "www", base_path, api)) as with_api,
            ):
                yield Hosts(base_path, output, serve, files_alone, with_api)
        finally:
            server.terminate()


def answer(client, url):
    """Return what an answer must have on every host."""
    response = client.get(url)
    return response.status_code, response.headers.get("location"), response.content


FILES = (
    *("", "users", "users/", "users/2", "users/2.html", "users/by-id/50/2.html", "about.html"),
    *("404.html", "build.json", "sitemap.xml", "data/profiles.csv", "data/profiles.db"),
    *(
        "nope",
        "users/4",
        "users/0",
        "users/by-id",
        "users/by-id/",
        "assets",
        "assets/",
        "data/nope",
    ),
    *("data/nope.csv", "assets/nope.css", "changes.html", "a%3Cb%20c"),
)
ADDRESSES = (
    *("users?pagination=50", "?pagination=10", "users?page=2", "users/2?pagination=12", "?page=x"),
    *("users/2?pagination=10&order_by=type", "users?type=user", "users?order_by=no", "users/02"),
    *("users/3/", "about", "users/by-id/50/2", "?q=name&p=2", "users/2.html?pagination=50"),
)


@pytest.mark.parametrize("url", FILES)
def test_files_alone_answer_as_serve_does(hosts, url):
    url = hosts.base_path + url
    assert answer(hosts.files_alone, url) == answer(hosts.serve, url)


@pytest.mark.parametrize("url", FILES + ADDRESSES)
def test_nginx_with_the_api_answers_as_serve_does(hosts, url):
    url = hosts.base_path + url
    assert answer(hosts.with_api, url) == answer(hosts.serve, url)


@pytest.mark.parametrize("url", ["/api/users/profiles?pagination=3", "/api/openapi.json", "/api/x"])
def test_the_api_is_at_the_root_of_the_host(hosts, url):
    assert answer(hosts.with_api, url) == answer(hosts.serve, url)
    not_found = 404, None, (hosts.folder / "404.html").read_bytes()
    assert answer(hosts.files_alone, url) == not_found


def test_files_alone_ignore_parameters(hosts):
    page = 200, None, (hosts.folder / "users/2.html").read_bytes()
    assert answer(hosts.files_alone, f"{hosts.base_path}users/2?pagination=50") == page


def test_files_have_the_headers_of_serve(hosts):
    for host in (hosts.files_alone, hosts.with_api):
        for path in hosts.folder.rglob("*.*"):
            key = path.relative_to(hosts.folder).as_posix()
            if key.startswith(".") or key == "changes.xml":
                continue
            expected, headers = (
                client.get(hosts.base_path + key).headers for client in (hosts.serve, host)
            )
            assert headers["cache-control"] == expected["cache-control"].partition(", s-maxage")[0]
            assert headers["x-content-type-options"] == "nosniff"
            kinds = [each["content-type"].partition(";")[0] for each in (headers, expected)]
            assert OTHER_NAMES.get(kinds[0], kinds[0]) == kinds[1]


def test_texts_are_compressed(hosts):
    suffixes = (".html", ".css", ".js", ".json", ".svg", ".xml", ".csv", ".ndjson")
    for path in hosts.folder.rglob("*.*"):
        if path.suffix in suffixes and path.parent.name in ("assets", "data", "users"):
            url = hosts.base_path + path.relative_to(hosts.folder).as_posix()
            for host in (hosts.files_alone, hosts.with_api):
                assert host.get(url).headers["content-encoding"] == "gzip", url
    assert hosts.with_api.get("/api/users/profiles").headers["content-encoding"] == "gzip"


def test_a_missing_file_is_not_cached_for_long(hosts):
    for host in (hosts.files_alone, hosts.with_api):
        response = host.get(f"{hosts.base_path}assets/nope.css")
        assert "immutable" not in response.headers.get("cache-control", "")

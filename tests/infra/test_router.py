"""infra/router.js routes every address as generator/site/router.py does."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render import site
from generator.site import PAGES_BESIDE, Build, ListedType, Route, listed_types, route
from generator.site.router import page_url
from infra.parameters import site_parameters

HERE = Path(__file__).parent
SOURCE = (HERE.parents[1] / "infra/router.js").read_text()
TYPES = (
    ListedType("User", "user", 140),
    ListedType("A & B", "a-b-0", 10),
    ListedType("Ünit", "nit-0", 3),
    ListedType("%ff", "ff-0", 2),
)
BUILD = Build(
    "0123456789abcdef", 150, (10, 25, 50, 100), ("id", "-id", "type"), TYPES, "users", "2026-11-24"
)
# The keys of a site's files that are no pages of users.
OTHER_FILES = re.compile(
    rf"(index|404)\.html|{'|'.join(PAGES_BESIDE)}|build\.json|robots\.txt"
    r"|(sitemap(-[0-9]+)?|changes)\.xml"
    r"|(assets|data)/[A-Za-z0-9_-][A-Za-z0-9._-]*"
)


class Host:
    """A process of Node.js that runs routers."""

    def __init__(self, node: str) -> None:
        self.process = subprocess.Popen(
            [node, HERE / "router_host.js"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, source: str, event: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"source": source, "event": event}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the router raised: see the error above"
        return json.loads(line)

    def close(self) -> None:
        with self.process:  # closes its pipes, which ends it
            pass


@pytest.fixture(scope="module")
def host():
    node = shutil.which("node") or shutil.which("nodejs")
    if not node:
        pytest.skip("Node.js is not installed (apt-get install nodejs)")
    process = Host(node)
    yield process
    process.close()


class Routed(NamedTuple):
    """Where an address leads: the key of an object, or with 302 another location."""

    status: int
    key: str = ""
    location: str = ""


def site_id(build: Build) -> str:
    """Return the id of a site of *build*."""
    return f"{build.release}-89abcdef"


def filled_in(build: Build) -> str:
    """Return the router as CloudFormation publishes it for *build*."""
    source = SOURCE
    for parameter, value in site_parameters(build, site_id(build)).items():
        source = source.replace(f"${{{parameter}}}", value)
    return source


def request(path: str, query: str = "", method: str = "GET") -> dict[str, Any]:
    """Return CloudFront's event of a request, in which nothing is decoded.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
    """
    all_values: dict[str, list[dict[str, str]]] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        all_values.setdefault(name, []).append({"value": value})
    querystring = {
        name: values[0] if len(values) == 1 else {**values[0], "multiValue": values}
        for name, values in all_values.items()
    }
    fields = {"method": method, "uri": path, "querystring": querystring}
    return {"version": "1.0", "request": {**fields, "headers": {}, "cookies": {}}}


def routed(host: Host, url: str, build: Build = BUILD, source: str = "") -> Routed:
    """Return where the router of *build* leads *url*."""
    path, _, query = url.partition("?")
    result = host.run(source or filled_in(build), request(path, query))
    if "statusCode" in result:
        location = result["headers"].get("location", {}).get("value", "")
        return Routed(result["statusCode"], location=location)
    prefix = f"/releases/{site_id(build)}/"
    assert result["uri"].startswith(prefix)
    assert result["querystring"] == {}
    return Routed(200, result["uri"].removeprefix(prefix))


def expected(url: str, build: Build = BUILD) -> Routed:
    """Return where generator/site/router.py leads *url*; 404 for a file that no site has."""
    path, _, query = url.partition("?")
    target: Route = route(unquote(path), dict(parse_qsl(query, keep_blank_values=True)), build)
    if target.status == 302:
        return Routed(302, location=target.location)
    exists = build.has_page(target.key) or OTHER_FILES.fullmatch(target.key)
    return Routed(200, target.key) if target.status == 200 and exists else Routed(404)


@pytest.mark.parametrize(
    "url",
    [
        *("/?pagination=10", "/?page=2", "/?page=1", "/?type=cat", "/?q=jo&p=2", "/users?page=2"),
        *("/users?page=0", "/?page=abc", "/users?page=", f"/users?page={'9' * 50}"),
        *("/users?page=%D9%A3", "/?pagination=7&page=9", "/users?page=2&page=3"),
        *("/", "/users", "/users/", "/users/1", "/users/6/", "/users/7"),
        *(
            "/users?pagination=25",
            "/users?pagination=",
            "/users?pagination",
            "/users?pagination=50",
        ),
        *("/users/2?pagination=10&order_by=type", "/users/2?order_by=-id", "/users/2?x=y&page=9"),
        *("/users/2?type=USER&order_by=-id", "/users?type=a+%26%20b&pagination=10", "/users?type="),
        # sizes that are not rendered, or are no sizes
        *("/users?pagination=7", "/users/9?pagination=7", "/users/2?pagination=30"),
        *("/users?pagination=75", "/users?pagination=1000", "/users/2?pagination=abc"),
        *("/users/2?pagination=0", "/users/2?pagination=-5", "/users/2?pagination=%D9%A3"),
        f"/users?pagination={'9' * 50}",
        f"/users?pagination={'0' * 20}",
        f"/users/{'9' * 15}?pagination={'9' * 6}",
        # orders and types that do not exist
        *("/users/2?order_by=name", "/users/2?order_by=-type", "/users/2?type=cat&order_by=-id"),
        *(
            "/users?type=%C3%9CNIT",
            "/users?type=%c3%bcnit",
            "/users?type=%25ff",
            "/users?type=%25FF",
        ),
        *("/users/2?type=user&order_by=type", "/users/1?type=a+%26+b&pagination=7"),
        # page numbers
        *("/users/0", "/users/00", "/users/007", f"/users/{'9' * 50}", f"/users/{'0' * 30}"),
        *("/users/3?pagination=100", "/users/2?type=a%20%26%20b", "/users/-1", "/users/1.5"),
        # repeated or encoded parameters
        *("/users?pagination=10&pagination=50", "/users?pagination=50&pagination="),
        *("/users?%70agination=10", "/users?pagination=%35%30", "/%75sers/2", "/users%2F2"),
        *("/users?type=%ff", "/users?type=%zz", "/users?type=100%", "/%ff", "/%", "/users/%00"),
        # keys of objects
        *("/users/2.html", "/users/7.html", "/users/02.html", "/users/by-id/25/2.html"),
        *("/users/by-id/50/2.html", "/users/by-id-desc/25/6.html", "/users/by-name/10/1.html"),
        *("/users/type-user/by-id/25/2.html", "/users/type-user/by-type/25/1.html"),
        *("/users/type-cat/by-id/25/1.html", "/users/by-id/7/1.html", "/users/2.html/"),
        *("/index.html", "/404.html", "/build.json", "/robots.txt", "/sitemap.xml"),
        *(f"/{key}" for key in PAGES_BESIDE),
        *(
            "/changes.xml",
            "/sitemap-2.xml",
            "/data/directory.db",
            "/assets/site-0123.css",
            "/assets/",
            "/assets",
        ),
        # addresses that do not exist
        *("//", "//users/1", "/users//1", "/users/1/2", "/users/x", "/user", "/usersx", "/Users"),
        *("/assets/../users/1", "/assets/.rendered", "/.rendered", "/releases/x/index.html"),
        *("/constructor", "/users?type=constructor", "/users?__proto__=1&pagination=7"),
        *("/favicon.ico", "/users/1\n", "/index.html%0A", "/users/1%0A", "/api"),
    ],
)
def test_address_is_routed_as_by_the_python_router(host, url):
    assert routed(host, url) == expected(url)


def test_routers_own_responses_are_complete(host):
    source = filled_in(BUILD)
    missing = host.run(source, request("/users/99"))
    assert missing["statusDescription"] == "Not Found"
    assert missing["headers"]["content-type"]["value"] == "text/html; charset=utf-8"
    assert '<a href="/">' in missing["body"]["data"]
    assert missing["body"]["encoding"] == "text"
    moved = host.run(source, request("/users", "pagination=7"))
    assert (moved["statusCode"], moved["statusDescription"]) == (302, "Found")
    for response in (missing, moved):
        headers = response["headers"]
        assert "max-age=60" in headers["cache-control"]["value"]
        assert "default-src 'none'" in headers["content-security-policy"]["value"]
        # CloudFront Functions wants the names of headers in lower case.
        assert all(name == name.lower() for name in headers)


def test_head_is_answered_like_get_without_a_body(host):
    source = filled_in(BUILD)
    for path in ("/users/2", "/users/99"):
        get, head = (host.run(source, request(path, method=method)) for method in ("GET", "HEAD"))
        get.pop("body", None)
        assert head == {**get, **({"method": "HEAD"} if "method" in get else {})}


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), min_size=1, max_size=12
) | st.sampled_from(
    ["${Release}", "'", '"', "\\", "</script>", "a:b,c", "%41", "+", "Пользователь"]
)
builds = st.builds(
    lambda types, **rest: Build(types=listed_types(types)[:8], **rest),
    release=st.just("0123456789abcdef"),
    users=st.integers(0, 500),
    page_sizes=st.sets(st.integers(1, 100)).map(lambda sizes: tuple(sorted({25, *sizes}))),
    orders=st.sampled_from([("id",), ("id", "type"), ("id", "-id", "type", "-type")]),
    types=st.dictionaries(names, st.integers(1, 300), max_size=8),
    source=st.just(""),
    seeded_at=st.just(""),
)
numbers = st.integers(0, 600).map(str) | st.text("0123456789", min_size=1, max_size=25)
paths = st.one_of(
    st.sampled_from(["/", "/users"]),
    st.builds(lambda number, slash: f"/users/{number}{slash}", numbers, st.sampled_from(["", "/"])),
    st.lists(
        st.sampled_from(
            [
                "/",
                "users",
                "1",
                "25",
                ".html",
                "by-id",
                "type-user",
                "%2F",
                "%",
                "%ff",
                "é",
                "-",
                ".",
            ]
        ),
        max_size=8,
    ).map(lambda parts: "/" + "".join(parts)),
)


@st.composite
def addresses(draw, build):
    values = {
        "pagination": st.integers(-5, 200).map(str) | numbers | names,
        "order_by": st.sampled_from(["id", "type", "-id", "-type", "name", "ID"]),
        "type": st.sampled_from([pages.name for pages in build.types] or ["User"]) | names,
        "page": numbers | names,
        "other": names,
    }
    # One spelling of a name in an address: of two, CloudFront does not show which came last.
    spellings = {
        name: draw(st.sampled_from([name, f"%{ord(name[0]):02X}{name[1:]}"])) for name in values
    }
    encodings = st.sampled_from([quote_plus, quote, str.swapcase, str])
    pairs = []
    for name in draw(st.lists(st.sampled_from(sorted(values)), max_size=5)):
        value = draw(encodings)(draw(values[name] | st.just("")))
        pairs.append(f"{spellings[name]}={re.sub('[&#]', '', value)}")
    return draw(paths) + "?" + "&".join(pairs)


@given(data=st.data(), build=builds)
def test_any_address_is_routed_as_by_the_python_router(host, data, build):
    source = filled_in(build)
    for _ in range(4):
        url = data.draw(addresses(build))
        assert routed(host, url, build, source) == expected(url, build)


@pytest.mark.slow
@given(build=builds)
def test_every_page_has_its_address_and_its_key(host, build):
    source = filled_in(build)
    for listing in build.listings():
        for page in {1, build.page_count(listing)} if build.users else ():
            key = listing.key(page)
            assert routed(host, page_url(build, listing, page), build, source) == Routed(200, key)
            assert routed(host, f"/{key}", build, source) == Routed(200, key)
        beyond = listing.key(build.page_count(listing) + 1)
        assert routed(host, f"/{beyond}", build, source) == Routed(404)


def test_every_file_of_a_site_is_routed_to(host, directory, tmp_path):
    build = site.make_build(directory, (10, 25), ("id", "-id", "type"))
    site.render_site(directory, build, tmp_path, jobs=1)
    source = filled_in(build)
    keys = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    for key in keys - {".rendered"}:
        assert routed(host, f"/{key}", build, source) == Routed(200, key)


def test_router_runs_in_njs(tmp_path):
    """njs knows as little JavaScript as CloudFront's engine, and much less than Node.js."""
    njs = shutil.which("njs")
    if not njs:
        pytest.skip("njs is not installed")
    events = [
        request("/users/2", "pagination=50"),
        request("/users/99"),
        request("/users", "type=%ff"),
    ]
    program = tmp_path / "router.js"
    calls = "".join(f"console.log(JSON.stringify(handler({json.dumps(e)})));\n" for e in events)
    program.write_text(filled_in(BUILD) + calls)
    completed = subprocess.run([njs, program], capture_output=True, text=True, check=True)
    page, missing, moved = map(json.loads, completed.stdout.splitlines())
    assert page["uri"] == "/releases/0123456789abcdef-89abcdef/users/by-id/50/2.html"
    assert missing["statusCode"] == 404
    assert moved["headers"]["location"]["value"] == "/users/1"

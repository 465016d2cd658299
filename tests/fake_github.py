"""A GitHub that lists the users it is given, and answers as the real one was seen to.

Link headers with rel=next and, for `/users`, a templated rel=first; `since` and `page`; the cap on
`per_page`; ETags that differ with the token and answers of 304 that count without one; rate-limit
headers, a User-Agent demanded, tokens, versions, 404 for a trailing slash. Try it by hand:

    python -m tests.fake_github users.csv --port 8000
    ghdirectory seed users --api-url http://127.0.0.1:8000 --store /tmp/users.db

By hand it has the organisation `acme`, whose members are every third user, the repository
`acme/anvil` with contributors and stargazers, and followers of `octocat`.
"""

import argparse
import csv
import hashlib
import json
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

HOUR = 3600
VERSIONS = ("2022-11-28", "2026-03-10")


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def error(status: int, message: str, **headers: str) -> Answer:
    """Answer as GitHub refuses."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps({"message": message}).encode())


def user(identity: int, login: str, type: str = "User", **changes: Any) -> dict[str, Any]:
    """Return a user object with the members that matter here, and some that do not."""
    return {
        "login": login,
        "id": identity,
        "node_id": f"U_{identity}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{identity}?v=4",
        "gravatar_id": "",
        "url": f"https://api.github.com/users/{login}",
        "html_url": f"https://github.com/{login}",
        "following_url": f"https://api.github.com/users/{login}/following{{/other_user}}",
        "type": type,
        "user_view_type": "public",
        "site_admin": False,
    } | changes


Users = Sequence[Mapping[str, Any]]


class FakeGitHub:
    """Users in ascending id, other lists of them, and what was asked.

    Args:
        users: the user objects.
        token: the one that is valid; without it 60 requests an hour are.
        remaining: requests left in this hour.
        fault: given the number of a request (from 1), returns an answer to give instead.
        lists: further lists in their own order, by path: "/orgs/acme/members".
        found: how many users a search claims to have found; as many as it has by default.
    """

    def __init__(
        self,
        users: Users,
        token: str = "good",
        remaining: int = 60,
        fault: Callable[[int], Answer | None] = lambda request: None,
        lists: Mapping[str, Users] | None = None,
        found: int | None = None,
    ) -> None:
        self.users = users
        self.token, self.remaining, self.fault = token, remaining, fault
        self.lists, self.found = dict(lists or {}), found
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.resets_at = int(time.time()) + HOUR

    @property
    def users(self) -> Users:
        """Every account, in ascending id."""
        return self._users

    @users.setter
    def users(self, users: Users) -> None:
        self._users = sorted(users, key=lambda user: user["id"])
        self._ids = [user["id"] for user in self._users]

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """Answer GET *target*; *headers* have lower-case names, *base* is this server's URL."""
        self.requests.append(target)
        self.headers.append(dict(headers))
        if wrong := self.fault(len(self.requests)):
            return wrong
        if not headers.get("user-agent"):
            return error(403, "Request forbidden by administrative rules.")
        if headers.get("x-github-api-version", VERSIONS[0]) not in VERSIONS:
            return error(400, "Invalid API version")
        authorization = headers.get("authorization")
        if authorization not in (None, f"Bearer {self.token}"):
            return error(401, "Bad credentials")
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if path == "/rate_limit":
            return self._rate_limit(bool(authorization))
        if not authorization and not self.remaining:
            return error(403, "API rate limit exceeded", **self._rate(60, 0))
        found = self._list(path, query, base)
        etag = f'W/"{hashlib.sha256(repr((authorization, found)).encode()).hexdigest()}"'
        known = headers.get("if-none-match") == etag and found.status == 200
        if not authorization:  # a 304 is for nothing only with a token
            self.remaining -= 1
        rate = self._rate(5000, 4999) if authorization else self._rate(60, self.remaining)
        dashed = {name.replace("_", "-"): value for name, value in rate.items()}
        if known:
            return Answer(304, {"ETag": etag, **dashed})
        return Answer(found.status, {**found.headers, "ETag": etag, **dashed}, found.body)

    def _list(self, path: str, query: dict[str, str], base: str) -> Answer:
        try:
            size = max(1, min(100, int(query.get("per_page", 30))))
            since, page = int(query.get("since", 0)), max(1, int(query.get("page", 1)))
        except ValueError:
            return error(422, "Validation Failed")
        if path == "/users":
            start = bisect_right(self._ids, since)
            shown = self._users[start : start + size]
            links = [f'<{base}/users{{?since}}>; rel="first"'] if shown else []
            if start + len(shown) < len(self._users):
                links.insert(0, _link(base, path, query, "next", since=shown[-1]["id"]))
            return _listed(shown, links)
        if path not in self.lists:
            return error(404, "Not Found")
        everyone = self.lists[path]
        if path == "/search/users":
            if page * size > 1000:
                return error(422, "Only the first 1000 search results are available")
            found = self.found if self.found is not None else len(everyone)
            everyone = everyone[:1000]
        shown = everyone[(page - 1) * size : page * size]
        last = max(1, -(-len(everyone) // size))
        links = []
        if page > 1:
            links.append(_link(base, path, query, "prev", page=page - 1))
        if page < last:
            links.append(_link(base, path, query, "next", page=page + 1))
            links.append(_link(base, path, query, "last", page=last))
        if page > 1:
            links.append(_link(base, path, query, "first", page=1))
        if path == "/search/users":
            body = {"total_count": found, "incomplete_results": False, "items": list(shown)}
            return _listed(body, links)
        return _listed(shown, links)

    def _rate_limit(self, authorized: bool) -> Answer:
        limit, remaining = (5000, 4999) if authorized else (60, self.remaining)
        core = {"limit": limit, "remaining": remaining, "reset": self.resets_at, "used": 1}
        body = {"resources": {"core": core, "search": {**core, "limit": 10, "remaining": 10}}}
        return Answer(200, {}, json.dumps(body).encode())

    def _rate(self, limit: int, remaining: int) -> dict[str, str]:
        return {
            "x_ratelimit_limit": str(limit),
            "x_ratelimit_remaining": str(remaining),
            "x_ratelimit_used": str(limit - remaining),
            "x_ratelimit_reset": str(self.resets_at),
            "x_ratelimit_resource": "core",
        }


def _listed(found: Any, links: Sequence[str]) -> Answer:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "public, max-age=60, s-maxage=60",
        **({"Link": ", ".join(links)} if links else {}),
    }
    return Answer(200, headers, json.dumps(found).encode())


def _link(base: str, path: str, query: Mapping[str, str], rel: str, **changes: int) -> str:
    return f'<{base}{path}?{urlencode({**query, **changes})}>; rel="{rel}"'


@contextmanager
def serving(github: FakeGitHub, port: int = 0) -> Iterator[str]:
    """Serve *github* on loopback, and give its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = github.answer(self.path, headers, url)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()


def transport(github: FakeGitHub, base: str) -> httpx.MockTransport:
    """Return what stands in for the network between an httpx client and *github* at *base*."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        found = github.answer(request.url.raw_path.decode(), headers, base)
        return httpx.Response(found.status, headers=dict(found.headers), content=found.body)

    return httpx.MockTransport(answer)


def read_csv(path: Path) -> list[dict[str, Any]]:
    """Return the user objects of a CSV file with the columns id, login and perhaps type."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            user(int(row["id"]), row["login"], row.get("type") or "User")
            for row in csv.DictReader(file)
        ]


def main() -> None:
    """Serve the users of a CSV file until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--remaining", type=int, default=60, help="requests left without a token")
    parser.add_argument("--resets-in", type=int, default=HOUR, help="seconds until they are new")
    options = parser.parse_args()
    users = read_csv(options.csv)
    github = FakeGitHub(
        users,
        remaining=options.remaining,
        lists={
            "/orgs/acme/members": users[::3],
            "/repos/acme/anvil/contributors": users[1::4],
            "/repos/acme/anvil/stargazers": users[::-5],
            "/users/octocat/followers": users[::7],
            "/search/users": users,
        },
    )
    github.resets_at = int(time.time()) + options.resets_in
    with serving(github, options.port) as url:
        print(f"{url} (Ctrl-C ends)", flush=True)
        try:
            while True:
                time.sleep(0.2)
                if time.time() > github.resets_at:
                    github.remaining, github.resets_at = 60, github.resets_at + HOUR
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()

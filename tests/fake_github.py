"""A fake GitHub: it lists given users, and behaves as the real API was observed to.

- Link headers have rel=next and, for `/users`, a templated rel=first.
- Lists are read with `since` or `page`. `per_page` is at most 100. Lists end after 400 pages.
- ETags depend on the token. A 304 counts for the rate limit only without a token.
- There are rate-limit headers, tokens and API versions. A User-Agent is required.

To try it by hand:

    python -m tests.fake_github users.csv --port 8000
    ghdirectory seed users --api-url http://127.0.0.1:8000 --store /tmp/users.db

Then it also has the organisation `acme`, whose members are every third user, the repository
`acme/anvil` with contributors and stargazers, and followers of `octocat`.
"""

import argparse
import csv
import hashlib
import json
import sys
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
PAGES_LIMITED = (
    "In order to keep the API fast for everyone, pagination is limited for this resource."
)


@dataclass(frozen=True)
class FakeReply:
    """The status, headers and body of a reply."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def error(status: int, message: str, **headers: str) -> FakeReply:
    """Return an error as GitHub sends it. ``_`` in a header's name becomes ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return FakeReply(status, named, json.dumps({"message": message}).encode())


def user(identity: int, login: str, type: str = "User", **changes: Any) -> dict[str, Any]:
    """Return a user object with most of the members that GitHub sends."""
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
    """The state of the fake: its users and lists, and the requests it received.

    Args:
        users: the user objects.
        token: the only valid token. Requests without a token are limited to 60 an hour.
        remaining: the requests without a token that are left in this hour.
        fault: takes the number of a request, from 1. It returns a reply to send instead of the
            right one, or None.
        lists: other lists in their own order, by path, as in "/orgs/acme/members".
        total_count: the number of users that a search claims to have; all of them by default.
        max_pages: the page after which a list ends.

    Attributes:
        requests: the targets of all requests.
        headers: the headers of all requests.
        resets_at: when the rate limit is reset, in seconds since the epoch.
    """

    def __init__(
        self,
        users: Users,
        token: str = "good",
        remaining: int = 60,
        fault: Callable[[int], FakeReply | None] = lambda request: None,
        lists: Mapping[str, Users] | None = None,
        total_count: int | None = None,
        max_pages: int = 400,
    ) -> None:
        self.users = users
        self.token, self.remaining, self.fault = token, remaining, fault
        self.lists, self.total_count, self.max_pages = dict(lists or {}), total_count, max_pages
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

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> FakeReply:
        """Return the reply to GET *target*. The names in *headers* are lower-case.

        *base* is the address of this server.
        """
        self.requests.append(target)
        self.headers.append(dict(headers))
        if fault := self.fault(len(self.requests)):
            return fault
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
        reply = self._list(path, query, base)
        etag = f'W/"{hashlib.sha256(repr((authorization, reply)).encode()).hexdigest()}"'
        is_unchanged = headers.get("if-none-match") == etag and reply.status == 200
        if not authorization:  # also for a 304
            self.remaining -= 1
        rate = self._rate(5000, 4999) if authorization else self._rate(60, self.remaining)
        dashed = {name.replace("_", "-"): value for name, value in rate.items()}
        if is_unchanged:
            return FakeReply(304, {"ETag": etag, **dashed})
        return FakeReply(reply.status, {**reply.headers, "ETag": etag, **dashed}, reply.body)

    def _list(self, path: str, query: dict[str, str], base: str) -> FakeReply:
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
        if page > self.max_pages:
            return error(422, PAGES_LIMITED)
        users = self.lists[path]
        if path == "/search/users":
            if page * size > 1000:
                return error(422, "Only the first 1000 search results are available")
            total = self.total_count if self.total_count is not None else len(users)
            users = users[:1000]
        shown = users[(page - 1) * size : page * size]
        last = max(1, -(-len(users) // size))
        links = []
        if page > 1:
            links.append(_link(base, path, query, "prev", page=page - 1))
        if page < last:
            links.append(_link(base, path, query, "next", page=page + 1))
            links.append(_link(base, path, query, "last", page=last))
        if page > 1:
            links.append(_link(base, path, query, "first", page=1))
        if path == "/search/users":
            body = {"total_count": total, "incomplete_results": False, "items": list(shown)}
            return _listed(body, links)
        return _listed(shown, links)

    def _rate_limit(self, authorized: bool) -> FakeReply:
        limit, remaining = (5000, 4999) if authorized else (60, self.remaining)
        core = {"limit": limit, "remaining": remaining, "reset": self.resets_at, "used": 1}
        body = {"resources": {"core": core, "search": {**core, "limit": 10, "remaining": 10}}}
        return FakeReply(200, {}, json.dumps(body).encode())

    def _rate(self, limit: int, remaining: int) -> dict[str, str]:
        return {
            "x_ratelimit_limit": str(limit),
            "x_ratelimit_remaining": str(remaining),
            "x_ratelimit_used": str(limit - remaining),
            "x_ratelimit_reset": str(self.resets_at),
            "x_ratelimit_resource": "core",
        }


def _listed(body: Any, links: Sequence[str]) -> FakeReply:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "public, max-age=60, s-maxage=60",
        **({"Link": ", ".join(links)} if links else {}),
    }
    return FakeReply(200, headers, json.dumps(body).encode())


def _link(base: str, path: str, query: Mapping[str, str], rel: str, **changes: int) -> str:
    return f'<{base}{path}?{urlencode({**query, **changes})}>; rel="{rel}"'


@contextmanager
def serving(github: FakeGitHub, port: int = 0) -> Iterator[str]:
    """Serve *github* on loopback, and yield its address."""

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
    """Return a transport for httpx that answers as *github*, at the address *base*."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = github.answer(request.url.raw_path.decode(), headers, base)
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body)

    return httpx.MockTransport(answer)


def read_csv(path: Path) -> list[dict[str, Any]]:
    """Return the user objects of a CSV file with the columns id and login. type is optional."""
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
    parser.add_argument(
        "--resets-in", type=int, default=HOUR, help="seconds until the limit is reset"
    )
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
    try:
        with serving(github, options.port) as url:
            print(f"{url} (Ctrl-C ends)", flush=True)
            try:
                while True:
                    time.sleep(0.2)
                    if time.time() > github.resets_at:
                        github.remaining, github.resets_at = 60, github.resets_at + HOUR
            except KeyboardInterrupt:
                print()
    except OSError as exc:
        sys.exit(
            f"cannot listen on port {options.port}: {exc.strerror}; choose another with --port"
        )


if __name__ == "__main__":
    main()

"""A GitHub that lists the users it is given, and answers as the real one was seen to.

Link header with rel=next and a templated rel=first, `since`, the cap on `per_page`, rate-limit
headers, a User-Agent demanded, tokens, versions, 404 for a trailing slash. Try it by hand:

    python -m tests.fake_github users.csv --port 8000
    python -m generator seed users --api-url http://127.0.0.1:8000 --store /tmp/users.db
"""

import argparse
import csv
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


class FakeGitHub:
    """Users in ascending id, and what was asked.

    Args:
        users: the user objects.
        token: the one that is valid; without it 60 requests an hour are.
        remaining: requests left in this hour.
        fault: given the number of a request (from 1), returns an answer to give instead.
    """

    def __init__(
        self,
        users: Sequence[Mapping[str, Any]],
        token: str = "good",
        remaining: int = 60,
        fault: Callable[[int], Answer | None] = lambda request: None,
    ) -> None:
        self.users = sorted(users, key=lambda user: user["id"])
        self.ids = [user["id"] for user in self.users]
        self.token, self.remaining, self.fault = token, remaining, fault
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []

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
        if not authorization and not self.remaining:
            return error(403, "API rate limit exceeded", **self._rate(60, 0))
        self.remaining -= not authorization
        rate = self._rate(5000, 4999) if authorization else self._rate(60, self.remaining)
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if path != "/users":
            return error(404, "Not Found", **rate)
        return self._users(query, {name.replace("_", "-"): v for name, v in rate.items()}, base)

    def _users(self, query: dict[str, str], rate: dict[str, str], base: str) -> Answer:
        try:
            since, size = int(query.get("since", 0)), int(query.get("per_page", 30))
        except ValueError:
            return Answer(422, rate, b'{"message": "Validation Failed"}')
        start = bisect_right(self.ids, since)
        page = self.users[start : start + max(1, min(100, size))]
        first = f'<{base}/users{{?since}}>; rel="first"'
        links = [first] if page else []
        if start + len(page) < len(self.users):
            after = urlencode({**query, "since": page[-1]["id"]})
            links.insert(0, f'<{base}/users?{after}>; rel="next"')
        return Answer(
            200,
            {
                "Content-Type": "application/json; charset=utf-8",
                "Cache-Control": "public, max-age=60, s-maxage=60",
                **({"Link": ", ".join(links)} if links else {}),
                **rate,
            },
            json.dumps(page).encode(),
        )

    @staticmethod
    def _rate(limit: int, remaining: int) -> dict[str, str]:
        return {
            "x_ratelimit_limit": str(limit),
            "x_ratelimit_remaining": str(remaining),
            "x_ratelimit_used": str(limit - remaining),
            "x_ratelimit_reset": str(int(time.time()) + HOUR),
            "x_ratelimit_resource": "core",
        }


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
    options = parser.parse_args()
    with serving(FakeGitHub(read_csv(options.csv)), options.port) as url:
        print(f"{url} (Ctrl-C ends)")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()

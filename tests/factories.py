"""Makes what many tests need: profiles, GitHub's replies, directories, Lambda's events."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from function.contract import About, Profile
from function.database import Directory
from generator.bake.directory import bake
from generator.github import Reply

SEEDED_AT = "2026-11-24T12:00:00Z"
ABOUT = About("users", "GitHub users", SEEDED_AT)


def make_profile(user_id: int, username: str = "", **changes: str) -> Profile:
    """Return the profile of an ordinary account, with *changes*."""
    username = username or f"user-{user_id}"
    values = {
        "type": "User",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{user_id}?v=4",
        "html_url": f"https://github.com/{username}",
    } | changes
    return Profile(user_id, username, **values)


# Usernames of real accounts that today's rules forbid, and foreign or hostile text.
ODD = (
    make_profile(1, "mojombo"),
    make_profile(44, "errfree", type="Organization"),
    make_profile(1024, "CopperKettle"),
    make_profile(1025, "copperkettle"),
    make_profile(75544, "-"),
    make_profile(100001, "moloch--"),
    make_profile(100002, "0----0"),
    make_profile(
        49699333,
        "dependabot[bot]",
        type="Bot",
        avatar_url="https://avatars.githubusercontent.com/in/29110?v=4",
        html_url="https://github.com/apps/dependabot",
    ),
    make_profile(50000001, "import-er", type="Mannequin"),
    make_profile(50000002, "octo_ACME"),
    make_profile(50000003, "100%_sure\\"),
    make_profile(50000004, "<script>alert('1')</script>", html_url="javascript:alert(1)"),
    make_profile(50000005, '"><img src=x onerror=alert(1)>', avatar_url='" onerror="alert(1)'),
    make_profile(50000006, "Ünïcödé"),
    make_profile(50000007, "ünïcödé"),
    make_profile(50000008, "мария"),
    make_profile(50000009, "משתמש"),
    make_profile(50000010, "😀" * 39),
    make_profile(50000011, "&amp;lt;", type="A & B <i>"),
    make_profile(50000012, "nul\0and\rbreaks\n"),
    make_profile(50000013, "lower", type="user"),
    make_profile(2**63 - 1, "the-last", type="Organization"),
)


def make_reply(
    body: object = None,
    status: int = 200,
    url: str = "https://api.github.com/users?since=0&per_page=100",
    *,
    next: str | None = None,
    **headers: str,
) -> Reply:
    """Return a reply of GitHub.

    Args:
        body: bytes, or a value to encode as JSON.
        status: the HTTP status.
        url: the URL that was requested.
        next: the target of the link with rel=next.
        headers: the headers, with "_" for "-".
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(url, status, named, content, next)


def make_directory(
    folder: Path, profiles: Iterable[Profile] = ODD, about: About = ABOUT
) -> Directory:
    """Bake *profiles* into directory.db in *folder*, and open it."""
    path = folder / "directory.db"
    bake(profiles, about, path, jobs=1)
    return Directory(path)


def damage_users(path: Path) -> None:
    """Overwrite a page of the directory at *path*: the root of the table `users`."""
    with closing(sqlite3.connect(path)) as sql:
        (page,) = sql.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'users'").fetchone()
        (size,) = sql.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)


def proxy_event(path: str, query: str = "", method: str = "GET") -> dict[str, Any]:
    """Return the event that API Gateway sends to Lambda for a request (REST, proxy integration).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    multiple: dict[str, list[str]] = {}
    for name, value in pairs:
        multiple.setdefault(name, []).append(value)
    headers = {"Accept": "*/*", "Host": "abc123.execute-api.us-east-1.amazonaws.com"}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": multiple or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "test"},
            "path": f"/prod{path}",
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "resourcePath": path,
            "stage": "prod",
        },
        "body": None,
        "isBase64Encoded": False,
    }

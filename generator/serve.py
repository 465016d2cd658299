"""A local look at the whole: the site behind the router's rules, and the real API, on one port."""

import errno
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

from function.answer import PATH as API_PATH
from function.app import create_app
from function.database import Directory
from generator.errors import ServeError
from generator.files import cache_control, content_type
from generator.pages import NOT_FOUND_KEY, Build
from generator.router import Route, route

# https://asgi.readthedocs.io/en/latest/specs/www.html
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def create_preview(directory: Directory, build: Build, folder: Path, base_path: str) -> App:
    """Return an ASGI application: the API of *directory*, and the site in *folder*."""
    api = create_app(directory)

    async def preview(scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/api/"):
            await api(scope, receive, send)
        else:
            await _send_file(scope, send, build, folder, base_path)

    return preview


async def _send_file(
    scope: Message, send: Send, build: Build, folder: Path, base_path: str
) -> None:
    """Answer as the published site does."""
    if scope["method"] not in ("GET", "HEAD"):
        await _send(scope, send, 405, b"", {"allow": "GET, HEAD"})
        return
    query = scope["query_string"].decode("utf-8", "replace")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    found = Route(404)
    if scope["path"].startswith(base_path):
        found = route("/" + scope["path"].removeprefix(base_path), parameters, build)
    if found.location:
        await _send(scope, send, 302, b"", {"location": base_path + found.location[1:]})
        return
    body = _read(folder, found.key) if found.status == 200 else None
    if body is None:
        found = Route(404)
        body = _read(folder, NOT_FOUND_KEY) or b"not found"
    headers = {"content-type": content_type(found.key), "cache-control": cache_control(found.key)}
    await _send(scope, send, found.status, body, headers)


def _read(folder: Path, key: str) -> bytes | None:
    """Return the bytes of *key*; None if *folder* has no such file, whatever *key* tries."""
    try:
        path = (folder / key).resolve()
        return path.read_bytes() if path.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):  # no file, a folder, a name too long, a NUL in it
        return None


async def _send(
    scope: Message, send: Send, status: int, body: bytes, headers: dict[str, str]
) -> None:
    pairs = {**headers, "content-length": str(len(body)), "x-content-type-options": "nosniff"}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in pairs.items()],
        }
    )
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def serve(app: App, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve *app* until interrupted; *tell* is told the address once it answers.

    Raises:
        ServeError: the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except (OSError, OverflowError) as exc:
            in_use = getattr(exc, "errno", None) == errno.EADDRINUSE
            advice = "; --port names another (make serve PORT=...)" if in_use else ""
            raise ServeError(f"cannot listen on {host}:{port}: {exc}{advice}") from exc
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}"
        tell(f"The site is at {address}/ and the API at {address}{API_PATH}; Ctrl-C ends")
        config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False)
        with suppress(KeyboardInterrupt):  # uvicorn hands on the Ctrl-C that it ended with
            uvicorn.Server(config).run(sockets=[listener])

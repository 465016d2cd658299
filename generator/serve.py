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
from function.errors import DatabaseMismatch
from generator.errors import BuildError, ServeError, reason
from generator.site import (
    BUILD_KEY,
    NOT_FOUND_KEY,
    Build,
    Route,
    cache_control,
    content_type,
    read_build,
    route,
)

# https://asgi.readthedocs.io/en/latest/specs/www.html
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Preview:
    """An ASGI application: the API of a directory, and its site as it is published.

    A directory and a site that were built anew are taken up with the next request.

    Args:
        database: the directory's file.
        site: the site's folder.
        base_path: where the site lies on its host, with a slash at either end.

    Raises:
        DatabaseMismatch: there is no directory.
        BuildError: there is no site, or not a whole one.
    """

    def __init__(self, database: Path, site: Path, base_path: str) -> None:
        self.base_path = base_path
        self._files = database, site / BUILD_KEY
        self._database, self._site = database, site
        self._take(read_build(site), Directory(database), self._stamps())

    def _stamps(self) -> list[int]:
        return [file.stat().st_mtime_ns for file in self._files]

    def _take(self, build: Build, directory: Directory, stamps: list[int]) -> None:
        self.build, self.directory, self._taken = build, directory, stamps
        self._api = create_app(directory)

    def _take_if_new(self) -> None:
        """Take up a new build once directory and site are of one release."""
        with suppress(OSError, BuildError, DatabaseMismatch):
            if (stamps := self._stamps()) == self._taken:
                return
            build, directory = read_build(self._site), Directory(self._database)
            if build.release == directory.release:
                self.directory.close()
                self._take(build, directory, stamps)
            else:
                directory.close()

    def close(self) -> None:
        """Close the directory."""
        self.directory.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self._take_if_new()
        if scope["path"] == "/api" or scope["path"].startswith("/api/"):
            await self._api(scope, receive, send)
        else:
            status, headers, body = self._answer(scope)
            await _send(scope, send, status, headers, body)

    def _answer(self, scope: Message) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body, as the published site has them."""
        if scope["method"] not in ("GET", "HEAD"):
            return 405, {"allow": "GET, HEAD"}, b""
        query = scope["query_string"].decode("utf-8", "replace")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        found = Route(404)
        if scope["path"].startswith(self.base_path):
            path = "/" + scope["path"].removeprefix(self.base_path)
            found = route(path, parameters, self.build)
        if found.location:
            return 302, {"location": self.base_path + found.location[1:]}, b""
        hidden = found.key.startswith(".")  # what rendering keeps for itself
        body = _read(self._site, found.key) if found.status == 200 and not hidden else None
        if body is None:
            found = Route(404)
            body = _read(self._site, NOT_FOUND_KEY) or b"not found"
        type_, cache = content_type(found.key), cache_control(found.key)
        return found.status, {"content-type": type_, "cache-control": cache}, body


def _read(folder: Path, key: str) -> bytes | None:
    """Return the bytes of *key*; None if *folder* has no such file, whatever *key* tries."""
    try:
        path = (folder / key).resolve()
        return path.read_bytes() if path.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):  # no file, a folder, a name too long, a NUL in it
        return None


async def _send(
    scope: Message, send: Send, status: int, headers: dict[str, str], body: bytes
) -> None:
    pairs = {**headers, "content-length": str(len(body)), "x-content-type-options": "nosniff"}
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def serve(preview: Preview, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve *preview* until interrupted; *tell* is told the address once it answers.

    Raises:
        ServeError: the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches off Nagle's algorithm, which would hold back each body for 40 ms, only where
    # the socket says that it speaks TCP.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except (OSError, OverflowError) as exc:
            in_use = getattr(exc, "errno", None) == errno.EADDRINUSE
            advice = "; choose another with --port (make serve PORT=...)" if in_use else ""
            raise ServeError(f"cannot listen on {host}:{port}: {reason(exc)}{advice}") from exc
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}"
        home = address + preview.base_path
        tell(f"The site is at {home} and the API at {address}{API_PATH}; Ctrl-C ends")
        config = uvicorn.Config(
            preview, log_level="warning", lifespan="off", access_log=False, use_colors=False
        )
        with suppress(KeyboardInterrupt):  # uvicorn hands on the Ctrl-C that it ended with
            uvicorn.Server(config).run(sockets=[listener])

"""A local preview of the site, with the CDN's routing rules, and of the API, on one port."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Any, BinaryIO
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

PIECE = 1 << 16  # bytes of a file that are sent at once

# https://asgi.readthedocs.io/en/latest/specs/www.html
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Preview:
    """An ASGI application: the API of a directory, and its site as it will be published.

    If directory and site are built again, the next request is answered from the new ones. Until
    both are complete and of one release, the old directory answers. It is in memory, so nothing
    that happens to its file changes an answer.

    Args:
        database: the directory's file.
        site: the site's folder.

    Raises:
        DatabaseMismatch: there is no directory.
        BuildError: there is no site, or an incomplete one.
    """

    def __init__(self, database: Path, site: Path) -> None:
        self._database, self._site = database, site
        # Before the files are read: a change in between is then noticed at the next request.
        self._read_times = self._modification_times()
        self._open(read_build(site), Directory(database, in_memory=True))

    def _modification_times(self) -> list[int]:
        files = self._database, self._site / BUILD_KEY
        return [file.stat().st_mtime_ns for file in files if file.exists()]

    def _open(self, build: Build, directory: Directory) -> None:
        self.build, self.directory = build, directory
        self._api = create_app(directory)

    def _reopen_if_changed(self) -> None:
        """Open the new directory and site, once both exist and are of the same release."""
        with suppress(OSError, BuildError, DatabaseMismatch):
            if (times := self._modification_times()) == self._read_times:
                return
            build = read_build(self._site)
            # A directory of another release is read once, and not for each request.
            self._read_times = times
            directory = Directory(self._database, release=build.release, in_memory=True)
            self.directory.close()
            self._open(build, directory)

    def close(self) -> None:
        """Close the directory."""
        self.directory.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        self._reopen_if_changed()
        if scope["path"] == "/api" or scope["path"].startswith("/api/"):
            await self._api(scope, receive, send)
        else:
            status, headers, body = self._respond(scope)
            with body:
                await _send(scope, send, status, headers, body)

    def _respond(self, scope: Message) -> tuple[int, dict[str, str], BinaryIO]:
        """Return the status, headers and body of the site's response."""
        if scope["method"] not in ("GET", "HEAD"):
            return 405, {"allow": "GET, HEAD"}, BytesIO()
        query = scope["query_string"].decode("utf-8", "replace")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        response = Route(404)
        if scope["path"].startswith(self.build.base_path):
            path = "/" + scope["path"].removeprefix(self.build.base_path)
            response = route(path, parameters, self.build)
        if response.location:
            return 302, {"location": self.build.base_path + response.location[1:]}, BytesIO()
        body = _open(self._site, response.key) if response.status == 200 else None
        if body is None:
            response = Route(404)
            body = _open(self._site, NOT_FOUND_KEY) or BytesIO(b"not found")
        type_, caching = content_type(response.key), cache_control(response.key)
        return response.status, {"content-type": type_, "cache-control": caching}, body


def _open(folder: Path, key: str) -> BinaryIO | None:
    """Return the open file *key* of *folder*; None if there is none, or it is not published.

    Names that begin with a dot are not published: those of the marker and the seals.
    """
    try:
        path = (folder / key).resolve()
        parts = path.relative_to(folder.resolve()).parts
        return None if any(part.startswith(".") for part in parts) else path.open("rb")
    except OSError as exc:
        if exc.errno in (errno.EMFILE, errno.ENFILE):  # there may well be such a file
            raise
        return None  # missing, a folder, or a name that is too long
    except ValueError:  # outside, or a name with a NUL
        return None


async def _send(
    scope: Message, send: Send, status: int, headers: dict[str, str], body: BinaryIO
) -> None:
    """Send a response, its body in pieces: a slow reader takes no memory."""
    size = body.seek(0, SEEK_END)
    body.seek(0)
    pairs = {**headers, "content-length": str(size), "x-content-type-options": "nosniff"}
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    while scope["method"] != "HEAD" and (piece := body.read(PIECE)):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        # Until the event loop runs, the server does not see that the reader has gone, and asyncio
        # logs a line for each piece.
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b""})


def serve(
    preview: Preview,
    host: str,
    port: int,
    say: Callable[[str], None],
    open_url: Callable[[str], object] | None = None,
) -> None:
    """Serve *preview* until Ctrl-C.

    Args:
        preview: the application.
        host: the address to listen on.
        port: the port; 0 for any free one.
        say: called with a line that has the URLs, once they answer.
        open_url: called with the site's URL then, to show it in a browser.

    Raises:
        ServeError: the port cannot be used.
        KeyboardInterrupt: Ctrl-C ended it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on a socket whose protocol is TCP. Without it, Nagle's algorithm
    # delays each body by 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except (OSError, OverflowError) as exc:
            another_port = "; choose another with --port (make serve PORT=...)"
            advice = {
                errno.EADDRINUSE: another_port,
                errno.EACCES: another_port,  # most systems reserve the ports below 1024 for root
                errno.EADDRNOTAVAIL: "; choose one of its addresses with --host",
            }.get(getattr(exc, "errno", None) or 0, "")
            raise ServeError(f"cannot listen on {host}:{port}: {reason(exc)}{advice}") from exc
        url_host = f"[{host}]" if ":" in host else host
        origin = f"http://{url_host}:{listener.getsockname()[1]}"
        home, api = origin + preview.build.base_path, origin + API_PATH
        say(f"The site is at {home} and the API at {api}; press Ctrl-C to stop")
        if open_url:
            open_url(home)
        config = uvicorn.Config(
            preview, log_level="warning", lifespan="off", access_log=False, use_colors=False
        )
        uvicorn.Server(config).run(sockets=[listener])

"""The application: routes, the shape of errors, and the headers every answer carries."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from function.answer import CONTENT_TYPE, PATH, Answer, answer_error, answer_profiles
from function.database import Directory

# The same for every request, so that a cache may give any client's answer to any other.
HEADERS = {
    "Cache-Control": "public, max-age=60",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}

# Of the API's own description: `function.openapi`.
DESCRIPTION_PATH = "/api/openapi.json"

# What the router refuses by itself: nothing else is raised here.
MESSAGES = {
    404: f"there is nothing at this address; {PATH} has the profiles, {DESCRIPTION_PATH} says how",
    405: "this address answers GET and HEAD only",
}


class _Reply(Response):
    """An answer with headers that are ready: those of `Response` are made for every request."""

    def __init__(self, answer: Answer, headers: list[tuple[bytes, bytes]]) -> None:
        self._answer, self._ready = answer, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; to HEAD the same headers, Content-Length included, and no body."""
        body = self._answer.body
        length = (b"content-length", str(len(body)).encode())
        await send(
            {
                "type": "http.response.start",
                "status": self._answer.status,
                "headers": [*self._ready, length],
            }
        )
        content = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": content})


def create_app(directory: Directory) -> Starlette:
    """Return the application that answers from *directory*."""
    constant = {**HEADERS, "X-Release": directory.release, "Content-Type": CONTENT_TYPE}

    def encoded(**changes: str) -> list[tuple[bytes, bytes]]:
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        headers = {name.lower(): value for name, value in constant.items()} | named
        return [(name.encode(), value.encode()) for name, value in headers.items()]

    always = encoded()

    async def profiles(request: Request) -> Response:
        text = request.scope["query_string"].decode("utf-8", "replace")
        return _Reply(answer_profiles(directory, parse_qsl(text, keep_blank_values=True)), always)

    async def description(request: Request) -> Response:
        from function.openapi import document  # few ask for it, and no cold start waits for it

        return _Reply(Answer(200, document()), always)

    async def refused(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)  # noqa: S101  (what this is registered for)
        # Not Starlette's own Allow: it lists a set, in another order in every process.
        headers = encoded(allow="GET, HEAD") if exc.status_code == 405 else always
        return _Reply(answer_error(exc.status_code, MESSAGES[exc.status_code]), headers)

    async def failed(request: Request, exc: Exception) -> Response:
        # Starlette re-raises what it hands over here, so the server logs the traceback.
        message = "the directory failed to answer; it is not the request's fault"
        return _Reply(answer_error(500, message), encoded(cache_control="no-store"))

    handlers: dict[object, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: refused,
        Exception: failed,
    }
    app = Starlette(
        routes=[
            *(Route(PATH, profiles), Route(f"{PATH}/", profiles)),
            *(Route(DESCRIPTION_PATH, description), Route(f"{DESCRIPTION_PATH}/", description)),
        ],
        exception_handlers=handlers,
    )
    # API Gateway sends /profiles/ here as well, and would cache the redirect under /profiles.
    app.router.redirect_slashes = False
    return app

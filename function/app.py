"""The ASGI application: its routes, its error responses, and the headers of every response."""

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from function.answer import CONTENT_TYPE, PATH, Answer, answer_error, answer_profiles
from function.database import Directory
from function.errors import DatabaseMismatch

# The same for every request, so that a cache may give any client's response to any other.
HEADERS = {
    "Cache-Control": "public, max-age=60",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}

# The headers of a response that another try may not get.
NOT_CACHED = {"Cache-Control": "no-store"}

# The path of the API's own description, `function.openapi`.
DESCRIPTION_PATH = "/api/openapi.json"

# The statuses that the router raises, with their messages.
MESSAGES = {
    404: f"there is nothing at this address; {PATH} has the profiles, {DESCRIPTION_PATH} says how",
    405: "this address answers GET and HEAD only",
}


def create_app(directory: Directory) -> Starlette:
    """Return the application that answers from *directory*."""

    def respond(request: Request, answer: Answer, **headers: str) -> Response:
        """Return the response. One to HEAD has the headers of GET, and no body."""
        return Response(
            b"" if request.method == "HEAD" else answer.body,
            answer.status,
            {
                **HEADERS,
                "X-Release": directory.release,
                "Content-Type": CONTENT_TYPE,
                **headers,
                "Content-Length": str(len(answer.body)),
            },
        )

    async def profiles(request: Request) -> Response:
        text = request.scope["query_string"].decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True)
        return respond(request, answer_profiles(directory, pairs))

    async def description(request: Request) -> Response:
        from function.openapi import document  # rarely requested: no cold start waits for it

        return respond(request, Answer(200, document()))

    async def refused(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)  # noqa: S101  (what this is registered for)
        # Starlette's own Allow header joins a set: in each process it has another order.
        headers = {"Allow": "GET, HEAD"} if exc.status_code == 405 else {}
        return respond(request, answer_error(exc.status_code, MESSAGES[exc.status_code]), **headers)

    async def damaged(request: Request, exc: Exception) -> Response:
        # The reason names a path of the server: it is for the log alone.
        logging.getLogger(__name__).error(str(exc))
        message = "the directory's database is damaged; it must be deployed again"
        return respond(request, answer_error(503, message), **NOT_CACHED)

    async def failed(request: Request, exc: Exception) -> Response:
        # Starlette raises the exception again after this response, so the server logs it.
        message = "the directory failed to answer; it is not the request's fault"
        return respond(request, answer_error(500, message), **NOT_CACHED)

    handlers: dict[object, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: refused,
        DatabaseMismatch: damaged,
        Exception: failed,
    }
    app = Starlette(
        routes=[
            *(Route(PATH, profiles), Route(f"{PATH}/", profiles)),
            *(Route(DESCRIPTION_PATH, description), Route(f"{DESCRIPTION_PATH}/", description)),
        ],
        exception_handlers=handlers,
    )
    # API Gateway sends /profiles/ here too, and would cache a redirect under /profiles.
    app.router.redirect_slashes = False
    return app

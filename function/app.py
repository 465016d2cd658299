"""The application: routes, the shape of errors, and the headers every answer carries."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from function.answer import CONTENT_TYPE, PATH, Answer, answer_error, answer_profiles
from function.database import Directory

# The same for every request, so that a cache may give any client's answer to any other.
HEADERS = {
    "Cache-Control": "public, max-age=60",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}

# What the router refuses by itself: nothing else is raised here.
MESSAGES = {
    404: f"there is nothing at this address; the profiles are at {PATH}",
    405: "this address answers GET and HEAD only",
}


def create_app(directory: Directory) -> Starlette:
    """Return the application that answers from *directory*."""
    constant = {**HEADERS, "X-Release": directory.release}

    def respond(request: Request, answer: Answer, headers: Mapping[str, str] = {}) -> Response:
        return Response(
            # HEAD: the same headers, Content-Length included, and no body.
            b"" if request.method == "HEAD" else answer.body,
            answer.status,
            {**constant, **headers, "Content-Length": str(len(answer.body))},
            media_type=CONTENT_TYPE,
        )

    async def profiles(request: Request) -> Response:
        return respond(request, answer_profiles(directory, request.query_params.multi_items()))

    async def refused(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)  # noqa: S101  (what this is registered for)
        # Not Starlette's own Allow: it lists a set, in another order in every process.
        headers = {"Allow": "GET, HEAD"} if exc.status_code == 405 else {}
        return respond(request, answer_error(exc.status_code, MESSAGES[exc.status_code]), headers)

    async def failed(request: Request, exc: Exception) -> Response:
        # Starlette re-raises what it hands over here, so the server logs the traceback.
        return respond(
            request,
            answer_error(500, "the directory failed to answer; it is not the request's fault"),
            {"Cache-Control": "no-store"},
        )

    handlers: dict[object, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: refused,
        Exception: failed,
    }
    app = Starlette(
        routes=[Route(PATH, profiles), Route(f"{PATH}/", profiles)],
        exception_handlers=handlers,
    )
    # API Gateway sends /profiles/ here as well, and would cache the redirect under /profiles.
    app.router.redirect_slashes = False
    return app

"""Where Lambda enters: `function.handler.handler`.

The database that `function.database_file` finds is opened when this module is imported, once for
the life of the process.
"""

# ruff: noqa: E402  (the other imports come after the first on purpose)
import gc

# All that is imported stays. Looking for garbage in it would take a cold start 4 ms of 75.
gc.disable()

import logging
import os
import sys
from pathlib import Path
from sqlite3 import sqlite_version
from typing import Any

# Powertools imports botocore where there is one, as on Lambda, to tell services of itself; nothing
# here calls any. One that is loaded already, by a layer, is left alone.
was_loaded = sys.modules.setdefault("botocore", None)  # type: ignore[arg-type]

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from mangum import Mangum

if was_loaded is None:
    del sys.modules["botocore"]

from function.app import create_app
from function.database import Directory
from function.database_file import find_database
from function.errors import ServerError

logger = Logger(service="profiles-api")
metrics = Metrics(namespace="GitHubUserDirectory", service="profiles-api")
# Its line for each request would say again what ours says.
logging.getLogger("mangum.http").setLevel(logging.WARNING)

# /var/task on Lambda: the folder that holds the package.
_path, _release = find_database(os.environ.get("DIRECTORY_DB", ""), Path(__file__).parents[1])
directory = Directory(_path, release=_release)
# lifespan="off": "auto" would start and stop the application around every single event.
respond = Mangum(create_app(directory), lifespan="off")
logger.info("opened", release=directory.release, sqlite=sqlite_version)

gc.freeze()
gc.enable()


def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer *event* by its path, method and parameters alone: nothing else is even read."""
    bare: dict[str, Any] = {
        "path": _path_in_the_api(event),
        "headers": {},
        "multiValueHeaders": {},
        "body": None,
        "isBase64Encoded": False,
    }
    response: dict[str, Any] = respond({**event, **bare}, context)
    return response


def _path_in_the_api(event: dict[str, Any]) -> str:
    """Return the path that *event* asks for, without what a custom domain puts before it.

    A base path of a custom domain (https://example.org/v1/api/users/profiles) is in "path", and
    "resource" is the path as template.yaml declares it. A resource with a variable, such as
    /{proxy+}, is no path. https://github.com/Kludex/mangum/issues/78
    """
    resource = event.get("resource") or ""
    return resource if resource and "{" not in resource else event["path"]


def handler(event: Any, context: Any) -> dict[str, Any] | None:
    """Answer an API Gateway REST proxy event with a proxy response.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

    Returns:
        The response; None for an event that is no request, such as a schedule's that keeps the
        function warm.

    Raises:
        ServerError: the answer would be 500 or more. Lambda then counts an error, which an alarm
            sees; a returned 500 would pass for success.
    """
    invoked = hasattr(context, "function_name")
    if not (isinstance(event, dict) and event.get("httpMethod")):
        (_ignored_in_lambda if invoked else _ignored)(event, context)
        return None
    # Called by hand, in a test or a shell, there is no invocation to log.
    response = (_observed if invoked else answer)(event, context)
    if response["statusCode"] >= 500:
        raise ServerError(response["statusCode"])
    return response


def _ignored(event: Any, context: Any) -> None:
    logger.info("ignored an event that is no request to the API")


# With the ids of this invocation, and not those of the request before it.
_ignored_in_lambda = logger.inject_lambda_context(_ignored, clear_state=True)


@logger.inject_lambda_context(
    correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True
)
@metrics.log_metrics(capture_cold_start_metric=True)
def _observed(event: dict[str, Any], context: Any) -> dict[str, Any]:
    response = answer(event, context)
    # No dimension of its own: each would be billed, and a caller could invent thousands.
    refused = 400 <= response["statusCode"] < 500
    metrics.add_metric("RefusedRequests", MetricUnit.Count, int(refused))
    logger.info(
        "answered",
        method=event.get("httpMethod"),
        path=event.get("path"),
        query=event.get("multiValueQueryStringParameters") or {},
        status=response["statusCode"],
        release=directory.release,
    )
    return response

"""The Lambda handler: `function.handler.handler`.

Importing this module opens the database that `function.database_file` finds. It stays open for the
life of the process.
"""

# ruff: noqa: E402  (the other imports come after the first on purpose)
import gc

# Imported modules are no garbage: to collect it meanwhile would take 4 ms of a cold start of 75.
gc.disable()

import logging
import os
import sys
from pathlib import Path
from sqlite3 import sqlite_version
from typing import Any

# Powertools imports botocore if it is installed, as on Lambda, to name itself in AWS requests. The
# function sends none, and a cold start would wait for the import: None in sys.modules prevents it.
# A layer may have imported botocore before: that stays. https://docs.python.org/3/library/sys.html#sys.modules
botocore_before = sys.modules.setdefault("botocore", None)  # type: ignore[arg-type]

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from mangum import Mangum

if botocore_before is None:
    del sys.modules["botocore"]

from function.app import create_app
from function.database import Directory
from function.database_file import find_database
from function.errors import ServerError

logger = Logger(service="profiles-api")
metrics = Metrics(namespace="GitHubUserDirectory", service="profiles-api")
# Mangum's line for each request would repeat ours.
logging.getLogger("mangum.http").setLevel(logging.WARNING)

# The bundle's folder, which holds this package, is /var/task on Lambda.
_path, _release = find_database(os.environ.get("DIRECTORY_DB", ""), Path(__file__).parents[1])
# Nobody changes the bundle of a running function. So its file can be mapped into memory, and is not
# read as a whole to verify its release.
directory = Directory(_path, release=_release, verify=False, use_mmap=True)
# lifespan="auto" would start and stop the application for each event.
respond = Mangum(create_app(directory), lifespan="off")
logger.info("opened", release=directory.release, sqlite=sqlite_version)

gc.freeze()
gc.enable()


def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer *event* by its path, method and parameters alone, since the answer is cached by these.

    The application gets no headers and no body.
    """
    replaced: dict[str, Any] = {
        "path": _api_path(event),
        "headers": {},
        "multiValueHeaders": {},
        "body": None,
        "isBase64Encoded": False,
    }
    response: dict[str, Any] = respond({**event, **replaced}, context)
    return response


def _api_path(event: dict[str, Any]) -> str:
    """Return the path that *event* requests, without a custom domain's base path.

    A base path, such as /v1 in https://example.org/v1/api/users/profiles, is in the event's "path".
    It is not in "resource", the path as template.yaml declares it. A resource with a variable, such
    as /{proxy+}, is no path. https://github.com/Kludex/mangum/issues/78
    """
    resource = event.get("resource") or ""
    return resource if resource and "{" not in resource else event["path"]


def handler(event: Any, context: Any) -> dict[str, Any] | None:
    """Answer an API Gateway REST proxy event with a proxy response.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

    Returns:
        The response. None for an event that is no request, such as a schedule's event that keeps
        the function warm.

    Raises:
        ServerError: the response would be 500 or more. Lambda then counts an error, and an alarm
            can see it. If the handler returned the response, Lambda would count a success.
    """
    # A test or a shell calls the handler without Lambda's context, which the log needs.
    is_invocation = hasattr(context, "function_name")
    if not (isinstance(event, dict) and event.get("httpMethod")):
        (_ignore_in_lambda if is_invocation else _ignore)(event, context)
        return None
    response = (_answer_in_lambda if is_invocation else answer)(event, context)
    if response["statusCode"] >= 500:
        raise ServerError(response["statusCode"])
    return response


def _ignore(event: Any, context: Any) -> None:
    logger.info("ignored an event that is no request to the API")


# clear_state: the line has the ids of this invocation, and not those of the request before.
_ignore_in_lambda = logger.inject_lambda_context(_ignore, clear_state=True)


@logger.inject_lambda_context(
    correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True
)
@metrics.log_metrics(capture_cold_start_metric=True)
def _answer_in_lambda(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer *event*, write one log line, and count refused requests."""
    response = answer(event, context)
    # The metric has no dimension for the request: AWS bills each value of one, and a caller could
    # invent thousands.
    is_refused = 400 <= response["statusCode"] < 500
    metrics.add_metric("RefusedRequests", MetricUnit.Count, int(is_refused))
    logger.info(
        "answered",
        method=event.get("httpMethod"),
        path=event.get("path"),
        query=event.get("multiValueQueryStringParameters") or {},
        status=response["statusCode"],
        release=directory.release,
    )
    return response

import asyncio
import importlib
import io
import json
import sqlite3
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function.errors import DatabaseMismatch
from function.query import ORDERS, PARAMETERS, parse_query
from tests.factories import ODD, make_directory, proxy_event
from tests.function.described import assert_described
from tests.oracle import expected_exact, expected_page

PATH = "/api/users/profiles"
CONTEXT = SimpleNamespace(
    function_name="profiles",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:profiles",
    aws_request_id="52fdfc07-2182-154f-163f-5f0f9a621d72",
)


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handler")
    make_directory(folder).close()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # without one, Mangum makes a loop and does not close it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIRECTORY_DB", str(folder / "directory.db"))
        sys.modules.pop("function.handler", None)
        yield importlib.import_module("function.handler")
    sys.modules.pop("function.handler").directory.close()
    asyncio.set_event_loop(None)
    loop.close()


@pytest.mark.parametrize("context", [CONTEXT, None], ids=["in Lambda", "without Lambda"])
def test_a_proxy_event_is_answered_from_the_database(module, context):
    response = module.handler(proxy_event(PATH, "username=JO&pagination=1"), context)
    assert response["statusCode"] == 200
    assert response["isBase64Encoded"] is False
    assert response["headers"]["x-release"] == module.directory.release
    body = json.loads(response["body"])
    assert [profile["username"] for profile in body["profiles"]] == ["mojombo"]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        pytest.param(proxy_event(PATH, "page=0"), 400, id="bad value"),
        pytest.param(proxy_event("/api/nope"), 404, id="unknown path"),
        pytest.param(proxy_event(PATH, method="POST"), 405, id="POST"),
        pytest.param(proxy_event(PATH, method="HEAD"), 200, id="HEAD"),
    ],
)
def test_every_request_gets_a_proxy_response(module, event, status):
    assert module.handler(event, CONTEXT)["statusCode"] == status


def test_the_last_of_a_repeated_parameter_counts(module):
    body = module.handler(proxy_event(PATH, "id=44&id=1"), None)["body"]
    assert json.loads(body)["profiles"][0]["id"] == 1


def test_a_term_may_have_any_alphabet(module):
    body = module.handler(proxy_event(PATH, "username=%D1%80%D0%B8"), None)["body"]
    assert [p["username"] for p in json.loads(body)["profiles"]] == ["мария"]


@pytest.mark.parametrize("path", [f"/v1{PATH}", f"{PATH}/", "/anything"])
def test_the_declared_resource_counts_and_not_the_path(module, path):
    event = proxy_event(PATH, "id=1") | {"path": path}
    assert answered(module, event) == answered(module, proxy_event(PATH, "id=1"))


@pytest.mark.parametrize("resource", [None, "", "/{proxy+}", "/api/users/{name}"])
def test_the_path_counts_if_the_resource_is_none(module, resource):
    event = proxy_event(PATH, "id=1") | {"resource": resource}
    assert answered(module, event) == answered(module, proxy_event(PATH, "id=1"))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}, id="schedule"
        ),
        pytest.param({"source": "serverless-plugin-warmup"}, id="warmer"),
        pytest.param({}, id="test button"),
        pytest.param({"httpMethod": None}, id="no method"),
        *([], "ping", 1, None),
    ],
)
@pytest.mark.parametrize("context", [CONTEXT, None], ids=["in Lambda", "without Lambda"])
def test_an_event_that_is_no_request_returns_none_and_logs_one_line(
    module, capsys, monkeypatch, event, context
):
    # Powertools writes to the stream that was standard output when the module was imported.
    lines = io.StringIO()
    monkeypatch.setattr(module.logger.handlers[0], "stream", lines)
    assert module.handler(event, context) is None
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["level"], capsys.readouterr().out) == ("INFO", "")


def test_an_ignored_event_is_logged_without_the_ids_of_the_last_request(module, monkeypatch):
    lines = io.StringIO()
    monkeypatch.setattr(module.logger.handlers[0], "stream", lines)
    module.handler(proxy_event(PATH), CONTEXT)
    later = SimpleNamespace(**{**vars(CONTEXT), "aws_request_id": "another"})
    module.handler({}, later)
    line = json.loads(lines.getvalue().splitlines()[-1])
    assert (line["function_request_id"], "correlation_id" in line) == ("another", False)


def test_a_term_forges_no_log_line_and_the_client_is_not_logged(module, monkeypatch):
    lines = io.StringIO()
    monkeypatch.setattr(module.logger.handlers[0], "stream", lines)
    term = '\n{"level":"INFO","message":"answered"}\r'
    module.handler(proxy_event(PATH, urlencode({"username": term})), CONTEXT)
    (line,) = lines.getvalue().splitlines()
    assert json.loads(line)["query"] == {"username": [term]}
    assert "192.0.2.1" not in line


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError(), "500"), (DatabaseMismatch("a reason"), "503")]
)
def test_a_failure_is_raised_so_that_lambda_counts_it(module, monkeypatch, error, status):
    def fail(*args):
        raise error

    monkeypatch.setattr(type(module.directory), "find", fail)
    with pytest.raises(module.ServerError, match=status):
        module.handler(proxy_event(PATH), CONTEXT)


# Runs in a new process, as on Lambda. Prints the handler's log lines, then the imported packages.
SCRIPT = f"""
import json, sys, types
from function.handler import handler
context = types.SimpleNamespace(**{vars(CONTEXT)!r})
assert handler(json.load(sys.stdin), context)["statusCode"] == 200
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("process")
    make_directory(folder).close()
    output = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(proxy_event(PATH, "id=1")),
        env={"DIRECTORY_DB": str(folder / "directory.db")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [json.loads(line) for line in output.splitlines()]


def test_a_request_logs_one_structured_line(printed):
    (line,) = (line for line in printed[:-1] if line.get("message") == "answered")
    assert (line["status"], line["query"]) == (200, {"id": ["1"]})
    assert line["correlation_id"] == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    assert line["cold_start"] is True


def test_a_cold_start_logs_the_version_of_sqlite(printed):
    (line,) = (line for line in printed[:-1] if line.get("message") == "opened")
    assert line["sqlite"] == sqlite3.sqlite_version


def test_metrics_have_no_dimension_from_a_request(printed):
    records = [line["_aws"]["CloudWatchMetrics"][0] for line in printed[:-1] if "_aws" in line]
    metrics = {metric["Name"] for record in records for metric in record["Metrics"]}
    dimensions = {name for record in records for names in record["Dimensions"] for name in names}
    assert metrics == {"ColdStart", "RefusedRequests"}
    assert dimensions == {"function_name", "service"}


def test_no_package_is_imported_that_is_not_in_the_bundle(printed):
    imported = set(printed[-1])
    assert {"function", "starlette", "mangum", "aws_lambda_powertools"} <= imported
    assert not imported & {
        *("generator", "boto3", "botocore", "aws_xray_sdk", "pydantic"),
        *("sqlite_utils", "jinja2", "httpx", "uvicorn", "click"),
    }


def answered(module, event):
    """Return the parts of the response that a cache stores."""
    response = module.handler(event, None)
    return response["statusCode"], response["headers"], response["body"]


def with_headers(event, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    event["headers"] |= named
    event["multiValueHeaders"] |= {name: [value] for name, value in named.items()}
    return event


@pytest.mark.parametrize("query", ["", "username=o&pagination=2", "page=0", "type=user&page=9"])
@pytest.mark.parametrize(
    "make_equivalent",
    [
        pytest.param(lambda q: proxy_event(f"{PATH}/", q), id="a slash at the end"),
        pytest.param(lambda q: proxy_event(PATH, f"{q}&per_page=7&x=1"), id="unknown parameters"),
        pytest.param(
            lambda q: proxy_event(PATH, f"pagination=9&page=3&type=x&page=&pagination=&type=&{q}"),
            id="repeated parameters",
        ),
        pytest.param(
            lambda q: proxy_event(PATH, "&".join(reversed(q.split("&")))), id="another order"
        ),
        pytest.param(lambda q: proxy_event(PATH, f"{q}&id=&username_=x"), id="empty parameters"),
        pytest.param(
            lambda q: with_headers(
                proxy_event(PATH, q),
                Host="evil.test",
                Origin="https://evil.test",
                X_Forwarded_Host="evil.test",
                X_Forwarded_Proto="http",
                Accept="text/html",
                Accept_Encoding="gzip, br",
                Accept_Language="de",
                If_None_Match="*",
                If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT",
                Range="bytes=0-3",
                Cache_Control="no-cache",
                Authorization="Bearer x",
                Cookie="a=b",
                User_Agent="another",
            ),
            id="other headers",
        ),
    ],
)
def test_an_answer_depends_on_the_declared_parameters_alone(module, query, make_equivalent):
    assert answered(module, make_equivalent(query)) == answered(module, proxy_event(PATH, query))


def test_the_same_of_two_bad_values_is_named_in_any_order(module):
    first, second = (proxy_event(PATH, query) for query in ("page=x&id=y", "id=y&page=x"))
    assert answered(module, first) == answered(module, second)


@pytest.mark.parametrize(
    "headers",
    [{"Host": "a:b"}, {"X_Forwarded_Port": "443, 443"}, {"X_Any": "\ud800"}],
    ids=["host", "repeated port", "surrogate"],
)
def test_no_header_makes_the_handler_fail(module, headers):
    event = with_headers(proxy_event(PATH), **headers) | {"body": "x", "isBase64Encoded": True}
    assert answered(module, event) == answered(module, proxy_event(PATH))


@pytest.mark.parametrize("query", ["", "username=o", "page=0"])
def test_head_has_the_headers_of_get_and_no_body(module, query):
    status, headers, _ = answered(module, proxy_event(PATH, query))
    assert answered(module, proxy_event(PATH, query, method="HEAD")) == (status, headers, "")


def test_different_queries_have_different_answers(module):
    queries = [
        *("", "page=2&pagination=2", "pagination=2", "order_by=type", "order_by=-id"),
        *("username=o", "username=O%00", "id=1", "type=bot", "type=Organization"),
    ]
    bodies = [module.handler(proxy_event(PATH, query), None)["body"] for query in queries]
    assert len(set(bodies)) == len(queries)


# API Gateway sends JSON in UTF-8, which has no surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.just("9" * 5000)
NUMBERS = st.sampled_from([0, 1, 2, 44, 100, 101, 2**63 - 1, 2**64]).map(str)
PARTS = st.sampled_from(
    ["o", "KETTLE", " @mojombo ", "-", "[bot]", "%", "ünï", "user", "BOT", *ORDERS]
)
VALUES = TEXT | NUMBERS | PARTS
QUERIES = st.dictionaries(
    st.sampled_from(PARAMETERS) | TEXT, st.lists(VALUES, min_size=1, max_size=3), max_size=5
)
HEADERS = st.none() | st.dictionaries(TEXT | st.just("Host"), TEXT, max_size=3)


@st.composite
def events(draw):
    """Return an event, and the query that it asks for if it asks for profiles."""
    queries = draw(QUERIES)
    path = draw(st.just(PATH) | st.sampled_from(["/", "", f"{PATH}//", "/api"]) | TEXT)
    headers = draw(HEADERS)
    event = proxy_event(path, method=draw(st.sampled_from(["GET", "GET", "HEAD", "POST", "get"])))
    event |= {
        "resource": draw(st.sampled_from([path, "", None, "/{proxy+}"])),
        "multiValueQueryStringParameters": queries or None,
        "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
        "headers": headers,
        "multiValueHeaders": headers and {name: [value] for name, value in headers.items()},
        "body": draw(st.none() | TEXT),
        "isBase64Encoded": draw(st.booleans()),
    }
    event.pop(draw(st.sampled_from(["body", "multiValueQueryStringParameters", "stageVariables"])))
    return event, [(name, value) for name, values in queries.items() for value in values]


@settings(max_examples=300)
@given(events())
def test_any_event_of_api_gateway_gets_the_answer_that_is_described(module, event_and_pairs):
    event, pairs = event_and_pairs
    response = module.handler(json.loads(json.dumps(event)), None)
    status = response["statusCode"]
    assert status in (200, 400, 404, 405)
    if event["httpMethod"] == "HEAD":
        assert response["body"] == ""
        return
    answer = json.loads(response["body"])
    assert_described(answer, "Page" if status == 200 else "Error")
    if status == 200:
        query = parse_query(pairs)
        profiles, total = expected_page([*ODD], query)
        exact = expected_exact([*ODD], query)
        assert (answer["profiles"], answer["total"]) == ([p._asdict() for p in profiles], total)
        assert answer.get("exact") == (exact and exact._asdict())

import os
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra.cloud import Aws
from infra.deployment import Stack
from infra.errors import CloudError
from infra.sam import Sam
from tests.infra.ministack import ENVIRONMENT

STACK = Stack("UPDATE_COMPLETE", {}, {"ApiId": "api", "ApiStage": "prod", "DistributionId": "EDGE"})


@pytest.fixture
def cloud(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return Aws("users", Sam(), threads=1)


@contextmanager
def asked(cloud, service, *expected):
    """Have *service* answer what is expected of it, in this order, and nothing else."""
    cloud._clients[service] = client = boto3.client(service)
    with Stubber(client) as stub:
        for operation, answer, parameters in expected:
            stub.add_response(operation, answer, parameters)
        yield stub
        stub.assert_no_pending_responses()


def test_a_stack_is_what_cloudformation_describes(cloud):
    found = {
        "StackName": "users",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": 0,
        "Parameters": [{"ParameterKey": "Release", "ParameterValue": "0"}],
        "Outputs": [{"OutputKey": "ApiId", "OutputValue": "api"}],
    }
    with asked(
        cloud, "cloudformation", ("describe_stacks", {"Stacks": [found]}, {"StackName": "users"})
    ):
        assert cloud.stack() == Stack("CREATE_COMPLETE", {"Release": "0"}, {"ApiId": "api"})


def test_a_stack_that_is_not_there_is_none(cloud):
    with asked(cloud, "cloudformation") as stub:
        stub.add_client_error(
            "describe_stacks", "ValidationError", "Stack with id users does not exist", 400
        )
        assert cloud.stack() is None


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDenied", "infra/deployer_policy.json"),
        ("ExpiredToken", "aws sso login"),
        ("InvalidClientTokenId", "aws sso login"),
    ],
)
def test_what_aws_refuses_is_told_with_what_to_do(cloud, code, says):
    with asked(cloud, "cloudformation") as stub:
        stub.add_client_error("describe_stacks", code, "it says so", 403)
        with pytest.raises(CloudError, match=rf"stack users cannot be looked at: .*{says}"):
            cloud.stack()


def test_who_names_no_region_is_told(cloud, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(CloudError, match="region; set AWS_DEFAULT_REGION"):
        cloud.stack()


def test_who_has_no_credentials_is_told(cloud, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CloudError, match="Unable to locate credentials; set AWS_PROFILE"):
        cloud.stack()


@pytest.mark.parametrize(
    ("status", "emptied"),
    [
        ("AVAILABLE", "API Gateway's cache and CloudFront's of /api/*"),
        ("FLUSH_IN_PROGRESS", "API Gateway's cache and CloudFront's of /api/*"),
        ("NOT_AVAILABLE", "CloudFront's of /api/*"),
        ("CREATE_IN_PROGRESS", "CloudFront's of /api/*"),
    ],
)
def test_caches_are_emptied_where_there_are_any(cloud, status, emptied):
    stage = {"restApiId": "api", "stageName": "prod"}
    flush = [("flush_stage_cache", {}, stage)] if "Gateway" in emptied else []
    batch = {"Paths": {"Quantity": 1, "Items": ["/api/*"]}, "CallerReference": ANY}
    wanted = {"DistributionId": "EDGE", "InvalidationBatch": batch}
    with (
        asked(cloud, "apigateway", ("get_stage", {"cacheClusterStatus": status}, stage), *flush),
        asked(cloud, "cloudfront", ("create_invalidation", {}, wanted)),
    ):
        assert cloud.empty_caches(STACK) == emptied


def test_a_bucket_is_emptied_of_every_version(cloud):
    listing = {
        "IsTruncated": False,
        "Versions": [{"Key": "a", "VersionId": "2"}, {"Key": "a", "VersionId": "1"}],
        "DeleteMarkers": [{"Key": "b", "VersionId": "3"}],
    }
    some = [("a", "2"), ("a", "1"), ("b", "3")]
    objects = [{"Key": key, "VersionId": version} for key, version in some]
    with asked(
        cloud,
        "s3",
        ("list_object_versions", listing, {"Bucket": "bucket", "Prefix": "p", "MaxKeys": 1000}),
        ("delete_objects", {}, {"Bucket": "bucket", "Delete": {"Objects": objects, "Quiet": True}}),
    ):
        assert cloud.remove("bucket", "p") == 3


def test_objects_that_are_not_removed_are_told(cloud):
    listing = {"IsTruncated": False, "Versions": [{"Key": "a", "VersionId": "null"}]}
    refused = {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "no"}]}
    with (
        asked(
            cloud, "s3", ("list_object_versions", listing, None), ("delete_objects", refused, None)
        ),
        pytest.raises(CloudError, match=r"s3://bucket/a cannot be removed: AccessDenied \(no\)"),
    ):
        cloud.remove("bucket", "")


def test_an_answer_is_one_whatever_its_status(cloud):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("X-Release", "0")
            self.end_headers()
            self.wfile.write(b"text")

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        found = [cloud.get(f"{address}/{path}") for path in ("", "x")]
        server.shutdown()
        thread.join()
    assert [(one.status, one.headers["x-release"], one.body) for one in found] == [
        (200, "0", b"text"),
        (404, "0", b"text"),
    ]
    with pytest.raises(OSError):
        cloud.get(address)

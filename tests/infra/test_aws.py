from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra.aws import Aws
from infra.cloud import Stack
from infra.errors import CloudError
from infra.sam import Sam
from tests.aws_environment import set_aws_environment

STACK = Stack("UPDATE_COMPLETE", {}, {"ApiId": "api", "ApiStage": "prod", "DistributionId": "EDGE"})


@pytest.fixture
def cloud(monkeypatch):
    set_aws_environment(monkeypatch, AWS_DEFAULT_REGION="us-east-1")
    return Aws("users", Sam(), threads=1)


@contextmanager
def stubbed(cloud, service, *calls):
    """Have *service* expect these calls in order: operation, reply and parameters."""
    cloud._clients[service] = client = boto3.client(service)
    with Stubber(client) as stub:
        for operation, reply, parameters in calls:
            stub.add_response(operation, reply, parameters)
        yield stub
        stub.assert_no_pending_responses()


def test_stack_is_read_from_cloudformation(cloud):
    stack = {
        "StackName": "users",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": 0,
        "Parameters": [{"ParameterKey": "Release", "ParameterValue": "0"}],
        "Outputs": [{"OutputKey": "ApiId", "OutputValue": "api"}],
    }
    with stubbed(
        cloud, "cloudformation", ("describe_stacks", {"Stacks": [stack]}, {"StackName": "users"})
    ):
        assert cloud.stack() == Stack("CREATE_COMPLETE", {"Release": "0"}, {"ApiId": "api"})


def test_missing_stack_is_none(cloud):
    with stubbed(cloud, "cloudformation") as stub:
        stub.add_client_error(
            "describe_stacks", "ValidationError", "Stack with id users does not exist", 400
        )
        assert cloud.stack() is None


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDenied", "infra/deployer_policy.json"),
        ("ExpiredToken", "aws sso login"),
        ("InvalidClientTokenId", "aws sso login"),
    ],
)
def test_error_of_aws_comes_with_advice(cloud, code, advice):
    with stubbed(cloud, "cloudformation") as stub:
        stub.add_client_error("describe_stacks", code, "it says so", 403)
        with pytest.raises(CloudError, match=rf"cannot read stack users: .*{advice}"):
            cloud.stack()


def test_missing_region_is_an_error(cloud, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(CloudError, match="region; set AWS_DEFAULT_REGION"):
        cloud.stack()


def test_missing_credentials_are_an_error(cloud, monkeypatch):
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
def test_caches_are_emptied_if_they_can_hold_replies(cloud, status, emptied):
    stage = {"restApiId": "api", "stageName": "prod"}
    flush = [("flush_stage_cache", {}, stage)] if "Gateway" in emptied else []
    batch = {"Paths": {"Quantity": 1, "Items": ["/api/*"]}, "CallerReference": ANY}
    invalidation = {"DistributionId": "EDGE", "InvalidationBatch": batch}
    with (
        stubbed(cloud, "apigateway", ("get_stage", {"cacheClusterStatus": status}, stage), *flush),
        stubbed(cloud, "cloudfront", ("create_invalidation", {}, invalidation)),
    ):
        assert cloud.empty_caches(STACK) == emptied


def test_every_version_is_deleted(cloud):
    listing = {
        "IsTruncated": False,
        "Versions": [{"Key": "a", "VersionId": "2"}, {"Key": "a", "VersionId": "1"}],
        "DeleteMarkers": [{"Key": "b", "VersionId": "3"}],
    }
    versions = [("a", "2"), ("a", "1"), ("b", "3")]
    objects = [{"Key": key, "VersionId": version} for key, version in versions]
    with stubbed(
        cloud,
        "s3",
        ("list_object_versions", listing, {"Bucket": "bucket", "Prefix": "p", "MaxKeys": 1000}),
        ("delete_objects", {}, {"Bucket": "bucket", "Delete": {"Objects": objects, "Quiet": True}}),
    ):
        assert cloud.delete_objects("bucket", "p") == 3


def test_object_that_s3_does_not_delete_is_an_error(cloud):
    listing = {"IsTruncated": False, "Versions": [{"Key": "a", "VersionId": "null"}]}
    refused = {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "no"}]}
    with (
        stubbed(
            cloud, "s3", ("list_object_versions", listing, None), ("delete_objects", refused, None)
        ),
        pytest.raises(CloudError, match=r"cannot delete s3://bucket/a: AccessDenied \(no\)"),
    ):
        cloud.delete_objects("bucket", "")


def test_reply_is_returned_with_any_status(cloud):
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
        replies = [cloud.get(f"{address}/{path}") for path in ("", "x")]
        server.shutdown()
        thread.join()
    assert [(reply.status, reply.headers["x-release"], reply.body) for reply in replies] == [
        (200, "0", b"text"),
        (404, "0", b"text"),
    ]
    with pytest.raises(OSError):
        cloud.get(address)

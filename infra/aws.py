"""AWS as the cloud of a deployment: boto3's clients and the sam command."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generator.publish import CONTINUE, S3Bucket, aws_client, translated_errors
from infra.cloud import HttpReply, Stack
from infra.errors import CloudError
from infra.sam import Sam

TIMEOUT = 30  # seconds, for a page
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
_MAX_DELETIONS = 1000  # objects in one request
# What a user can do about an error, by its code.
_ADVICE = dict.fromkeys(
    ("AccessDenied", "AccessDeniedException", "AuthorizationError"),
    "infra/deployer_policy.json lists the rights that deploying needs",
)
# The states in which API Gateway's cache can hold replies.
_FILLED_STATES = ("AVAILABLE", "FLUSH_IN_PROGRESS")


class Aws:
    """The stack called *name*, with the region and the credentials of the environment."""

    def __init__(self, name: str, sam: Sam, threads: int) -> None:
        self.name, self._sam, self._threads = name, sam, threads
        self._clients: dict[str, Any] = {}

    def build(self, database: Path) -> list[str]:
        """Make the function's bundle with *database*, and return the names of its files."""
        return self._sam.build(database)

    def deploy(self, parameters: Mapping[str, str], template: str | None = None) -> None:
        """Create or update the stack from *template*, or from the template that was built."""
        self._sam.deploy(self.name, parameters, template)

    def stack(self) -> Stack | None:
        """Return the stack; None if it does not exist."""
        with self._client("cloudformation", f"cannot read stack {self.name}") as client:
            try:
                (stack,) = client.describe_stacks(StackName=self.name)["Stacks"]
            except client.exceptions.ClientError as exc:
                # The error's code does not tell: ValidationError stands for other errors, too.
                if "does not exist" in str(exc):
                    return None
                raise
        return Stack(
            stack["StackStatus"],
            {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", ())},
            {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", ())},
        )

    def template(self) -> str:
        """Return the stack's template, as it was uploaded."""
        failure = f"cannot read the template of stack {self.name}"
        with self._client("cloudformation", failure) as client:
            reply = client.get_template(StackName=self.name, TemplateStage="Original")
            return str(reply["TemplateBody"])

    def delete(self) -> None:
        """Delete the stack, and wait until it is gone."""
        with self._client("cloudformation", f"cannot delete stack {self.name}") as client:
            client.delete_stack(StackName=self.name)
            client.get_waiter("stack_delete_complete").wait(StackName=self.name)

    def bucket(self, name: str) -> S3Bucket:
        """Return the bucket called *name*."""
        return S3Bucket(name, threads=self._threads)

    def delete_objects(self, bucket: str, prefix: str) -> int:
        """Delete the objects whose keys begin with *prefix*, and return how many there were.

        Every version is deleted: S3 deletes no bucket that holds any.
        """
        deleted = 0
        with self._client("s3", f"cannot delete s3://{bucket}/{prefix}") as client:
            pages = client.get_paginator("list_object_versions").paginate(
                Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": _MAX_DELETIONS}
            )
            for page in pages:
                versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                if versions:
                    _delete_versions(client, bucket, versions)
                deleted += len(versions)
        return deleted

    def empty_caches(self, stack: Stack) -> str:
        """Empty the caches in front of the API, and return their names.

        API Gateway's is the first: from it, CloudFront's would fill again.
        """
        stage = {"restApiId": stack.outputs["ApiId"], "stageName": stack.outputs["ApiStage"]}
        emptied = []
        with self._client("apigateway", "cannot empty API Gateway's cache") as client:
            if client.get_stage(**stage).get("cacheClusterStatus") in _FILLED_STATES:
                client.flush_stage_cache(**stage)
                emptied.append("API Gateway's cache")
        with self._client("cloudfront", "cannot empty CloudFront's cache") as client:
            client.create_invalidation(
                DistributionId=stack.outputs["DistributionId"],
                InvalidationBatch={
                    "Paths": {"Quantity": 1, "Items": ["/api/*"]},
                    "CallerReference": f"{self.name}-{time.time_ns()}",
                },
            )
            emptied.append("CloudFront's of /api/*")
        return " and ".join(emptied)

    def get(self, url: str) -> HttpReply:
        """Return the reply to a GET of *url*, even an error. Raise OSError if there is none."""
        try:
            reply = urllib.request.urlopen(url, timeout=TIMEOUT)  # noqa: S310  (the site's address)
        except urllib.error.HTTPError as exc:
            reply = exc
        with reply:
            headers = {name.lower(): value for name, value in reply.headers.items()}
            return HttpReply(reply.status, headers, reply.read())

    @contextmanager
    def _client(self, service: str, failure: str) -> Iterator[Any]:
        """Give the client of *service*. Its errors begin with *failure*."""
        with translated_errors(failure, service, _ADVICE, CloudError):
            if service not in self._clients:
                self._clients[service] = aws_client(service)
            yield self._clients[service]


def _delete_versions(client: Any, bucket: str, versions: list[dict[str, Any]]) -> None:
    objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in versions]
    reply = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    for error in reply.get("Errors", ()):
        raise CloudError(
            f"cannot delete s3://{bucket}/{error['Key']}: {error['Code']}"
            f" ({error['Message']}); {CONTINUE}"
        )

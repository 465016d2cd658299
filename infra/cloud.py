"""The stack on AWS: what `infra.deployment` asks, of AWS's services and the sam command."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generator.publish import CONTINUE, S3Bucket, aws_client, translated_errors
from infra.deployment import Answer, Stack
from infra.errors import CloudError
from infra.sam import Sam

TIMEOUT = 30  # seconds, of a page
_MAX_AT_ONCE = 1000  # objects that S3 deletes in a request
_DENIED = "infra/deployer_policy.json has what whoever deploys may do"
# What to do about what AWS says.
_ADVICE = dict.fromkeys(("AccessDenied", "AccessDeniedException", "AuthorizationError"), _DENIED)
# States of API Gateway's cache in which it may have answers.
_FILLED = ("AVAILABLE", "FLUSH_IN_PROGRESS")


class Aws:
    """The stack called *name*, in the region and with the rights that the environment says."""

    def __init__(self, name: str, sam: Sam, threads: int) -> None:
        self.name, self._sam, self._threads = name, sam, threads
        self._clients: dict[str, Any] = {}

    def build(self, database: Path) -> list[str]:
        """Make the function's bundle with *database*, and return the names of what is in it."""
        return self._sam.build(database)

    def deploy(self, parameters: Mapping[str, str], template: str | None = None) -> None:
        """Make the stack what *template* says, or else the one that was built."""
        self._sam.deploy(self.name, parameters, template)

    def stack(self) -> Stack | None:
        """Return the stack; None if there is none."""
        with self._asked("cloudformation", f"stack {self.name} cannot be looked at") as client:
            try:
                (found,) = client.describe_stacks(StackName=self.name)["Stacks"]
            except client.exceptions.ClientError as exc:
                if "does not exist" in str(exc):
                    return None
                raise
        return Stack(
            found["StackStatus"],
            {p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", ())},
            {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", ())},
        )

    def template(self) -> str:
        """Return the stack's template, as it was uploaded."""
        with self._asked("cloudformation", f"stack {self.name}'s template cannot be got") as client:
            return str(
                client.get_template(StackName=self.name, TemplateStage="Original")["TemplateBody"]
            )

    def delete(self) -> None:
        """Delete the stack, and wait until it is gone."""
        with self._asked("cloudformation", f"stack {self.name} cannot be deleted") as client:
            client.delete_stack(StackName=self.name)
            client.get_waiter("stack_delete_complete").wait(StackName=self.name)

    def bucket(self, name: str) -> S3Bucket:
        """Return a bucket."""
        return S3Bucket(name, threads=self._threads)

    def remove(self, bucket: str, prefix: str) -> int:
        """Remove all objects whose keys begin with *prefix*, and return how many there were.

        Of each, every version: one that was deleted, but has others, would keep the bucket.
        """
        removed = 0
        with self._asked("s3", f"s3://{bucket}/{prefix} cannot be removed") as client:
            pages = client.get_paginator("list_object_versions").paginate(
                Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": _MAX_AT_ONCE}
            )
            for page in pages:
                found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                if found:
                    some = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
                    wanted = {"Objects": some, "Quiet": True}
                    answer = client.delete_objects(Bucket=bucket, Delete=wanted)
                    for one in answer.get("Errors", ()):
                        raise CloudError(
                            f"s3://{bucket}/{one['Key']} cannot be removed: {one['Code']}"
                            f" ({one['Message']}); {CONTINUE}"
                        )
                removed += len(found)
        return removed

    def empty_caches(self, stack: Stack) -> str:
        """Have the caches before the API forget their answers, and return which those are.

        The inner one first, or the outer would be filled from it again.
        """
        api = {"restApiId": stack.outputs["ApiId"], "stageName": stack.outputs["ApiStage"]}
        emptied = []
        with self._asked("apigateway", "API Gateway's cache cannot be emptied") as client:
            if client.get_stage(**api).get("cacheClusterStatus") in _FILLED:
                client.flush_stage_cache(**api)
                emptied.append("API Gateway's cache")
        with self._asked("cloudfront", "CloudFront's cache cannot be emptied") as client:
            client.create_invalidation(
                DistributionId=stack.outputs["DistributionId"],
                InvalidationBatch={
                    "Paths": {"Quantity": 1, "Items": ["/api/*"]},
                    "CallerReference": f"{self.name}-{time.time_ns()}",
                },
            )
            emptied.append("CloudFront's of /api/*")
        return " and ".join(emptied)

    def get(self, url: str) -> Answer:
        """Return what *url* answers; OSError if nothing does."""
        try:
            answer = urllib.request.urlopen(url, timeout=TIMEOUT)  # noqa: S310  (the site's address)
        except urllib.error.HTTPError as exc:
            answer = exc
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, headers, answer.read())

    @contextmanager
    def _asked(self, service: str, begin: str) -> Iterator[Any]:
        with translated_errors(begin, service, _ADVICE, CloudError):
            if service not in self._clients:
                self._clients[service] = aws_client(service)
            yield self._clients[service]

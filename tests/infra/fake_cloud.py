"""A cloud in memory: a stack, its buckets, and the replies of its address."""

from collections.abc import Callable, Mapping
from pathlib import Path

from generator.publish import Manifest
from generator.publish.manifest import MANIFEST_KEY
from infra.cloud import HttpReply, Stack
from infra.errors import DeployError
from infra.smoke_test import API_REQUEST, PAGES
from tests.fake_bucket import FakeBucket

OUTPUTS = {
    "SiteBucketName": "bucket",
    "DistributionDomain": "d0.cloudfront.net",
    "SiteUrl": "https://users.example.org/",
    "FunctionName": "function",
}
CODE_KEY = "sam/code"
ADDRESS = "https://d0.cloudfront.net"


class FakeCloud:
    """A cloud that records its calls.

    Attributes:
        site_bucket: the bucket of the sites.
        sam_bucket: SAM's bucket, with the function's code.
        calls: the changes in order, as in "deploy <site id>". Changes of objects are not in it.
        before: functions that are called before a change, by its first word.
        status: the stack's status; None if there is no stack.
        parameters: the stack's parameters.
        built_template: the template that `sam build` wrote.
        live_template: the stack's template.
        bundled_release: the release of the database in the bundle.
        change_reply: changes a reply; is given its URL and the reply.
    """

    name = "users"

    def __init__(self) -> None:
        self.site_bucket, self.sam_bucket = FakeBucket(), FakeBucket()
        self.sam_bucket.store(CODE_KEY, b"")
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], object]] = {}
        self.status: str | None = None
        self.parameters: dict[str, str] = {}
        self.built_template = f"CodeUri: s3://sam/{CODE_KEY}\n"
        self.live_template = ""
        self.bundled_release = ""
        self.change_reply: Callable[[str, HttpReply], HttpReply] = lambda url, reply: reply

    def _record(self, call: str) -> None:
        self.calls.append(call)
        if hook := self.before.get(call.partition(" ")[0]):
            hook()

    def build(self, database: Path) -> list[str]:
        self._record("build")
        return ["function", f"directory-{self.bundled_release}.db"]

    def deploy(self, parameters: Mapping[str, str], template: str | None = None) -> None:
        self._record(f"deploy {parameters['Release']}")
        self.status = "UPDATE_COMPLETE" if self.status else "CREATE_COMPLETE"
        self.parameters |= parameters
        self.live_template = template or self.built_template

    def stack(self) -> Stack | None:
        if self.status is None:
            return None
        has_resources = self.status not in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
        return Stack(self.status, dict(self.parameters), OUTPUTS if has_resources else {})

    def template(self) -> str:
        return self.live_template

    def delete(self) -> None:
        self._record("delete")
        self.status = None

    def bucket(self, name: str) -> FakeBucket:
        return {"bucket": self.site_bucket, "sam": self.sam_bucket}[name]

    def delete_objects(self, bucket: str, prefix: str) -> int:
        self._record(f"delete-objects {prefix}")
        objects = self.bucket(bucket).objects
        keys = [key for key in objects if key.startswith(prefix)]
        for key in keys:
            del objects[key]
        return len(keys)

    def empty_caches(self, stack: Stack) -> str:
        self._record("empty-caches")
        return "all caches"

    def get(self, url: str) -> HttpReply:
        assert url.startswith(ADDRESS)
        site_id, path = self.parameters["Release"], url.removeprefix(ADDRESS)
        if path == API_REQUEST:
            reply = HttpReply(200, {"x-release": site_id.partition("-")[0]}, b"{}")
        else:
            body = self.site_bucket.get(f"releases/{site_id}/{PAGES[path]}")
            reply = HttpReply(403, {}, b"") if body is None else HttpReply(200, {}, body)
        return self.change_reply(url, reply)

    def complete_sites(self) -> set[str]:
        """Return the ids of the sites that have a manifest in the bucket."""
        return {
            Manifest.from_json(content).site_id
            for key, content in self.site_bucket.contents().items()
            if key.endswith(f"/{MANIFEST_KEY}")
        }


def fail(text: str = "it did not work") -> None:
    """Raise a DeployError."""
    raise DeployError(text)


def interrupt() -> None:
    """Interrupt as Ctrl-C does."""
    raise KeyboardInterrupt

"""A stack in memory, and what its address shows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from function.answer import PATH
from generator.publish import Manifest
from generator.publish.manifest import MANIFEST_KEY
from infra.deployment import API, PAGES, Answer, Stack
from infra.errors import DeployError
from tests.fake_bucket import FakeBucket

OUTPUTS = {
    "SiteBucketName": "bucket",
    "DistributionDomain": "d0.cloudfront.net",
    "SiteUrl": "https://users.example.org/",
    "FunctionName": "function",
}
CODE = "sam/code"
SITE = "https://d0.cloudfront.net"


class FakeCloud:
    """A cloud that remembers what was done.

    Attributes:
        done: what was done, in order, those to the bucket's objects as one.
        status: the stack's; None as long as there is none.
        templates: of what is built, and of the stack.
        database: which release the bundle has.
        failing: what each step calls first, by its name.
        answer: is given the URL and what it would answer, and says what it does.
    """

    name = "users"

    def __init__(self) -> None:
        self.site, self.sams = FakeBucket(), FakeBucket()
        self.sams.store(CODE, b"")
        self.done: list[str] = []
        self.status: str | None = None
        self.parameters: dict[str, str] = {}
        self.templates = {"built": f"CodeUri: s3://sams/{CODE}\n", "stack": ""}
        self.database = ""
        self.failing: dict[str, Callable[[], object]] = {}
        self.answer: Callable[[str, Answer], Answer] = lambda url, answer: answer

    def _did(self, what: str) -> None:
        self.done.append(what)
        self.failing.get(what.partition(" ")[0], lambda: None)()

    def build(self, database: Path) -> list[str]:
        self._did("build")
        return ["function", f"directory-{self.database}.db"]

    def deploy(self, parameters: Mapping[str, str], template: str | None = None) -> None:
        self._did(f"deploy {parameters['Release']}")
        self.status = "UPDATE_COMPLETE" if self.status else "CREATE_COMPLETE"
        self.parameters |= parameters
        self.templates["stack"] = template or self.templates["built"]

    def stack(self) -> Stack | None:
        if self.status is None:
            return None
        made = self.status not in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
        return Stack(self.status, dict(self.parameters), OUTPUTS if made else {})

    def template(self) -> str:
        return self.templates["stack"]

    def delete(self) -> None:
        self._did("delete")
        self.status = None

    def bucket(self, name: str) -> FakeBucket:
        return {"bucket": self.site, "sams": self.sams}[name]

    def remove(self, bucket: str, prefix: str) -> int:
        self._did(f"remove {prefix}")
        objects = self.bucket(bucket).objects
        gone = [key for key in objects if key.startswith(prefix)]
        for key in gone:
            del objects[key]
        return len(gone)

    def empty_caches(self, stack: Stack) -> str:
        self._did("empty caches")
        return "all"

    def get(self, url: str) -> Answer:
        assert url.startswith(SITE)
        release = self.parameters["Release"]
        path = url.removeprefix(SITE)
        if path == API:
            assert path.startswith(PATH)
            return self.answer(url, Answer(200, {"x-release": release.partition("-")[0]}, b"{}"))
        body = self.site.get(f"releases/{release}/{PAGES[path]}")
        return self.answer(url, Answer(403, {}, b"") if body is None else Answer(200, {}, body))

    def whole(self) -> set[str]:
        """Return the ids of the sites that are complete in the bucket."""
        found: set[Any] = set()
        for key, stored in self.site.objects.items():
            if key.endswith(f"/{MANIFEST_KEY}"):
                found.add(Manifest.from_json(stored.content).site_id)
        return found


def fail(text: str = "it did not work") -> None:
    raise DeployError(text)

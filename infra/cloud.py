"""The cloud that a deployment runs on, as a protocol. `aws.py` has AWS."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from generator.publish import Bucket


class Stack(NamedTuple):
    """A stack, as CloudFormation describes it."""

    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def site_id(self) -> str:
        """The id of the site that the stack serves."""
        return self.parameters["Release"]

    @property
    def bucket_name(self) -> str:
        """The name of the sites' bucket. A stack without resources has none."""
        return self.outputs["SiteBucketName"]


class HttpReply(NamedTuple):
    """The reply of a web server. The names in *headers* are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Cloud(Protocol):
    """The stack called *name*, its buckets, its caches, and the commands that change it.

    Each method raises InfraError or PublishError if it fails.
    """

    name: str

    def build(self, database: Path) -> list[str]:
        """Make the function's bundle with *database*, and return the names of its files."""

    def deploy(self, parameters: Mapping[str, str], template: str | None = None) -> None:
        """Create or update the stack.

        If it fails, CloudFormation restores the stack. Of a new stack, only its name and its events
        remain.

        Args:
            parameters: the stack's parameters. Others keep their values.
            template: the template; None for the one that was built.
        """

    def stack(self) -> Stack | None:
        """Return the stack; None if it does not exist."""

    def template(self) -> str:
        """Return the stack's template, as it was uploaded."""

    def delete(self) -> None:
        """Delete the stack, and wait until it is gone."""

    def bucket(self, name: str) -> Bucket:
        """Return the bucket called *name*."""

    def delete_objects(self, bucket: str, prefix: str) -> int:
        """Delete the objects whose keys begin with *prefix*, and return how many there were."""

    def empty_caches(self, stack: Stack) -> str:
        """Empty the caches in front of the API, and return their names."""

    def get(self, url: str) -> HttpReply:
        """Return the reply to a GET of *url*, even an error. Raise OSError if there is none."""

"""Deleting a stack with its bucket."""

from collections.abc import Callable

from generator.text import count
from infra.cloud import Cloud
from infra.errors import DeployError
from infra.stack import Report


def destroy(cloud: Cloud, report: Report, confirm: Callable[[str], bool]) -> None:
    """Delete the stack of *cloud* and its bucket with all sites.

    Args:
        cloud: the stack's cloud.
        report: is given a word and a text for each step.
        confirm: is given the stack's name, and returns whether to delete it.

    Raises:
        InfraError, PublishError: there is no stack, the user does not confirm, or AWS refuses.
    """
    stack = cloud.stack()
    if stack is None:
        raise DeployError(f"there is no stack {cloud.name} in this region")
    bucket_name = stack.outputs.get("SiteBucketName")
    report(
        "Stack",
        f"{cloud.name} ({stack.status}): distribution, API, function with all its versions, logs,"
        " alarms",
    )
    if bucket_name:
        report("Bucket", _described_bucket(cloud, bucket_name))
    if not confirm(cloud.name):
        raise DeployError("that is not the stack's name: nothing was deleted")
    if bucket_name:  # CloudFormation deletes no bucket that holds anything
        objects = count(cloud.delete_objects(bucket_name, ""), "object")
        report("Emptied", f"s3://{bucket_name}: {objects}")
    cloud.delete()
    report("Deleted", f"stack {cloud.name} with all its resources")
    report(
        "Left",
        "SAM's own bucket (stack aws-sam-cli-managed-default), which other stacks may share:"
        f" {cloud.name}/ in it has the uploads of this stack",
    )


def _described_bucket(cloud: Cloud, name: str) -> str:
    keys = [item.key for item in cloud.bucket(name).list("")]
    site_ids = {key.split("/")[1] for key in keys if key.startswith("releases/")}
    return (
        f"s3://{name}: {count(len(keys), 'object')} of {count(len(site_ids), 'site')} and of the"
        " records of deployments"
    )

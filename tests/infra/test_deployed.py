"""Deployments, a failure, a rollback and a deletion, on MiniStack."""

import json
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from function.answer import PATH
from generator.publish import read_site
from generator.render import site as rendering
from infra.sam import INSTALLED
from tests.aws_environment import set_aws_environment
from tests.factories import ODD, make_directory, make_profile
from tests.infra.ministack import Edge, get, running_ministack

ROOT = Path(__file__).parents[2]
STACK = "users"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not ((INSTALLED / "sam").exists() and (INSTALLED / "ministack").exists()),
        reason="sam and MiniStack are not installed; `make .venv/.aws` installs them",
    ),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders A, B and C, each with a directory of one more user, and with its site."""
    folders = {}
    for number, letter in enumerate("ABC"):
        folder = folders[letter] = tmp_path_factory.mktemp(letter)
        users = [*ODD[:-1], *(make_profile(60_000_000 + extra) for extra in range(number))]
        directory = make_directory(folder, users)
        build = rendering.make_build(directory, (10, 25), ("id", "-id"), "all")
        rendering.render_site(directory, build, folder / "site", jobs=1)
        directory.close()
    return folders


@pytest.fixture(scope="module")
def failure_marker(tmp_path_factory):
    """A file that makes the next deployment fail after the function's version was published."""
    return tmp_path_factory.mktemp("failure") / "marker"


@pytest.fixture(scope="module")
def edge(tmp_path_factory, failure_marker):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("aws")
        python = INSTALLED / "python"
        address = stack.enter_context(running_ministack(python, folder, failure_marker))
        with pytest.MonkeyPatch.context() as patch:
            set_aws_environment(
                patch,
                AWS_DEFAULT_REGION="us-east-1",
                AWS_ENDPOINT_URL=address,
                SAM_CLI_TELEMETRY="0",
            )
            yield stack.enter_context(Edge(address, STACK))


def run(command: str, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Run a command of infra.deploy, and return its exit status and its output."""
    start = time.monotonic()
    completed = subprocess.run(
        [sys.executable, "-m", "infra.deploy", command, "--stack", STACK, *arguments],
        cwd=ROOT,
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    status, output = completed.returncode, completed.stdout
    print(f"\n{command} took {time.monotonic() - start:.1f} s, exit status {status}\n{output}")
    return status, output


def deploy(edge: Edge, folder: Path, *arguments: str) -> tuple[int, str]:
    return run(
        "deploy",
        *("--site", str(folder / "site"), "--database", str(folder / "directory.db")),
        *("--site-url", edge.address, "--patience", "1", *arguments),
    )


def rollback(edge: Edge) -> tuple[int, str]:
    return run("rollback", "--site-url", edge.address)


def live(edge: Edge) -> tuple[str, str, int]:
    """Return the release of the pages, the release of the API, and the number of users."""
    api = get(f"{edge.address}{PATH}?pagination=1")
    build = json.loads(get(f"{edge.address}/build.json").body)
    assert build["users"] == json.loads(api.body)["total"]
    return build["release"], api.headers["x-release"], build["users"]


def published_versions(edge: Edge) -> list[str]:
    """Return the function's published versions."""
    with edge.client("lambda") as client:
        name = edge.outputs()["FunctionName"]
        versions = client.list_versions_by_function(FunctionName=name)["Versions"]
    return [item["Version"] for item in versions if item["Version"] != "$LATEST"]


def published_sites(edge: Edge) -> set[str]:
    """Return the ids of the sites in the bucket."""
    with edge.client("s3") as client:
        listing = client.list_objects_v2(Bucket=edge.outputs()["SiteBucketName"])["Contents"]
    keys = [item["Key"] for item in listing]
    return {key.split("/")[1] for key in keys if key.startswith("releases/")}


def assert_nothing_remains(edge: Edge, bucket: str) -> None:
    with edge.client("s3") as client:
        assert bucket not in [item["Name"] for item in client.list_buckets()["Buckets"]]
    with edge.client("cloudfront") as client:
        assert not client.list_distributions()["DistributionList"].get("Items")
    with edge.client("lambda") as client:
        assert not client.list_functions()["Functions"]
    with edge.client("logs") as client:
        groups = [item["logGroupName"] for item in client.describe_log_groups()["logGroups"]]
        assert not [name for name in groups if STACK in name]


def test_stack_is_created_updated_rolled_back_and_deleted(edge, folders, failure_marker):
    manifests = {letter: read_site(folder / "site") for letter, folder in folders.items()}
    first, second, third = (manifest.release for manifest in manifests.values())
    site_ids = {letter: manifest.site_id for letter, manifest in manifests.items()}

    # A new stack.
    assert deploy(edge, folders["A"], "--parameters", "ApiCacheEnabled=false")[0] == 0
    assert live(edge) == (first, first, 21)
    assert b"mojombo" in get(f"{edge.address}/users/1?pagination=10").body

    # An update that CloudFormation undoes, and its repetition.
    failure_marker.touch()
    status, output = deploy(edge, folders["B"])
    assert (status, "the stack is as it was before" in output) == (1, True)
    assert not failure_marker.exists()
    assert live(edge) == (first, first, 21)
    assert deploy(edge, folders["B"])[0] == 0
    assert live(edge) == (second, second, 22)
    assert len(published_versions(edge)) == 1

    # An update that fails its smoke test.
    edge.broken = site_ids["C"]
    status, output = deploy(edge, folders["C"])
    assert (status, "answers 503" in output) == (1, True)
    assert "is live again, as before" in output
    assert live(edge) == (second, second, 22)

    # Rollbacks.
    assert rollback(edge)[0] == 0
    assert live(edge) == (first, first, 21)
    status, output = rollback(edge)
    assert (status, "no deployment before the live one" in output) == (1, True)
    output = run("rollback", "--list")[1]
    assert re.findall(r"^(\w+) +[0-9TZ]+-(\S+)", output, re.MULTILINE) == [
        ("left", site_ids["B"]),
        ("live", site_ids["A"]),
    ]

    # Another update. No rollback needs B any more, but another deployer might have uploaded it.
    edge.broken = ""
    assert deploy(edge, folders["C"], "--keep", "2")[0] == 0
    assert live(edge) == (third, third, 23)
    assert published_sites(edge) == {*site_ids.values()}
    assert len(published_versions(edge)) == 1

    # The parameter of the first deployment keeps its value.
    with edge.client("cloudformation") as client:
        (stack,) = client.describe_stacks(StackName=STACK)["Stacks"]
    assert {"ParameterKey": "ApiCacheEnabled", "ParameterValue": "false"} in stack["Parameters"]

    # The deletion.
    bucket = edge.outputs()["SiteBucketName"]
    status, output = run("destroy", typed="another\n")
    assert (status, "nothing was deleted" in output) == (1, True)
    assert run("destroy", typed=f"{STACK}\n")[0] == 0
    assert_nothing_remains(edge, bucket)

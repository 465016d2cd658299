"""A release goes live, another fails, and all of it goes away: on AWS in miniature."""

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
from tests.infra.ministack import Edge, ask, started

ROOT = Path(__file__).parents[2]
STACK = "users"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not ((INSTALLED / "sam").exists() and (INSTALLED / "ministack").exists()),
        reason="sam and MiniStack are not here; `make .venv/.aws` installs them",
    ),
]


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Three directories, each a user longer, and their sites, as folders by a letter."""
    found = {}
    for number, letter in enumerate("ABC"):
        folder = found[letter] = tmp_path_factory.mktemp(letter)
        users = [*ODD[:-1], *(make_profile(60_000_000 + one) for one in range(number))]
        directory = make_directory(folder, users)
        build = rendering.make_build(directory, (10, 25), ("id", "-id"), "all")
        rendering.render_site(directory, build, folder / "site", jobs=1)
        directory.close()
    return found


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Where a file makes the next deployment fail after the function's version was published."""
    return tmp_path_factory.mktemp("failing") / "now"


@pytest.fixture(scope="module")
def edge(tmp_path_factory, failing):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("aws")
        address = stack.enter_context(started(INSTALLED / "python", folder, failing))
        with pytest.MonkeyPatch.context() as patch:
            set_aws_environment(
                patch,
                AWS_DEFAULT_REGION="us-east-1",
                AWS_ENDPOINT_URL=address,
                SAM_CLI_TELEMETRY="0",
            )
            yield stack.enter_context(Edge(address, STACK))


def run(edge: Edge, verb: str, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Run a verb as a person does; return its exit status and what it said."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy", verb, "--stack", STACK, *arguments],
        cwd=ROOT,
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    print(f"\n{verb} took {time.monotonic() - begun:.1f} s, exit {done.returncode}\n{done.stdout}")
    return done.returncode, done.stdout


def deploy(edge: Edge, folder: Path, *arguments: str) -> tuple[int, str]:
    return run(
        edge,
        "deploy",
        *("--site", str(folder / "site"), "--database", str(folder / "directory.db")),
        *("--site-url", edge.address, "--patience", "1", *arguments),
    )


def shown(edge: Edge) -> tuple[str, str, int]:
    """Return which release the pages are of, which the API is of, and how many users it counts."""
    api = ask(f"{edge.address}{PATH}?pagination=1")
    build = json.loads(ask(f"{edge.address}/build.json").body)
    assert build["users"] == json.loads(api.body)["total"]
    return build["release"], api.headers["x-release"], build["users"]


def versions(edge: Edge) -> list[str]:
    """Return the function's published versions."""
    with edge.client("lambda") as client:
        name = edge.outputs()["FunctionName"]
        found = client.list_versions_by_function(FunctionName=name)["Versions"]
    return [one["Version"] for one in found if one["Version"] != "$LATEST"]


def test_a_stack_is_made_moved_taken_back_and_deleted(edge, sites, failing):
    releases = {letter: read_site(folder / "site") for letter, folder in sites.items()}
    first, second, third = (release.release for release in releases.values())
    names = {letter: release.site_id for letter, release in releases.items()}

    assert deploy(edge, sites["A"], "--parameters", "ApiCacheEnabled=false")[0] == 0
    assert shown(edge) == (first, first, 21)
    assert b"mojombo" in ask(f"{edge.address}/users/1?pagination=10").body

    failing.touch()
    status, said = deploy(edge, sites["B"])
    assert (status, "the stack is as it was before" in said, failing.exists()) == (1, True, False)
    assert shown(edge) == (first, first, 21)
    assert deploy(edge, sites["B"])[0] == 0
    assert shown(edge) == (second, second, 22)
    assert len(versions(edge)) == 1

    edge.broken = names["C"]
    status, said = deploy(edge, sites["C"])
    assert (status, "answers 503" in said, "is live again, as before" in said) == (1, True, True)
    assert shown(edge) == (second, second, 22)

    status, said = run(edge, "rollback", "--site-url", edge.address)
    assert status == 0
    assert shown(edge) == (first, first, 21)
    status, said = run(edge, "rollback", "--site-url", edge.address)
    assert (status, "no deployment before the live one" in said) == (1, True)
    said = run(edge, "rollback", "--list")[1]
    assert re.findall(r"^(\w+) +[0-9TZ]+-(\S+)", said, re.MULTILINE) == [
        ("left", names["B"]),
        ("live", names["A"]),
    ]

    edge.broken = ""
    status, said = deploy(edge, sites["C"], "--keep", "2")
    assert status == 0
    assert shown(edge) == (third, third, 23)
    bucket = edge.outputs()["SiteBucketName"]
    with edge.client("s3") as client:
        there = client.list_objects_v2(Bucket=bucket)["Contents"]
    # Nobody goes back to B any more, but another deployer might have just uploaded it.
    assert {one["Key"].split("/")[1] for one in there if one["Key"].startswith("releases/")} == {
        *names.values()
    }
    assert len(versions(edge)) == 1

    # What the user once said of the stack is as it was.
    with edge.client("cloudformation") as client:
        (stack,) = client.describe_stacks(StackName=STACK)["Stacks"]
    assert {"ParameterKey": "ApiCacheEnabled", "ParameterValue": "false"} in stack["Parameters"]

    status, said = run(edge, "destroy", typed="another\n")
    assert (status, "nothing was deleted" in said) == (1, True)
    assert run(edge, "destroy", typed=f"{STACK}\n")[0] == 0
    with edge.client("s3") as client:
        assert bucket not in [one["Name"] for one in client.list_buckets()["Buckets"]]
    with edge.client("cloudfront") as client:
        assert not client.list_distributions()["DistributionList"].get("Items")
    with edge.client("lambda") as client:
        assert not client.list_functions()["Functions"]
    with edge.client("logs") as client:
        groups = [one["logGroupName"] for one in client.describe_log_groups()["logGroups"]]
        assert not [name for name in groups if STACK in name]

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from generator.cli.commands import ghdirectory

ROOT = Path(__file__).parents[1]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z_]+) :?=", (ROOT / "Makefile").read_text(), re.MULTILINE))
OPTIONS = {
    name
    for one in ghdirectory.commands["build"].params
    for name in (*one.opts, *one.secondary_opts)
}
WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text())
    for path in sorted((ROOT / ".github/workflows").glob("*.yaml"))
}
RUNS = [
    (name, shlex.split(line))
    for name, workflow in WORKFLOWS.items()
    for job in workflow["jobs"].values()
    for step in job["steps"]
    for line in step.get("run", "").splitlines()
    if line.startswith("make ") and not line.startswith("make .venv")
]


def test_the_refresh_builds_and_deploys():
    assert [words[1] for name, words in RUNS if name == "refresh.yaml"] == ["build-site", "deploy"]


@pytest.mark.parametrize("words", [words for _, words in RUNS], ids=lambda words: words[1])
def test_a_workflow_asks_make_for_what_there_is(words):
    _, target, *given = words
    assert target in TARGETS
    values = dict(one.split("=", 1) for one in given)
    assert values.keys() <= VARIABLES
    options = {word for word in shlex.split(values.get("ARGS", "")) if word.startswith("--")}
    assert options <= OPTIONS


@pytest.mark.parametrize("words", [words for _, words in RUNS], ids=lambda words: words[1])
def test_what_a_repository_sets_is_a_value_of_its_own_and_never_split(words):
    for one in words[2:]:
        name, value = one.split("=", 1)
        assert value == f"${name}" or "$" not in value


STEPS = [
    (name, step)
    for name, workflow in WORKFLOWS.items()
    for job in workflow["jobs"].values()
    for step in job["steps"]
]


def test_every_action_is_pinned_to_the_commit_of_a_tag():
    text = "".join((ROOT / ".github/workflows" / name).read_text() for name in WORKFLOWS)
    used = re.findall(r"uses: (.*)", text)
    assert len(used) == sum("uses" in step for _, step in STEPS)
    pinned = [re.fullmatch(r"([\w/.-]+)@([0-9a-f]{40})  # v\d+\.\d+\.\d+", one) for one in used]
    assert all(pinned), used
    # Of one repository, all come from one commit.
    pairs = {("/".join(one[1].split("/")[:2]), one[2]) for one in pinned if one}
    assert len({repository for repository, _ in pairs}) == len(pairs)


def test_no_checkout_leaves_credentials_behind():
    checkouts = [step for _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_one_job_alone_can_become_a_role_and_it_deploys():
    jobs = {
        (name, key): job
        for name, workflow in WORKFLOWS.items()
        for key, job in workflow["jobs"].items()
    }
    assert all(workflow["permissions"] == {} for workflow in WORKFLOWS.values())
    may = [key for key, job in jobs.items() if "id-token" in job["permissions"]]
    assert may == [("refresh.yaml", "deploy")]
    deploy = jobs["refresh.yaml", "deploy"]
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    assert (deploy["needs"], "DEPLOY_ROLE" in deploy["if"]) == ("build", True)
    # What has the role is what is locked, and was installed before.
    names = [step.get("run", step.get("uses", "")) for step in deploy["steps"]]
    assert names.index("make .venv/.deploy .venv/.aws") == len(names) - 3


def test_the_tests_run_on_every_supported_python():
    (oldest,) = re.findall(
        r"\d+$", tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    )
    (job,) = WORKFLOWS["test.yaml"]["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(int(oldest), 15)]

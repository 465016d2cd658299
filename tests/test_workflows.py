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
    for option in ghdirectory.commands["build"].params
    for name in (*option.opts, *option.secondary_opts)
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


def test_refresh_builds_and_deploys():
    assert [words[1] for name, words in RUNS if name == "refresh.yaml"] == ["build-site", "deploy"]


@pytest.mark.parametrize("words", [words for _, words in RUNS], ids=lambda words: words[1])
def test_workflows_use_existing_targets_variables_and_options(words):
    _, target, *given = words
    assert target in TARGETS
    values = dict(word.split("=", 1) for word in given)
    assert values.keys() <= VARIABLES
    options = {word for word in shlex.split(values.get("ARGS", "")) if word.startswith("--")}
    assert options <= OPTIONS


@pytest.mark.parametrize("words", [words for _, words in RUNS], ids=lambda words: words[1])
def test_repository_variables_are_quoted_as_whole_values(words):
    for word in words[2:]:
        name, value = word.split("=", 1)
        assert value == f"${name}" or "$" not in value


STEPS = [
    (name, step)
    for name, workflow in WORKFLOWS.items()
    for job in workflow["jobs"].values()
    for step in job["steps"]
]


def test_every_action_is_pinned_to_a_commit():
    text = "".join((ROOT / ".github/workflows" / name).read_text() for name in WORKFLOWS)
    used = re.findall(r"uses: (.*)", text)
    assert len(used) == sum("uses" in step for _, step in STEPS)
    pinned = [re.fullmatch(r"([\w/.-]+)@([0-9a-f]{40})  # v\d+\.\d+\.\d+", text) for text in used]
    assert all(pinned), used
    # All actions of a repository are pinned to the same commit.
    pairs = {("/".join(match[1].split("/")[:2]), match[2]) for match in pinned if match}
    assert len({repository for repository, _ in pairs}) == len(pairs)


def test_no_checkout_persists_credentials():
    checkouts = [step for _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_only_the_deploy_job_can_assume_a_role():
    jobs = {
        (name, key): job
        for name, workflow in WORKFLOWS.items()
        for key, job in workflow["jobs"].items()
    }
    assert all(workflow["permissions"] == {} for workflow in WORKFLOWS.values())
    with_token = [key for key, job in jobs.items() if "id-token" in job["permissions"]]
    assert with_token == [("refresh.yaml", "deploy")]
    deploy = jobs["refresh.yaml", "deploy"]
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    assert (deploy["needs"], "DEPLOY_ROLE" in deploy["if"]) == ("build", True)
    # Locked packages are installed before the job has the role.
    names = [step.get("run", step.get("uses", "")) for step in deploy["steps"]]
    assert names.index("make .venv/.deploy .venv/.aws") == len(names) - 3


def test_tests_run_on_every_supported_python():
    (oldest,) = re.findall(
        r"\d+$", tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    )
    (job,) = WORKFLOWS["test.yaml"]["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(int(oldest), 15)]

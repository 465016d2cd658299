import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from generator.cli.commands import ghdirectory
from generator.site import Build

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
STEPS = [
    (name, step)
    for name, workflow in WORKFLOWS.items()
    for job in workflow["jobs"].values()
    for step in job["steps"]
]
RUNS = [
    (name, shlex.split(line))
    for name, step in STEPS
    for line in step.get("run", "").splitlines()
    if line.startswith("make ") and not line.startswith("make .venv")
]


def test_refresh_builds_and_deploys():
    assert [words[1] for name, words in RUNS if name == "refresh.yaml"] == ["build-site", "deploy"]


def run_step(name, folder, **environment):
    """Run a step of pages.yaml in *folder*, as GitHub does. Return its exit status."""
    (script,) = [step["run"] for _, step in STEPS if step.get("name") == name]
    environment |= {"PATH": os.environ["PATH"], "GITHUB_STEP_SUMMARY": "summary"}
    return subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=environment).returncode


def write_build(folder, source):
    build = Build("0123456789abcdef", 60, (25,), ("id",), (), source, "2026-11-24T12:00:00Z")
    (folder / "build/site").mkdir(parents=True)
    (folder / "build/site/build.json").write_bytes(build.to_json())


@pytest.mark.parametrize(
    ("address", "origin", "base_path"),
    [
        ("https://octocat.github.io/people/", "https://octocat.github.io", "/people/"),
        ("https://octocat.github.io/people", "https://octocat.github.io", "/people/"),
        ("https://octocat.github.io", "https://octocat.github.io", "/"),
    ],
)
def test_pages_builds_for_its_address(tmp_path, address, origin, base_path):
    write_build(tmp_path, "users")
    program = tmp_path / ".venv/bin/ghdirectory"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > arguments\n')
    program.chmod(0o755)
    source = "search:location:$(hostname) 'x'"
    variables = {"SOURCE": source, "TOTAL": "5000", "ADDRESS": address}
    assert run_step("Build the site for its address", tmp_path, **variables) == 0
    command, *arguments = (tmp_path / "arguments").read_text().splitlines()
    with click.Context(ghdirectory, **ghdirectory.context_settings) as parent:
        context = ghdirectory.commands[command].make_context(command, arguments, parent)
    params = context.params
    assert (params["origin"], params["base_path"]) == (origin, base_path)
    assert (params["sources"], params["total"], params["refresh"]) == ((source,), 5000, True)


@pytest.mark.parametrize(
    ("source", "status"),
    [("sample", 1), ("users, sample", 1), ("users", 0), ("search:sample", 0)],
)
def test_pages_refuses_invented_accounts(tmp_path, source, status):
    write_build(tmp_path, source)
    assert run_step("Refuse invented accounts", tmp_path) == status


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


JOBS = {
    (name, key): job
    for name, workflow in WORKFLOWS.items()
    for key, job in workflow["jobs"].items()
}


def test_only_jobs_that_deploy_have_more_than_the_right_to_read():
    assert all(workflow["permissions"] == {} for workflow in WORKFLOWS.values())
    rights = {key: job["permissions"] for key, job in JOBS.items()}
    assert rights.pop(("refresh.yaml", "deploy")) == {"contents": "read", "id-token": "write"}
    assert rights.pop(("pages.yaml", "deploy")) == {"pages": "write", "id-token": "write"}
    assert all(permissions == {"contents": "read"} for permissions in rights.values())


def test_only_the_deploy_job_can_assume_a_role():
    deploy = JOBS["refresh.yaml", "deploy"]
    assert (deploy["needs"], "DEPLOY_ROLE" in deploy["if"]) == ("build", True)
    # Locked packages are installed before the job has the role.
    names = [step.get("run", step.get("uses", "")) for step in deploy["steps"]]
    assert names.index("make .venv/.deploy .venv/.aws") == len(names) - 3
    # A job with an environment is not of the subject that the role trusts (infra/README.md).
    (other,) = [job for job in JOBS.values() if "id-token" in job["permissions"] and job != deploy]
    assert other["environment"]["name"] == "github-pages"


def test_pages_are_only_published_if_the_repository_says_so():
    assert "vars.PAGES != ''" in JOBS["pages.yaml", "build"]["if"]
    deploy = JOBS["pages.yaml", "deploy"]
    assert deploy["needs"] == "build"
    assert [step["uses"].partition("@")[0] for step in deploy["steps"]] == ["actions/deploy-pages"]


def test_tests_run_on_every_supported_python():
    (oldest,) = re.findall(
        r"\d+$", tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    )
    (job,) = WORKFLOWS["test.yaml"]["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(int(oldest), 15)]

import re
import shlex
from pathlib import Path

import pytest
import yaml

from generator.cli import VERBS

ROOT = Path(__file__).parents[1]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z_]+) :?=", (ROOT / "Makefile").read_text(), re.MULTILINE))
OPTIONS = {name for option in VERBS["build"].options for name in option.names}
RUNS = [
    (path.name, shlex.split(line))
    for path in sorted((ROOT / ".github/workflows").glob("*.yaml"))
    for job in yaml.safe_load(path.read_text())["jobs"].values()
    for step in job["steps"]
    for line in step.get("run", "").splitlines()
    if line.startswith("make ")
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

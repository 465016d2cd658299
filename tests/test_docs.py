"""The README names every command, parameter, source, target and variable."""

import re
from pathlib import Path

import pytest

from function.query import PARAMETERS
from generator.cli.commands import ghdirectory
from generator.cli.help import SOURCES
from generator.seed.sources import FORMS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("command", ghdirectory.commands)
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"^\| `{command}\b", README, re.MULTILINE)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_in_the_readme(name):
    assert re.search(rf"^\| `{name}` \|", README, re.MULTILINE)


@pytest.mark.parametrize("form", FORMS)
def test_every_source_is_in_the_readme_and_the_help(form):
    assert f"| `{form}` |" in README
    assert form in dict(SOURCES)


def test_every_target_and_variable_is_in_the_readme():
    targets = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
    assert targets == re.findall(
        r"`([a-z-]+)`", README.partition("every target (")[2].partition(")")[0]
    )
    variables = re.findall(r"^([A-Z_]+) =(?: (.*))?$", MAKEFILE.partition("\n\n")[0], re.MULTILINE)
    for name, value in variables:
        if name not in ("STORE", "DATABASE", "SITE"):
            assert f"`{name}={value}`" in README


def test_the_defaults_in_the_readme_are_those_of_the_command_line():
    defaults = {
        command: {option.name: option.default for option in ghdirectory.commands[command].params}
        for command in ("seed", "serve")
    }
    assert (
        f"seed [SOURCE]... --total {defaults['seed']['total']} --refresh"
        f" --max-wait {defaults['seed']['max_wait']} --dry-run" in README
    )
    assert f"serve --port {defaults['serve']['port']}" in README

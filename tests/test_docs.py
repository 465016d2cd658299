"""The documents name every command, parameter, source and target, and only files that exist."""

import re
import tomllib
from pathlib import Path

import pytest

from docs import generate
from function.query import PARAMETERS
from generator.cli.commands import ghdirectory
from generator.cli.help import SOURCES
from generator.seed.sources import FORMS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = ("README.md", "docs/*.md", "infra/README.md", "tests/README.md", "CHANGELOG.md")
# Files that a build makes.
BUILT = ("assets/", "build/", "data/", "users/")
MAKEFILE = (ROOT / "Makefile").read_text()


def documents():
    return sorted(path for pattern in DOCUMENTS for path in ROOT.glob(pattern))


def anchors(document):
    """Return the anchors that GitHub gives to the headings of *document*."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_of_the_project_leads_to_a_heading_that_exists(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            linked = document.parent / path if path else document
            assert linked.is_file(), target
            assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_by_its_path_exists(document):
    places = (ROOT, ROOT / "generator", document.parent)
    for path in re.findall(
        r"`(?:\./)?([\w.-]+/[\w./-]*\.(?:py|js|json|csv|md|html|txt))`", document.read_text()
    ):
        if not path.startswith(BUILT):
            assert any((place / path).is_file() for place in places), path


def test_every_document_is_linked_in_the_readme():
    linked = {ROOT / target for target in re.findall(r"\]\(([\w./-]+)\)", README)}
    assert {*documents()} - {ROOT / "README.md"} <= linked


@pytest.mark.parametrize("name", generate.DOCUMENTS)
def test_parts_of_documents_that_are_made_from_the_code_are_up_to_date(name):
    document = (ROOT / "docs" / name).read_text()
    assert document == generate.update(document, generate.PARTS), "run `make docs`"


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
    variables = re.findall(
        r"^([A-Z_]+) =(?: (.*))?$", MAKEFILE.partition("\n\n# Recipes")[0], re.MULTILINE
    )
    for name, value in variables:
        if name not in ("STORE", "DATABASE", "SITE"):
            assert f"`{name}={value}`" in README


def test_the_defaults_in_the_readme_are_those_of_the_command_line():
    defaults = {
        command: {option.name: option.default for option in ghdirectory.commands[command].params}
        for command in ("seed", "serve")
    }
    assert (
        f"seed [SOURCE]... --total N --refresh"
        f" --max-wait {defaults['seed']['max_wait']} --dry-run" in README
    )
    assert f"serve --port {defaults['serve']['port']}" in README


def test_the_newest_version_in_the_changelog_is_the_packages():
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert newest[1] == project["version"]

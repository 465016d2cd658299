"""The wheel contains all that the command needs."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which the wheel is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    # setuptools writes build/ and *.egg-info into the folder that it builds, so a copy is built.
    source = folder / "source"
    source.mkdir()
    for name in (
        "function",
        "generator",
        "site_templates",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    ):
        (source / name).symlink_to(ROOT / name)
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "installed"
    subprocess.run([*PIP, "install", "--no-deps", "--target", target, wheel], check=True)
    return target


@pytest.mark.slow
def test_the_installed_command_builds_the_sample_outside_the_checkout(installed, tmp_path):
    """The dependencies are those of this Python; the assertion shows that the wheel runs."""
    program = (
        "import generator; from generator.__main__ import main\n"
        f"assert generator.__file__.startswith({str(installed)!r}), generator.__file__\n"
        "main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, "build", "sample"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "build/site/users/6.html").exists()


@pytest.mark.slow
def test_the_wheel_requires_the_projects_dependencies_and_installs_the_command(installed):
    (metadata,) = installed.glob("*.dist-info")
    required = re.findall(
        r"^Requires-Dist: (.*)$", (metadata / "METADATA").read_text(), re.MULTILINE
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert sorted(required) == sorted(project["dependencies"])
    entry_points = (metadata / "entry_points.txt").read_text()
    assert "ghdirectory = generator.__main__:main" in entry_points


@pytest.mark.slow
def test_the_licence_is_in_the_wheel(installed):
    (metadata,) = installed.glob("*.dist-info")
    assert "License-Expression: MIT\n" in (metadata / "METADATA").read_text()
    assert (metadata / "licenses/LICENSE").read_text() == (ROOT / "LICENSE").read_text()


@pytest.mark.slow
def test_every_template_is_in_the_wheel(installed):
    templates = {path.name for path in (ROOT / "site_templates").glob("*.*ml")}
    assert templates == {path.name for path in (installed / "site_templates").glob("*.*ml")}

"""Fixtures of the tests of the command line."""

import pytest

from generator.cli import main
from tests.generator.cli.program import NOWHERE, Result


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs a command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, api=NOWHERE, token=None):
        monkeypatch.setenv("GITHUB_API_URL", api)
        if token:
            monkeypatch.setenv("GITHUB_TOKEN", token)
        with pytest.raises(SystemExit) as exited:
            main([str(argument) for argument in arguments])
        return Result(int(exited.value.code), *capsys.readouterr())

    return run


@pytest.fixture
def sample_directory(run, tmp_path):
    """The sample, baked: all that a query needs."""
    run("seed", "sample")
    run("bake")
    return tmp_path / "build/directory.db"

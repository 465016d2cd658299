from pathlib import Path

import pytest

from infra import sam
from infra.errors import DeployError
from infra.sam import Sam, parameter_override


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """A file, in which a fake sam command writes its arguments, each on a line."""
    noted = tmp_path / "arguments"
    command = tmp_path / "bin/sam"
    command.parent.mkdir()
    command.write_text(
        "#!/bin/sh\n"
        f'for word in "$@"; do echo "$word"; done > {noted}\n'
        f'echo "DATABASE=$DATABASE" >> {noted}\n'
        'for word in "$@"; do case "$word" in *.yaml) cat "$word";; esac; done'
        f" >> {noted}\n"
        "seq 100\n"
        f"exit $(cat {tmp_path}/status 2>/dev/null || echo 0)\n"
    )
    command.chmod(0o755)
    monkeypatch.delenv("DATABASE", raising=False)  # `make test` has one
    monkeypatch.setattr(sam, "INSTALLED", command.parent)
    monkeypatch.setattr(sam, "BUNDLE", tmp_path)
    return noted


def test_build_passes_the_database_and_returns_the_bundles_files(arguments):
    assert sorted(Sam().build(Path("build/directory.db"))) == ["arguments", "bin"]
    assert arguments.read_text() == f"build\nDATABASE={Path.cwd()}/build/directory.db\n"


def test_deploy_uses_the_template_that_was_built(arguments, capfd):
    Sam().deploy("users", {"Release": "0", "Types": ""}, None)
    lines = arguments.read_text().splitlines()
    assert lines[:6] == [
        *("deploy", "--stack-name", "users", "--resolve-s3", "--s3-prefix", "users"),
    ]
    assert lines[-4:] == ["--parameter-overrides", 'Release="0"', 'Types=""', "DATABASE="]
    assert "--template-file" not in lines
    assert capfd.readouterr().out == ""


def test_deploy_can_use_another_template(arguments):
    Sam().deploy("users", {"Release": "0"}, "Resources: {}\n")
    assert arguments.read_text().endswith("DATABASE=\nResources: {}\n")


def test_output_of_sam_is_shown_if_it_fails(arguments, capfd):
    (arguments.parent / "status").write_text("3")
    with pytest.raises(DeployError, match=r"(?s)^`sam deploy` failed\n1\n.*\n100$"):
        Sam().deploy("users", {}, None)
    with pytest.raises(DeployError, match=r"^`sam deploy` failed$"):
        Sam(verbose=True).deploy("users", {}, None)
    assert capfd.readouterr().out.endswith("\n99\n100\n")


def test_missing_sam_is_an_error(arguments, monkeypatch, tmp_path):
    monkeypatch.setattr(sam, "INSTALLED", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match=r"sam is missing; `make \.venv/\.aws`"):
        Sam().build(Path("directory.db"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ('say "so"', '"say \\"so\\""'),
        ("A+%26:a:1,%27:b:2", '"A+%26:a:1,%27:b:2"'),
    ],
)
def test_parameter_is_quoted_for_sam(value, text):
    assert parameter_override("Types", value) == f"Types={text}"

from pathlib import Path

import pytest

from infra import sam
from infra.errors import DeployError
from infra.sam import Sam, override


@pytest.fixture
def said(tmp_path, monkeypatch):
    """A sam command that notes what it is asked for, a line for each argument."""
    noted = tmp_path / "said"
    command = tmp_path / "bin/sam"
    command.parent.mkdir()
    command.write_text(
        "#!/bin/sh\n"
        f'for one in "$@"; do echo "$one"; done > {noted}\n'
        f'echo "DATABASE=$DATABASE" >> {noted}\n'
        'for one in "$@"; do case "$one" in *.yaml) cat "$one";; esac; done'
        f" >> {noted}\n"
        "seq 100\n"
        f"exit $(cat {tmp_path}/status 2>/dev/null || echo 0)\n"
    )
    command.chmod(0o755)
    monkeypatch.delenv("DATABASE", raising=False)  # `make test` has one
    monkeypatch.setattr(sam, "OWN", command.parent)
    monkeypatch.setattr(sam, "BUNDLE", tmp_path)
    return noted


def test_building_says_which_database_and_returns_what_the_bundle_has(said):
    assert sorted(Sam().build(Path("build/directory.db"))) == ["bin", "said"]
    assert said.read_text() == f"build\nDATABASE={Path.cwd()}/build/directory.db\n"


def test_a_deployment_is_of_what_was_built(said, capfd):
    Sam().deploy("users", {"Release": "0", "Types": ""}, None)
    lines = said.read_text().splitlines()
    assert lines[:6] == [
        *("deploy", "--stack-name", "users", "--resolve-s3", "--s3-prefix", "users"),
    ]
    assert lines[-4:] == ["--parameter-overrides", 'Release="0"', 'Types=""', "DATABASE="]
    assert "--template-file" not in lines
    assert capfd.readouterr().out == ""


def test_or_of_an_earlier_template(said):
    Sam().deploy("users", {"Release": "0"}, "Resources: {}\n")
    assert said.read_text().endswith("DATABASE=\nResources: {}\n")


def test_what_it_says_is_shown_if_it_fails(said, capfd):
    (said.parent / "status").write_text("3")
    with pytest.raises(DeployError, match=r"(?s)^`sam deploy` failed\n1\n.*\n100$"):
        Sam().deploy("users", {}, None)
    with pytest.raises(DeployError, match=r"^`sam deploy` failed$"):
        Sam(verbose=True).deploy("users", {}, None)
    assert capfd.readouterr().out.endswith("\n99\n100\n")


def test_who_has_no_sam_is_told_where_it_is_from(said, monkeypatch, tmp_path):
    monkeypatch.setattr(sam, "OWN", tmp_path / "nowhere")
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
def test_a_parameter_is_what_sam_takes_it_for(value, text):
    assert override("Types", value) == f"Types={text}"

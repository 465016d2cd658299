"""Help, version and shell completion."""

from importlib.metadata import version

import pytest

from generator.cli.commands import ghdirectory

PACKAGE = "github-user-directory"


def test_no_command_is_bad_usage_and_shows_the_help(run):
    result = run()
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == run("--help").stdout


def test_help_is_also_a_command(run):
    assert run("help").stdout == run("-h").stdout == run("--help").stdout
    assert run("help", "build").stdout == run("build", "--help").stdout


@pytest.mark.parametrize("words", ["--help --total", "--total --help", "--sing -h", "-h -t many"])
def test_help_is_shown_even_if_other_words_are_invalid(run, words):
    result = run("seed", *words.split())
    assert (result.returncode, result.stdout) == (0, run("seed", "--help").stdout)


@pytest.mark.parametrize("command", ["", *ghdirectory.commands])
@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_help_fits_the_terminal(run, monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = run(*command.split(), "--help").stdout.splitlines()
    # A command to be copied is not broken up.
    assert max(len(line) for line in lines if not line.startswith("    eval ")) <= columns


@pytest.mark.parametrize("command", ghdirectory.commands)
def test_every_option_has_a_help_text(run, command):
    text = run("help", command).stdout
    for parameter in ghdirectory.commands[command].params:
        if command != "help":
            assert parameter.help
            assert all(name in text for name in parameter.opts if name.startswith("-"))


@pytest.mark.parametrize("command", [name for name in ghdirectory.commands if name != "help"])
def test_every_command_has_an_example_in_its_help(run, command):
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"Example: ghdirectory {command} " in result.stdout


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version_prints_the_packages_version(run, option):
    assert run(option).stdout == f"ghdirectory, version {version(PACKAGE)}\n"


def test_a_shell_can_complete_commands_and_options(run, monkeypatch):
    monkeypatch.setenv("_GHDIRECTORY_COMPLETE", "bash_complete")
    for words, completions in (
        ("ghdirectory s", "plain,seed\nplain,serve\n"),
        ("ghdirectory bake --ti", "plain,--title\n"),
    ):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
        assert run().stdout == completions

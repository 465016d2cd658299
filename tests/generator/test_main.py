"""The start of the process: signals, interrupts and missing packages."""

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from generator.errors import LACK_OF_MEMORY


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import generator.__main__, generator.cli", id="imported"),
        pytest.param(
            "from generator import cli\ntry: cli.main(['--version'])\nexcept SystemExit: pass",
            id="called as a function",
        ),
    ],
)
def test_importing_or_calling_sets_no_signal_handler(program):
    before = (
        "import signal\nold = [signal.getsignal(number) for number in signal.valid_signals()]\n"
    )
    after = "\nassert old == [signal.getsignal(number) for number in signal.valid_signals()]"
    subprocess.run([sys.executable, "-c", before + program + after], check=True, timeout=60)


def test_sigterm_runs_finally_clauses():
    """They end worker processes."""
    program = (
        "import os, signal\n"
        "from generator import __main__, cli\n"
        "def run():\n"
        "    try: os.kill(os.getpid(), signal.SIGTERM); signal.pause()\n"
        "    finally: print('finally', flush=True)\n"
        "cli.main = run\n"
        "__main__.main()"
    )
    result = run(program)
    assert (result.returncode, result.stdout) == (128 + signal.SIGTERM, "finally\n")


@pytest.mark.parametrize(
    ("error", "last_line"),
    [
        pytest.param(
            RuntimeError("can't start new thread"),
            f"Error: {LACK_OF_MEMORY}",
            id="no memory",
        ),
        pytest.param(KeyError("a bug"), "KeyError: 'a bug'", id="bug"),
    ],
)
def test_a_thread_that_fails_ends_the_program(error, last_line):
    """The main thread may be waiting for it."""
    program = (
        "import signal, threading\n"
        "from generator import __main__, cli\n"
        f"def fail(): raise {error!r}\n"
        "def run():\n"
        "    threading.Thread(target=fail).start()\n"
        "    signal.pause()\n"
        "cli.main = run\n"
        "__main__.main()"
    )
    result = run(program)
    assert (result.returncode, result.stderr.splitlines()[-1]) == (1, last_line)
    assert ("Traceback" in result.stderr) is isinstance(error, KeyError)


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )


def test_an_interrupt_during_imports_writes_one_line():
    result = run(
        "import builtins, os, signal\n"
        "from generator import __main__\n"
        "real = builtins.__import__\n"
        "def interrupted(name, *arguments):\n"
        "    if name == 'click': os.kill(os.getpid(), signal.SIGINT); signal.pause()\n"
        "    return real(name, *arguments)\n"
        "builtins.__import__ = interrupted\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "__main__.main()"
    )
    message = "Interrupted; run the same command again to continue.\n"
    assert (result.returncode, result.stdout, result.stderr) == (130, "", message)


@pytest.mark.parametrize(
    ("package", "command", "target"),
    [
        ("click", "seed sample", "build-site"),
        ("rich.console", "seed sample", "build-site"),
        ("httpx", "seed sample", "build-site"),
        ("boto3", "publish --bucket b", ".venv/.deploy"),
    ],
)
def test_a_missing_package_is_an_error_that_names_what_installs_it(package, command, target):
    result = run(
        f"import sys; sys.modules[{package!r}] = None\n"
        f"from generator import __main__; sys.argv = ['ghdirectory', *{command.split()!r}]\n"
        "__main__.main()"
    )
    name = package.partition(".")[0]
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"Error: the package {name} is missing; `make {target}` installs it\n"


def test_help_works_without_boto3():
    result = run(
        "import sys; sys.modules['boto3'] = sys.modules['botocore'] = None\n"
        "from generator import __main__; sys.argv = ['ghdirectory', 'help', 'publish']\n"
        "__main__.main()"
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_missing_module_of_the_project_keeps_its_traceback():
    result = run(
        "import sys; sys.modules['generator.seed'] = None\n"
        "from generator import __main__; sys.argv = ['ghdirectory', 'seed', 'sample']\n"
        "__main__.main()"
    )
    assert result.returncode == 1
    assert "Traceback" in result.stderr


def test_the_installed_command_starts_here():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"ghdirectory": "generator.__main__:main"}

"""The process's entry."""

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


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
    before = "import signal\nold = [signal.getsignal(one) for one in signal.valid_signals()]\n"
    after = "\nassert old == [signal.getsignal(one) for one in signal.valid_signals()]"
    subprocess.run([sys.executable, "-c", before + program + after], check=True, timeout=60)


def test_the_process_ends_in_order_when_it_is_terminated():
    """`finally` clauses run, which end the processes that share the work."""
    program = (
        "import os, signal\n"
        "from generator import __main__, cli\n"
        "def run():\n"
        "    try: os.kill(os.getpid(), signal.SIGTERM); signal.pause()\n"
        "    finally: print('ended in order', flush=True)\n"
        "cli.main = run\n"
        "__main__.main()"
    )
    done = run(program)
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "ended in order\n")


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )


def test_an_interrupt_while_modules_are_imported_ends_with_a_line():
    done = run(
        "import builtins, os, signal\n"
        "from generator import __main__\n"
        "real = builtins.__import__\n"
        "def interrupted(name, *more):\n"
        "    if name == 'click': os.kill(os.getpid(), signal.SIGINT); signal.pause()\n"
        "    return real(name, *more)\n"
        "builtins.__import__ = interrupted\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "__main__.main()"
    )
    said = "Interrupted; the same command goes on where it can.\n"
    assert (done.returncode, done.stdout, done.stderr) == (130, "", said)


@pytest.mark.parametrize("package", ["click", "rich.console", "httpx"])
def test_a_missing_package_is_named_with_what_installs_it(package):
    done = run(
        f"import sys; sys.modules[{package!r}] = None\n"
        "from generator import __main__; sys.argv = ['ghdirectory', 'seed', 'sample']\n"
        "__main__.main()"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: the package {package.partition('.')[0]}")
    assert done.stderr.count("\n") == 1
    assert "make build-site" in done.stderr


def test_publishing_alone_needs_boto3():
    done = run(
        "import sys; sys.modules['boto3'] = sys.modules['botocore'] = None\n"
        "from generator import __main__; sys.argv = ['ghdirectory', 'help', 'publish']\n"
        "__main__.main()"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_module_of_ours_is_a_bug_with_a_traceback():
    done = run(
        "import sys; sys.modules['generator.seed'] = None\n"
        "from generator import __main__; sys.argv = ['ghdirectory', 'seed', 'sample']\n"
        "__main__.main()"
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_the_command_enters_here_too():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"ghdirectory": "generator.__main__:main"}

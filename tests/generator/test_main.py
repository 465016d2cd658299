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
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "ended in order\n")


def test_the_command_enters_here_too():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"ghdirectory": "generator.__main__:main"}

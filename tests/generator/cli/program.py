"""Helpers of the tests of the command line: start the program, and read what it wrote."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.fake_github import FakeGitHub, user

ROOT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers
USERS = [user(number * 2, f"user-{number}") for number in range(1, 331)]
LISTS = {"/orgs/acme/members": USERS[9::-1], "/users/octocat/followers": USERS[5:20]}
# Options of `build` and `render` for a site of few pages, where the pages are not what is tested.
SMALL_SITE = ("--page-sizes", "25", "--orders", "id", "--types", "none", "--no-data")


class Result(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def github(**options: Any) -> FakeGitHub:
    """Return a GitHub with `USERS`, an organisation and an account's followers."""
    return FakeGitHub(USERS, lists=LISTS, **options)


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start `python -m generator` in *folder*."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "generator", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_accept_interrupts,
    )


def _accept_interrupts() -> None:
    """Take Ctrl-C even if the tests run under nohup: an ignored signal is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ids(store: Path) -> list[int]:
    """Return the ids of all users in *store*, sorted."""
    sql = sqlite3.connect(store)
    rows = sql.execute("SELECT id FROM github_users ORDER BY id").fetchall()
    sql.close()
    return [row[0] for row in rows]


def info(folder: Path) -> dict[str, Any]:
    """Return build.json of the site that was built in *folder*."""
    return json.loads((folder / "build/site/build.json").read_text())

"""How a command ends: exit statuses, errors, signals, closed pipes."""

import errno
import os
import shlex
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from generator.cli import main
from generator.errors import LACK_OF_MEMORY
from tests.fake_github import FakeGitHub, serving
from tests.generator.cli.program import ROOT, SMALL_SITE, USERS, Result, ids, info, start


@pytest.mark.parametrize(
    "arguments",
    [
        "bake",
        "bake --store nothing.db",
        "render",
        "check",
        "serve",
        "query x=1",
        "bake --output generator.csv",
        "seed file:nothing.csv",
        "render --database generator.csv",
    ],
)
def test_a_missing_or_unusable_file_is_an_error_without_a_traceback(run, tmp_path, arguments):
    (tmp_path / "generator.csv").write_text("id,login\n")
    result = run(*arguments.split())
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_an_os_error_that_a_user_cannot_fix_keeps_its_traceback(run, monkeypatch):
    def fail(*arguments, **options):
        raise OSError(number, "something")

    monkeypatch.setattr("generator.cli.commands.Directory", fail)
    number = errno.ENOSPC
    assert run("check").stderr == "Error: something\n"
    number = errno.EBADF
    with pytest.raises(OSError, match="something"):
        main(["check"])


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("can't start new thread")], ids=["memory", "threads"]
)
def test_too_little_memory_is_an_error_of_one_line(run, monkeypatch, error):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr("generator.cli.commands.Directory", fail)
    result = run("check")
    assert (result.returncode, result.stderr) == (1, f"Error: {LACK_OF_MEMORY}\n")


def test_a_closed_standard_output_writes_no_error(sample_directory, tmp_path):
    process = start(tmp_path, "query", "pagination=100")
    process.stdout.close()
    assert (process.wait(timeout=30), process.stderr.read()) == (1, "")
    process.stderr.close()


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_process_started_without_an_output_stream_works(sample_directory, tmp_path, stream):
    line = f"exec {shlex.quote(sys.executable)} -m generator query username=jo {stream}>&-"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    result = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True)
    assert (result.returncode, result.stderr) == (0, b"")
    assert bool(result.stdout) is (stream == "2")


def test_an_interrupted_run_exits_with_130_and_the_next_one_continues(run, tmp_path):
    github = FakeGitHub(USERS)
    with serving(github) as api:
        ended = threading.Event()

        def interrupt(request):
            if request == 3 and not ended.is_set():
                process.send_signal(signal.SIGINT)
                ended.wait(30)  # the reply comes after the signal

        github.fault = interrupt
        process = start(tmp_path, "seed", "users", "-t", "330", "--api-url", api)
        _, errors = process.communicate(timeout=30)
        ended.set()
        assert process.returncode == 130
        assert errors == "Interrupted; run the same command again to continue.\n"
        assert len(ids(tmp_path / "build/github_users.db")) == 200
        assert run("seed", "users", "-t", "330", api=api).returncode == 0
    assert ids(tmp_path / "build/github_users.db") == [user["id"] for user in USERS]


def test_serve_answers_until_interrupted(run, tmp_path):
    run("build", "sample", *SMALL_SITE)
    process = start(tmp_path, "serve", "--port", "0")
    try:
        line = process.stdout.readline()
        url = line.partition("site is at ")[2].partition("/ ")[0]
        release = info(tmp_path)["release"]
        assert httpx.get(f"{url}/users/2?pagination=25").status_code == 200
        api = httpx.get(f"{url}/api/users/profiles?username=jo")
        assert (api.json()["release"], api.headers["x-release"]) == (release, release)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_serve_that_is_interrupted_while_it_starts_ends_in_silence(run, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("generator.serve.Preview", interrupt)
    assert run("serve") == Result(0, "", "")

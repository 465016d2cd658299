import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator.lock import AlreadyLocked, Lock

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "users.lock"


def in_child(work):
    """Do *work* in a forked process, which then waits to be killed. Return its id once it waits."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            os.write(writing, b".")
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    assert os.read(reading, 1) == b"."
    os.close(reading)
    return child


def kill(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_lock_is_held_by_one_until_it_is_released(path):
    first, second = Lock(path), Lock(path)
    first.acquire()
    with pytest.raises(AlreadyLocked):
        second.acquire()
    assert (first.is_held, second.is_held) == (True, False)
    first.release()
    second.acquire()
    assert (first.is_held, second.is_held) == (False, True)
    second.release()


def test_releasing_a_lock_that_is_not_held_does_nothing(path):
    Lock(path).release()
    assert not path.exists()


def test_a_killed_process_leaves_no_lock(path):
    child = in_child(Lock(path).acquire)
    with pytest.raises(AlreadyLocked):
        Lock(path).acquire()
    kill(child)
    lock = Lock(path)
    lock.acquire()
    lock.release()


def test_a_forked_process_neither_holds_the_lock_nor_releases_it(path):
    lock = Lock(path)
    lock.acquire()
    child = in_child(lambda: None)
    kill(child)
    with pytest.raises(AlreadyLocked):
        Lock(path).acquire()
    child = in_child(lambda: None)
    lock.release()
    other = Lock(path)
    other.acquire()
    other.release()
    kill(child)


def test_a_lock_file_may_be_removed_while_it_is_held(path):
    first, second = Lock(path), Lock(path)
    first.acquire()
    path.unlink()
    second.acquire()
    first.release()
    assert path.exists()
    with pytest.raises(AlreadyLocked):
        first.acquire()
    second.release()


def test_a_lock_file_keeps_its_content_and_is_not_removed(path):
    path.write_text("precious")
    lock = Lock(path)
    lock.acquire()
    lock.release()
    assert path.read_text() == "precious"


def test_a_symbolic_link_is_not_followed(path):
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(OSError, match="symbolic links"):
        Lock(path).acquire()
    assert not path.with_name("elsewhere").exists()


def test_help_needs_no_lock():
    """Windows has no fcntl, and loading filelock takes a while."""
    program = """
import sys
sys.modules["fcntl"] = sys.modules["filelock"] = None
from generator.cli import main
main(["--help"])
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True).stdout

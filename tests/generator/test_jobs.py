import os
import signal
import subprocess
import sys

import pytest

from generator.errors import BuildError
from generator.jobs import cores, map_in_processes


def squares():
    return lambda task: (task * task, os.getpid())


@pytest.mark.parametrize("jobs", [1, 2, 3, 99])
def test_every_task_is_done_once(jobs):
    found = [*map_in_processes(jobs, range(10), squares)]
    assert sorted(result for result, _ in found) == [task * task for task in range(10)]


def test_one_job_is_done_in_this_process():
    assert {process for _, process in map_in_processes(1, range(3), squares)} == {os.getpid()}


def test_several_jobs_are_done_in_other_processes():
    processes = {process for _, process in map_in_processes(2, range(10), squares)}
    assert len(processes) <= 2
    assert os.getpid() not in processes


def test_each_process_makes_one_worker():
    def worker():
        made = object()
        return lambda task: (os.getpid(), id(made))

    found = {*map_in_processes(2, range(20), worker)}
    assert len(found) == len({process for process, _ in found})


def test_no_tasks_need_no_process():
    assert [*map_in_processes(4, [], squares)] == []


@pytest.mark.parametrize("when", ["when it is made", "at a task"])
def test_what_a_worker_raises_is_raised_here(when):
    def fail(*_):
        raise BuildError("the template fails")

    with pytest.raises(BuildError, match="the template fails"):
        list(map_in_processes(2, range(4), fail if when == "when it is made" else lambda: fail))


class WithTwo(Exception):
    """It is made of two values, and pickled as if it were made of its text."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def test_what_cannot_be_sent_arrives_as_its_traceback():
    def fail(task):
        raise WithTwo("this", "that")

    with pytest.raises(BuildError, match=r"(?s)Traceback.*WithTwo: this and that"):
        list(map_in_processes(2, range(4), lambda: fail))


def test_a_worker_ignores_ctrl_c_and_can_be_terminated():
    def handlers(task):
        signals = signal.SIGINT, signal.SIGTERM
        return [signal.getsignal(one) for one in signals], signal.pthread_sigmask(
            signal.SIG_BLOCK, ()
        )

    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        found = list(map_in_processes(2, range(4), lambda: handlers))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert found == [([signal.SIG_IGN, signal.SIG_DFL], set())] * 4


def test_no_signal_reaches_a_worker_before_it_is_ready(tmp_path):
    """Until then it has its parent's handlers, which would run the parent's code."""
    program = f"""
import os, signal
from generator.jobs import map_in_processes

def note():
    held = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    open(f"{tmp_path}/{{os.getpid()}} {{sorted(map(int, held))}}", "w").close()

os.register_at_fork(after_in_child=note)
list(map_in_processes(2, range(4), lambda: lambda task: task))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    held = [path.name.partition(" ")[2] for path in tmp_path.iterdir()]
    assert held == [str([int(signal.SIGINT), int(signal.SIGTERM)])] * 2


def test_signals_are_taken_again_once_the_workers_run():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    results = map_in_processes(2, range(4), squares)
    next(results)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    results.close()


def test_results_of_any_size_arrive_whole():
    def repeat():
        return lambda task: bytes([task]) * 10**6

    found = sorted(map_in_processes(2, range(4), repeat))
    assert found == [bytes([task]) * 10**6 for task in range(4)]


def test_no_process_is_left_when_the_caller_stops_early():
    results = map_in_processes(2, range(10**12), squares)
    _, process = next(results)
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_killed_process_is_an_error_that_says_so():
    def kill():
        return lambda task: os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(BuildError, match="a process of --jobs was killed"):
        list(map_in_processes(2, range(4), kill))


def test_a_killed_process_ends_its_siblings_and_none_runs_the_callers_code(tmp_path):
    """The others get SIGTERM, perhaps before they have begun."""
    program = f"""
import os, signal, sys
from generator.errors import BuildError
from generator.jobs import map_in_processes

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
caller = os.getpid()
try:
    for _ in range(20):
        try:
            list(map_in_processes(4, range(8), lambda: os.kill(os.getpid(), signal.SIGKILL)))
        except BuildError:
            pass
finally:
    if os.getpid() != caller:
        open({str(tmp_path / "escaped")!r}, "w").close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert not (tmp_path / "escaped").exists()


def test_processes_end_with_their_parent():
    """They hold their parent's output open as long as they live."""
    program = (
        "from generator.jobs import map_in_processes\n"
        "for result in map_in_processes(2, range(10**12), lambda: lambda task: task):\n"
        "    print(result, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        parent.kill()
        parent.communicate(timeout=30)


def test_there_is_a_core():
    assert cores() >= 1

import os
import signal
import subprocess
import sys

import pytest

from generator.errors import BuildError
from generator.jobs import cores, map_in_processes


def square(task):
    return task * task, os.getpid()


@pytest.mark.parametrize("jobs", [1, 2, 3, 99])
def test_each_task_is_done_once(jobs):
    results = map_in_processes(jobs, range(10), square)
    assert sorted(result for result, _ in results) == [task * task for task in range(10)]


def test_a_single_job_runs_in_this_process():
    assert {process for _, process in map_in_processes(1, range(3), square)} == {os.getpid()}


def test_several_jobs_run_in_other_processes():
    processes = {process for _, process in map_in_processes(2, range(10), square)}
    assert len(processes) <= 2
    assert os.getpid() not in processes


def test_no_tasks_give_no_results():
    assert [*map_in_processes(4, [], square)] == []


def test_an_exception_in_a_worker_is_raised_in_the_caller():
    def fail(task):
        raise BuildError("the template fails")

    with pytest.raises(BuildError, match="the template fails"):
        list(map_in_processes(2, range(4), fail))


def test_a_worker_ignores_ctrl_c_and_can_be_terminated():
    def handlers(task):
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), blocked

    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        results = list(map_in_processes(2, range(4), handlers))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert results == [(signal.SIG_IGN, signal.SIG_DFL, set())] * 4


def test_stop_signals_are_blocked_in_a_forked_process_until_it_has_its_own_handlers(tmp_path):
    program = f"""
import os, signal
from generator.jobs import map_in_processes

def record():
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    open(f"{tmp_path}/{{os.getpid()}} {{sorted(map(int, blocked))}}", "w").close()

os.register_at_fork(after_in_child=record)
list(map_in_processes(2, range(4), lambda task: task))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    blocked = [path.name.partition(" ")[2] for path in tmp_path.iterdir()]
    assert blocked == [str([int(signal.SIGINT), int(signal.SIGTERM)])] * 2


def test_stop_signals_are_no_longer_blocked_once_the_workers_run():
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    results = map_in_processes(2, range(4), square)
    next(results)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == previous
    results.close()


def test_large_results_arrive_complete():
    def repeat(task):
        return bytes([task]) * 10**6

    results = sorted(map_in_processes(2, range(4), repeat))
    assert results == [bytes([task]) * 10**6 for task in range(4)]


def test_no_process_is_left_when_the_caller_stops_early():
    results = map_in_processes(2, range(1000), square)
    _, process = next(results)
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda task: os.kill(os.getpid(), signal.SIGKILL), id="killed"),
        pytest.param(lambda task: os._exit(0), id="exited"),
    ],
)
def test_a_process_that_ends_early_is_an_error(end):
    with pytest.raises(BuildError, match="a process of --jobs ended unexpectedly"):
        list(map_in_processes(2, range(4), end))


def test_after_a_kill_the_other_workers_end_without_running_the_callers_code(tmp_path):
    """The pool sends them SIGTERM, perhaps before they have started."""
    program = f"""
import os, signal, sys
from generator.errors import BuildError
from generator.jobs import map_in_processes

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
caller = os.getpid()
try:
    for _ in range(20):
        try:
            list(map_in_processes(4, range(8), lambda task: os.kill(os.getpid(), signal.SIGKILL)))
        except BuildError:
            pass
finally:
    if os.getpid() != caller:
        open({str(tmp_path / "ran")!r}, "w").close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert not (tmp_path / "ran").exists()


def test_sigterm_ends_the_parent_and_its_workers():
    program = """
import os, signal, sys
from generator.jobs import map_in_processes

def work(task):
    if task == 0:
        os.kill(os.getppid(), signal.SIGTERM)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
try:
    list(map_in_processes(2, range(4), work))
finally:
    print("finally", flush=True)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert (result.returncode, result.stdout) == (143, b"finally\n")


def test_workers_end_when_their_parent_is_killed():
    """They hold the parent's output open while they run."""
    program = (
        "import signal\n"
        "from generator.jobs import map_in_processes\n"
        "def worker(task):\n"
        "    if task: signal.pause()\n"
        "for result in map_in_processes(2, range(4), worker):\n"
        "    print(result, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        parent.kill()
        parent.communicate(timeout=30)


def test_this_process_may_use_a_core():
    assert cores() >= 1

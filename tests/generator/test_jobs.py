import os
import signal
import subprocess
import sys

import pytest

from generator.errors import BuildError
from generator.jobs import cores, share


def squares():
    return lambda task: (task * task, os.getpid())


@pytest.mark.parametrize("jobs", [1, 2, 3, 99])
def test_every_task_is_done_once(jobs):
    found = [*share(jobs, range(10), squares)]
    assert sorted(result for result, _ in found) == [task * task for task in range(10)]
    assert len({process for _, process in found}) == min(jobs, 10)


def test_one_job_is_done_here():
    assert {process for _, process in share(1, range(3), squares)} == {os.getpid()}


def test_no_tasks_are_no_work():
    assert [*share(4, [], squares)] == []


def test_what_a_worker_raises_is_raised_here():
    def fail():
        raise BuildError("the template fails")

    with pytest.raises(BuildError, match="the template fails"):
        list(share(2, range(4), fail))


def test_results_of_any_size_arrive_whole():
    def repeat():
        return lambda task: bytes([task]) * 10**6

    assert sorted(share(2, range(4), repeat)) == [bytes([task]) * 10**6 for task in range(4)]


def test_no_process_is_left_when_nobody_asks_for_more():
    results = share(2, range(10**12), squares)
    _, process = next(results)
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_process_that_is_killed_is_told():
    def kill():
        return lambda task: os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(BuildError, match=r"died \(exit status -9\)"):
        list(share(2, range(4), kill))


def test_processes_end_when_nobody_is_left_to_work_for():
    """They hold their parent's output open as long as they live."""
    program = (
        "from generator.jobs import share\n"
        "for result in share(2, range(10**12), lambda: lambda task: task):\n"
        "    print(result, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        parent.kill()
        parent.communicate(timeout=30)


def test_there_is_a_core():
    assert cores() >= 1

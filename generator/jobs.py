"""Work that several processes share: `map_in_processes`."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, TypeVar

from generator.errors import BuildError

Task = TypeVar("Task")
Result = TypeVar("Result")

# A forked process inherits the parent's memory. Templates are in it, and cannot be pickled. Since
# Python 3.14, fork is no longer the default.
# https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
START_METHOD = "fork"
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # macOS has none
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_processes(
    jobs: int, tasks: Sequence[Task], work: Callable[[Task], Result]
) -> Iterator[Result]:
    """Yield the result of *work* for each task as soon as it is finished, in no particular order.

    All processes have ended when the iterator ends, is closed or raises. A process that is at
    work then finishes its task first.

    Args:
        jobs: The number of processes. With one, or on a system without fork, this process does
            the work.
        tasks: The values to call *work* with.
        work: Does one task. It must not use a database connection that was opened earlier.
            https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_

    Raises:
        BuildError: a process was killed or exited.
        Exception: *work* raised it.
    """
    jobs = min(jobs, len(tasks))
    if jobs <= 1 or START_METHOD not in multiprocessing.get_all_start_methods():
        yield from map(work, tasks)
        return
    context = multiprocessing.get_context(START_METHOD)
    pool = ProcessPoolExecutor(jobs, context, _start_worker, (work,))
    try:
        with _stop_signals_blocked():  # the first submit forks all processes
            futures = [pool.submit(_do, task) for task in tasks]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as exc:
        raise BuildError(
            "a process of --jobs ended unexpectedly, perhaps for lack of memory;"
            " run the same command again to continue"
        ) from exc
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _stop_signals_blocked() -> Iterator[None]:
    """Delay the signals that stop a process while processes are forked.

    A forked process has its parent's signal handlers until `_start_worker` replaces them. A
    handler that raises would run the parent's `except` and `finally` clauses in the worker.
    """
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


# What a worker process does. It is inherited by fork instead of submitted with each task: the pool
# pickles what is submitted, and a closure cannot be pickled.
_work: Callable[[Any], Any]


def _start_worker(work: Callable[[Any], Any]) -> None:
    """Prepare a worker process."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent ends the work
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
    Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """End this process when its parent ends, even by kill -9: the pool's workers would stay."""
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
        os._exit(1)


def _do(task: Any) -> Any:
    return _work(task)

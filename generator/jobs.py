"""Work that is shared out to processes."""

import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import wait as wait_for_end
from threading import Thread
from typing import Any, TypeVar

from generator.errors import BuildError

Task = TypeVar("Task")
Result = TypeVar("Result")
# Does one task. Each process makes its own, because a database's connection cannot be shared.
Worker = Callable[[Task], Result]

# Workers inherit what is in memory, such as templates, which cannot be pickled. Since Python 3.14
# fork is no longer the default, so it is named.
# https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
START_METHOD = "fork"
# The signals that end work.
_ENDING = (signal.SIGINT, signal.SIGTERM)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on a Mac
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_processes(
    jobs: int, tasks: Sequence[Task], make_worker: Callable[[], Worker[Task, Result]]
) -> Iterator[Result]:
    """Yield the result of each of *tasks* as soon as it is there, in no order.

    With one job, or where processes cannot be forked, the tasks are done in this process.
    Otherwise *jobs* processes do them, each with a worker of its own. They have ended when this
    ends, however it ends; those that are at a task finish it first.

    Raises:
        BuildError: a process was killed.
        Exception: what a worker raised.
    """
    jobs = min(jobs, len(tasks))
    if jobs <= 1 or START_METHOD not in multiprocessing.get_all_start_methods():
        yield from map(make_worker(), tasks)
        return
    pool = ProcessPoolExecutor(
        jobs, multiprocessing.get_context(START_METHOD), _begin, (make_worker,)
    )
    waiting = iter(tasks)
    try:
        with _signals_held():  # the first call starts all processes
            running = _submit(pool, islice(waiting, 2 * jobs))
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
            # As many again: neither tasks nor results pile up.
            running |= _submit(pool, islice(waiting, len(done)))
    except BrokenProcessPool as exc:
        raise BuildError(
            "a process of --jobs was killed, perhaps for lack of memory;"
            " the same command goes on from here"
        ) from exc
    finally:
        pool.shutdown(cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, tasks: Iterable[Any]) -> set[Future[Any]]:
    return {pool.submit(_work, task) for task in tasks}


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back the signals that end work while processes are forked.

    A forked process has its parent's signal handlers until `_begin` has replaced them. One that
    raises would run the parent's code in it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a worker process: what makes its worker, and the worker once a task has come.
_make_worker: Callable[[], Worker[Any, Any]]
_worker: Worker[Any, Any] | None = None


def _begin(make_worker: Callable[[], Worker[Any, Any]]) -> None:
    """Set up a worker process."""
    global _make_worker, _worker
    _make_worker, _worker = make_worker, None
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the process that shares out
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent has ended, be it by kill -9."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101  (a pool's process has one)
    wait_for_end([parent.sentinel])
    os._exit(1)


def _work(task: Any) -> Any:
    """Do *task*. A worker that cannot be made fails here, where the error reaches the caller."""
    global _worker
    try:
        if _worker is None:
            _worker = _make_worker()
        return _worker(task)
    except Exception as exc:
        if _can_be_sent(exc):
            raise
        # The pool would only say that a process was killed.
        raise BuildError("".join(traceback.format_exception(exc))) from None


def _can_be_sent(exc: Exception) -> bool:
    """Return whether *exc* arrives as it is: one with a constructor of its own may not."""
    try:
        pickle.loads(pickle.dumps(exc))  # noqa: S301  (our own)
    except Exception:
        return False
    return True

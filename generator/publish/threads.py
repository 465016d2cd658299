"""Threads that do the same work for each of several keys."""

from collections.abc import Callable, Collection, Iterator
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, TypeVar

Result = TypeVar("Result")


def map_in_threads(
    work: Callable[[str], Result], keys: Collection[str], threads: int
) -> Iterator[Result]:
    """Call *work* for each key in several threads, and yield the results as they come, unordered.

    An exception in a thread is raised here, and no further call begins. Calls that are running are
    not waited for: a request can take long to fail, and Ctrl-C should end the program at once.
    """
    remaining, lock, stopped = iter(keys), Lock(), Event()
    outcomes: SimpleQueue[Any] = SimpleQueue()

    def run() -> None:
        while not stopped.is_set():
            with lock:
                key = next(remaining, None)
            if key is None:
                return
            try:
                outcomes.put((work(key), None))
            except BaseException as exc:
                stopped.set()
                outcomes.put((None, exc))

    # Daemon threads, because the interpreter waits for those of a ThreadPoolExecutor when it exits.
    # https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
    for _ in range(min(threads, len(keys))):
        Thread(target=run, daemon=True).start()
    try:
        for _ in keys:
            result, exception = outcomes.get()
            if exception is not None:
                raise exception
            yield result
    finally:
        stopped.set()

"""The same work for many keys, by several threads."""

from collections.abc import Callable, Collection, Iterator
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, TypeVar

Result = TypeVar("Result")


def each(work: Callable[[str], Result], keys: Collection[str], threads: int) -> Iterator[Result]:
    """Yield what *work* makes of *keys*, as each is done, by so many *threads* at a time.

    What is raised by one is raised here, and no more is begun. What is under way then is not
    waited for: a request may take long to fail, and who presses Ctrl-C wants to be gone.
    """
    turn, lock, over = iter(keys), Lock(), Event()
    done: SimpleQueue[Any] = SimpleQueue()

    def run() -> None:
        while not over.is_set():
            with lock:
                key = next(turn, None)
            if key is None:
                return
            try:
                done.put((work(key), None))
            except BaseException as exc:
                over.set()
                done.put((None, exc))

    # Not an executor, which holds all that is to be done, and waits for its threads at the end.
    for _ in range(min(threads, len(keys))):
        Thread(target=run, daemon=True).start()
    try:
        for _ in keys:
            result, raised = done.get()
            if raised is not None:
                raise raised
            yield result
    finally:
        over.set()

"""Work that is shared out to processes."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from generator.errors import BuildError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Task = TypeVar("Task")
Result = TypeVar("Result")
# Made by each process for itself, as a database's connection has to be, it does one task.
Worker = Callable[[Task], Result]


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on a Mac
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share(
    jobs: int, tasks: Sequence[Task], make_worker: Callable[[], Worker[Task, Result]]
) -> Iterator[Result]:
    """Yield what becomes of *tasks*, as each is done, by so many *jobs* at a time.

    With one, everything is done here. Otherwise processes are forked, each with a worker of its
    own, and gone when this ends, however it ends.

    Raises:
        BuildError: one of the processes died. What a worker raises is raised here.
    """
    jobs = min(jobs, len(tasks))
    if jobs <= 1:
        yield from map(make_worker(), tasks)
        return
    import multiprocessing  # one job does without

    if "fork" not in multiprocessing.get_all_start_methods():
        worker = make_worker()
        yield from map(worker, tasks)
        return
    context = multiprocessing.get_context("fork")
    processes: dict[Connection, BaseProcess] = {}
    try:
        for number in range(jobs):
            here, there = context.Pipe(duplex=False)
            process: BaseProcess = context.Process(
                target=_work,
                args=([*processes, here], there, tasks[number::jobs], make_worker),
                daemon=True,
            )
            process.start()
            there.close()
            processes[here] = process
        yield from _results(processes)
    finally:
        for process in processes.values():
            process.terminate()
            process.join()


def _results(processes: Mapping["Connection", "BaseProcess"]) -> Iterator[Any]:
    """Yield what the processes send, until each has said that it is done."""
    from multiprocessing.connection import wait

    running = dict(processes)
    while running:
        for ready in cast("list[Connection]", wait(list(running))):
            try:
                what, value = ready.recv()
            except EOFError:
                process = running[ready]
                process.join()
                raise BuildError(
                    f"a process of --jobs died (exit status {process.exitcode});"
                    " the same command goes on from here"
                ) from None
            if what == "raised":
                raise value
            if what == "done":
                del running[ready]
            else:
                yield value


def _work(
    others: Sequence["Connection"],
    send: "Connection",
    tasks: Sequence[Task],
    make_worker: Callable[[], Worker[Task, Result]],
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who shares out
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:  # with nobody left to read, sending fails: no work for the dead
        other.close()
    try:
        worker = make_worker()
        for task in tasks:
            send.send(("result", worker(task)))
    except Exception as exc:
        with suppress(OSError):
            send.send(("raised", exc))
    else:
        send.send(("done", None))

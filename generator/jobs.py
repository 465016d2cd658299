"""Work that is shared out to processes.

By fork, and a pipe for each: no more is needed, and a small site is rendered before all that
belongs to `multiprocessing` is imported and set up.
"""

import os
import pickle
import select
import signal
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from generator.errors import BuildError

Task = TypeVar("Task")
Result = TypeVar("Result")
# Made by each process for itself, as a database's connection has to be, it does one task.
Worker = Callable[[Task], Result]

_HEADER = 4  # bytes before a message, which say how long it is


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
    if jobs <= 1 or not hasattr(os, "fork"):
        yield from map(make_worker(), tasks)
        return
    processes: dict[int, int] = {}  # by what they are heard through
    try:
        for number in range(jobs):
            here, there = os.pipe()
            process = os.fork()
            if not process:
                _work([*processes, here], there, tasks[number::jobs], make_worker)
            os.close(there)
            processes[here] = process
        yield from _results(processes)
    finally:
        for here, process in processes.items():
            os.close(here)
            os.kill(process, signal.SIGTERM)
            os.waitpid(process, 0)


def _results(processes: MutableMapping[int, int]) -> Iterator[Any]:
    """Yield what the processes send, until each has said that it is done; drop one that died."""
    heard = {here: bytearray() for here in processes}
    while heard:
        for here in select.select([*heard], [], [])[0]:
            content = os.read(here, 1 << 16)
            if not content:
                os.close(here)
                status = os.waitstatus_to_exitcode(os.waitpid(processes.pop(here), 0)[1])
                raise BuildError(
                    f"a process of --jobs died (exit status {status});"
                    " the same command goes on from here"
                )
            heard[here] += content
            for what, value in _messages(heard[here]):
                if what == "raised":
                    raise value
                if what == "done":
                    del heard[here]
                else:
                    yield value


def _messages(content: bytearray) -> Iterator[tuple[str, Any]]:
    """Yield the messages that are whole, and take them out of *content*."""
    while len(content) >= _HEADER:
        end = _HEADER + int.from_bytes(content[:_HEADER], "big")
        if len(content) < end:
            return
        message = pickle.loads(content[_HEADER:end])  # noqa: S301  (our own process's)
        del content[:end]
        yield message


def _work(
    others: Sequence[int],
    there: int,
    tasks: Sequence[Task],
    make_worker: Callable[[], Worker[Task, Result]],
) -> NoReturn:
    """Do *tasks*, send what becomes of each, and end the process."""

    def send(what: str, value: object) -> None:
        content = pickle.dumps((what, value))
        content = len(content).to_bytes(_HEADER, "big") + content
        while content:
            content = content[os.write(there, content) :]

    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who shares out
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for other in others:  # with nobody left to read, sending fails: no work for the dead
            os.close(other)
        try:
            worker = make_worker()
            for task in tasks:
                send("result", worker(task))
        except Exception as exc:
            with suppress(OSError):
                send("raised", exc)
        else:
            send("done", None)
        status = 0
    finally:
        os._exit(status)  # nothing that the parent has is ended here

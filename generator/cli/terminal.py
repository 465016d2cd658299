"""What people and programs see: results, messages, progress.

The only module that writes to the terminal. Results go to standard output. Messages and progress go
to standard error through rich, which colours them where a terminal shows colours.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from shutil import get_terminal_size

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from generator.text import moment, span

SECONDS_A_LINE = 5  # between two lines of progress in a log
SECONDS_A_REFRESH = 0.1  # between two pictures of the progress bar
MAX_WIDTH = 100  # of help: longer lines are hard to read
MIN_DETAILS = 60  # columns for a progress bar that also shows numbers and time


class _StandardError(Console):
    """Standard error. A reader that has gone away is no reason to stop working."""

    def on_broken_pipe(self) -> None:
        """Carry on; rich would exit with status 1."""


_console = _StandardError(stderr=True)
_bars: list[Progress] = []  # on the screen: one, or none


def escape_what_cannot_be_encoded() -> None:
    """Write characters that the terminal lacks with backslashes; a file's name may be no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write a line of a result to standard output."""
    if sys.stdout:  # a process may be started without
        with _above_bar():
            print(text, flush=True)


def say_json(body: bytes) -> None:
    """Write a JSON text to standard output: indented on a terminal, otherwise byte for byte."""
    if sys.stdout and sys.stdout.isatty():
        say(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    elif sys.stdout:
        sys.stdout.buffer.write(body)
        sys.stdout.flush()


def tell(text: str | Text) -> None:
    """Write a message to standard error. The terminal wraps it, so that paths can be copied."""
    with _above_bar(), suppress(OSError):
        _console.print(text, soft_wrap=True, highlight=False, markup=False, emoji=False)


def error(text: str) -> None:
    """Write what went wrong."""
    tell(Text.assemble(("Error:", "bold red"), f" {text}"))


def warn(text: str) -> None:
    """Write what must not be overlooked."""
    rule = "*" * min(_console.width, 78)
    lines = "\n".join(f"  {line}" for line in f"WARNING: {text}".splitlines())
    tell(Text(f"{rule}\n{lines}\n{rule}", "bold yellow"))


def wait(seconds: float, why: str) -> None:
    """Write until when to wait and why, and wait."""
    now = datetime.now(UTC)
    until = moment(now + timedelta(seconds=seconds), now)
    tell(f"Waiting  until {until} ({span(seconds)}): {why}")
    time.sleep(seconds)


@contextmanager
def progress(label: str, length: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Give a function to be called with how many of *length* are done.

    A terminal shows a bar, which is gone at the end. A log gets a line now and then.
    """
    # rich alone would take FORCE_COLOR for a terminal.
    if not (sys.stderr and sys.stderr.isatty() and _console.is_interactive):
        line = f"{label:<10}{{:,}} of {length:,} {unit}"
        yield _at_intervals(SECONDS_A_LINE, lambda done: tell(line.format(done)))
        return
    bar = _make_bar(label, length, unit)
    task = bar.add_task(label, total=length)
    try:
        _bars.append(bar)
        with bar:
            yield _at_intervals(
                SECONDS_A_REFRESH, lambda done: bar.update(task, completed=done, refresh=True)
            )
    finally:
        _bars.remove(bar)


def _make_bar(label: str, length: int, unit: str) -> Progress:
    columns: list[ProgressColumn] = [TextColumn(f"{label:<9}"), BarColumn(bar_width=None)]
    if _console.width < MIN_DETAILS:
        columns.append(TextColumn("{task.percentage:>3.0f} %"))
    else:
        columns.append(TextColumn(f"{{task.completed:,}} of {length:,} {unit}"))
        columns.append(TimeRemainingColumn(compact=True))
    # No auto_refresh, which is a thread: rendering forks, and a process with threads must not.
    return Progress(
        *columns,
        console=_console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        expand=True,
    )


def _at_intervals(seconds: float, show: Callable[[int], None]) -> Callable[[int], None]:
    """Return a function that calls *show*, but not again before *seconds* have passed."""
    shown = time.monotonic()

    def advance(done: int) -> None:
        nonlocal shown
        if time.monotonic() - shown >= seconds:
            shown = time.monotonic()
            show(done)

    return advance


@contextmanager
def _above_bar() -> Iterator[None]:
    """Take the bar off the screen while something else is written."""
    for bar in _bars:
        bar.stop()
    try:
        yield
    finally:
        for bar in _bars:
            bar.start()


def width() -> int:
    """Return how many columns help may use."""
    return min(get_terminal_size().columns, MAX_WIDTH)


def drop_unwritten() -> None:
    """Drop what could not be written. Python would try again at exit, and print that it failed.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

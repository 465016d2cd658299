"""Output: results, messages, progress. The only module that writes to the terminal.

Results go to standard output. Messages and progress go to standard error through rich, which uses
colours where the terminal has them and NO_COLOR is not set.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from generator.text import duration, utc_time

# Seconds between two lines of progress in a log.
LOG_INTERVAL = 5

# Seconds between two updates of the progress bar.
BAR_INTERVAL = 0.1

# Columns. A narrower progress bar shows a percentage instead of numbers and time.
MIN_DETAILS_WIDTH = 60


class _StandardError(Console):
    """Standard error, whose reader may go away: the command then continues in silence."""

    def on_broken_pipe(self) -> None:
        """Write nothing more. rich's own method exits with status 1."""
        self.quiet = True


_console = _StandardError(stderr=True)


def escape_unencodable() -> None:
    """Write characters that the terminal lacks as escapes, such as ``U+00E9`` in ASCII.

    A file's name may be any bytes. Standard error escapes them already.
    https://docs.python.org/3/library/sys.html#sys.stderr
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write a line of a result. No progress may be shown at that time."""
    click.echo(text)


def say_json(body: bytes) -> None:
    """Write JSON: indented on a terminal, otherwise byte for byte."""
    if sys.stdout and sys.stdout.isatty():  # None if the process was started without it
        say(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    else:
        click.echo(body, nl=False)


def message(text: str | Text) -> None:
    """Write a message. It is not wrapped here, so that paths can be copied from the terminal."""
    _console.print(text, soft_wrap=True, highlight=False, markup=False, emoji=False)


def error(text: str) -> None:
    """Write an error message."""
    message(Text.assemble(("Error:", "bold red"), f" {text}"))


def warn(text: str) -> None:
    """Write a warning."""
    message(Text(f"WARNING: {text}", "bold yellow"))


def wait(seconds: float, reason: str) -> None:
    """Write until when the command waits and why, and wait."""
    now = datetime.now(UTC)
    end = utc_time(now + timedelta(seconds=seconds), now)
    message(f"Waiting  until {end} ({duration(seconds)}): {reason}")
    time.sleep(seconds)


@contextmanager
def progress(label: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show progress, and yield a function to call with the number of finished units.

    A terminal shows a bar, which is removed at the end. A log gets a line every few seconds. The
    *total* is None if it is not known.
    """
    amount = unit if total is None else f"of {total:,} {unit}"
    # rich would take FORCE_COLOR, which CI systems set, for a terminal.
    if not (_console.file.isatty() and _console.is_interactive):
        line = f"{label:<9} {{:,}} {amount}"
        yield _at_intervals(LOG_INTERVAL, lambda done: message(line.format(done)))
        return
    with _make_bar(label, amount) as bar:
        task = bar.add_task(label, total=total)
        yield _at_intervals(
            BAR_INTERVAL, lambda done: bar.update(task, completed=done, refresh=True)
        )


def _make_bar(label: str, amount: str) -> Progress:
    columns: list[ProgressColumn] = [TextColumn(f"{label:<9}"), BarColumn(bar_width=None)]
    if _console.width < MIN_DETAILS_WIDTH:
        columns.append(TextColumn("{task.percentage:>3.0f} %"))
    else:
        columns.append(TextColumn(f"{{task.completed:,}} {amount}"))
        columns.append(TimeRemainingColumn(compact=True))
    return Progress(
        *columns,
        console=_console,
        # rich would start a thread. Rendering forks, which is unsafe in a process with threads.
        # https://docs.python.org/3/library/os.html#os.fork
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        expand=True,
    )


def _at_intervals(seconds: float, show: Callable[[int], None]) -> Callable[[int], None]:
    """Return a function that calls *show* at most once in so many *seconds*."""
    last = time.monotonic()

    def advance(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            show(done)

    return advance

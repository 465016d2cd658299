"""What people and programs see: lines of results, lines for people, a bar, waiting.

The only module that writes to the terminal. Results go to standard output; all else to standard
error, in colour if that is a terminal.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from typing import TextIO

from generator.text import moment, span

SECONDS_A_LINE = 5  # of progress, where there is no terminal to draw a bar on
# https://www.ecma-international.org/publications-and-standards/standards/ecma-48/ (8.3.117)
_RED, _YELLOW = "1;31", "1;33"


def take_any_text() -> None:
    """Have what cannot be encoded written with backslashes: names of files may be no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write a line of what others may want to read."""
    _write(sys.stdout, text)


def say_bytes(content: bytes) -> None:
    """Write a line of what others may want to read, in no other encoding than it has."""
    if sys.stdout:
        sys.stdout.buffer.write(content + b"\n")
        sys.stdout.flush()


def tell(text: str) -> None:
    """Write a line for people."""
    with suppress(OSError):  # nobody is there to be told
        _write(sys.stderr, text)


def error(text: str) -> None:
    """Say what went wrong."""
    tell(f"{_styled('Error:', _RED)} {text}")


def warn(text: str) -> None:
    """Say what must not be overlooked."""
    rule = "*" * 78
    for line in (rule, *(f"  {line}" for line in f"WARNING: {text}".splitlines()), rule):
        tell(_styled(line, _YELLOW))


def wait(seconds: float, why: str) -> None:
    """Wait, having said until when and why."""
    now = datetime.now(UTC)
    until = moment(now + timedelta(seconds=seconds), now)
    clear = "\r\x1b[K" if _has_terminal() else ""  # the bar, which is drawn anew later
    tell(f"{clear}Waiting  until {until} ({span(seconds)}): {why}")
    time.sleep(seconds)


@contextmanager
def progress(label: str, length: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Give a function to be told how many of *length* are done: a bar, or lines in a log."""
    if _has_terminal():
        import click

        with click.progressbar(
            length=length, label=f"{label:<9}", file=sys.stderr, show_pos=True
        ) as bar:
            yield lambda done: bar.update(done - bar.pos)
        return
    said = time.monotonic()

    def line(done: int) -> None:
        nonlocal said
        if time.monotonic() - said >= SECONDS_A_LINE:
            said = time.monotonic()
            tell(f"{label:<10}{done:,} of {length:,} {unit}")

    yield line


def width() -> int:
    """Return how many columns there are to write in: the terminal's, but no more than 100."""
    from shutil import get_terminal_size

    return min(get_terminal_size().columns, 100)


def let_go() -> None:
    """Drop what could not be written, rather than to try once more at the end and fail.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _write(stream: TextIO | None, text: str) -> None:
    if stream:  # a process may be started without
        print(text, file=stream, flush=True)


def _styled(text: str, style: str) -> str:
    """Return *text* as a terminal, if there is one for errors, shows it in that style."""
    return f"\x1b[{style}m{text}\x1b[0m" if _has_terminal() else text


def _has_terminal() -> bool:
    """Return whether there is a terminal for what is not a result."""
    return bool(sys.stderr) and sys.stderr.isatty()

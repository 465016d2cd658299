"""Where the program starts: `ghdirectory` and `python -m generator`."""

# ruff: noqa: E402  (the other import comes after the first on purpose)

import atexit
import gc

# What is imported stays: looking for garbage in it, again and again, is a tenth of importing it.
gc.disable()

import signal
import sys
from types import FrameType
from typing import NoReturn

from generator import cli

gc.freeze()
# Nor is there much where thousands of rows are read at a time, or in what is left at the end.
gc.set_threshold(20_000)
gc.enable()
atexit.register(gc.freeze)


def main() -> NoReturn:
    """Run the command line as this process, and exit with its status."""
    # An exception, so that `finally` clauses run: they end worker processes.
    signal.signal(signal.SIGTERM, _terminated)
    cli.main()


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()

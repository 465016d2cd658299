"""Where the process starts: `ghdirectory` and `python -m generator`."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

PROJECT_PACKAGES = ("function", "generator", "site_templates")
PUBLISHING_PACKAGES = ("boto3", "botocore")


def main() -> NoReturn:
    """Run the command line in this process, and exit with its status."""
    signal.signal(signal.SIGTERM, _terminate)
    threading.excepthook = _exit_after_thread
    try:
        # Imported here, so that Ctrl-C and a missing package write one line and no traceback.
        from generator import cli

        cli.main()
    except KeyboardInterrupt:
        # A terminal shows ^C at the start of the line. The message overwrites it.
        start = "\r" if sys.stderr and sys.stderr.isatty() else ""
        print(f"{start}Interrupted; run the same command again to continue.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except ModuleNotFoundError as exc:
        package = (exc.name or "").partition(".")[0]
        if package in PROJECT_PACKAGES:  # a bug
            raise
        target = ".venv/.deploy" if package in PUBLISHING_PACKAGES else "build-site"
        sys.exit(f"Error: the package {package} is missing; `make {target}` installs it")


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    """Exit by an exception, so that `finally` clauses run: they end worker processes."""
    sys.exit(128 + number)


def _exit_after_thread(failure: threading.ExceptHookArgs) -> NoReturn:
    """Exit because a thread failed, and as after kill -9: other threads may wait for it forever.

    A pool of processes needs threads. Without memory, it fails in one that it has started.
    """
    from generator.errors import LACK_OF_MEMORY, is_lack_of_memory

    if is_lack_of_memory(failure.exc_value):
        print(f"Error: {LACK_OF_MEMORY}", file=sys.stderr)
    else:  # a bug
        threading.__excepthook__(failure)
    os._exit(1)


if __name__ == "__main__":
    main()

"""Where the program starts: `ghdirectory` and `python -m generator`."""

import signal
import sys
from types import FrameType
from typing import NoReturn

OURS = ("function", "generator", "site_templates")


def main() -> NoReturn:
    """Run the command line as this process, and exit with its status."""
    # An exception, so that `finally` clauses run: they end worker processes.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        # Imported here, so that Ctrl-C and a missing package end in a line, not in a traceback.
        from generator import cli

        cli.main()
    except KeyboardInterrupt:
        # A terminal shows ^C at the start of the line, which is written over.
        start = "\r" if sys.stderr and sys.stderr.isatty() else ""
        print(f"{start}Interrupted; the same command goes on where it can.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except ModuleNotFoundError as exc:
        package = (exc.name or "").partition(".")[0]
        if package in OURS:  # a bug
            raise
        sys.exit(
            f"Error: the package {package} is missing; run `make build-site`, or install what"
            " requirements/build.txt lists"
        )


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()

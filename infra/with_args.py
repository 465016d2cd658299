"""Run a command with more arguments: those in the environment variable ARGS.

``python infra/with_args.py COMMAND [ARGUMENT]...``, which is how `make` hands ARGS on. ARGS is
split into words as a shell splits a line. Nothing in it is expanded or run.
"""

import os
import shlex
import sys

if __name__ == "__main__":
    text = os.environ.get("ARGS", "")
    try:
        more = shlex.split(text)
    except ValueError as exc:
        print(f"Error: ARGS={text} cannot be split into arguments: {exc}", file=sys.stderr)
        sys.exit(2)
    command = [*sys.argv[1:], *more]
    os.execv(command[0], command)  # noqa: S606  (no shell: that is the point)

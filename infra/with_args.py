"""Run a command with further arguments from the environment variable ARGS.

``python infra/with_args.py COMMAND [ARGUMENT]...`` is how `make` passes ARGS on. ARGS is split into
words as by a shell, but no shell runs or expands anything in it.
"""

import os
import shlex
import sys

if __name__ == "__main__":
    text = os.environ.get("ARGS", "")
    try:
        arguments = shlex.split(text)
    except ValueError as exc:
        print(f"Error: ARGS={text} cannot be split into arguments: {exc}", file=sys.stderr)
        sys.exit(2)
    command = [*sys.argv[1:], *arguments]
    os.execv(command[0], command)  # noqa: S606  (on purpose without a shell)

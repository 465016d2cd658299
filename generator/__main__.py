"""`python -m generator`."""

# ruff: noqa: E402  (the other import comes after the first on purpose)

import atexit
import gc

# What is imported stays: looking for garbage in it, again and again, is a tenth of importing it.
gc.disable()

from generator.cli import main

gc.freeze()
# Nor is there much where thousands of rows are read at a time, or in what is left at the end.
gc.set_threshold(20_000)
gc.enable()
atexit.register(gc.freeze)

if __name__ == "__main__":
    main()

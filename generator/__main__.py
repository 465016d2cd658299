"""`python -m generator`."""

# ruff: noqa: E402  (the other import comes after the first on purpose)

import gc

# What is imported stays: looking for garbage in it, again and again, is a tenth of importing it.
gc.disable()

from generator.cli import main

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()

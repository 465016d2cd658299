"""The command line: the only reader of the environment, the only writer to the terminal."""

from generator.cli.commands import main

__all__ = ["main"]

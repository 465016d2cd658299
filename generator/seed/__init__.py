"""Which lists of users there are, and reading them into the store."""

from generator.seed.seeder import Gathering, Terminal
from generator.seed.sources import Source, joined_title, parse

__all__ = ["Gathering", "Source", "Terminal", "joined_title", "parse"]

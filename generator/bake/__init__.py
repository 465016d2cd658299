"""From the store to the directory: the read-only database that the site and the API share."""

from generator.bake.directory import bake

__all__ = ["bake"]

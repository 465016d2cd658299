"""Makes the directory, the read-only database of the site and the API, from the store's users."""

from generator.bake.directory import bake

__all__ = ["bake"]

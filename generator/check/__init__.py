"""Checks a site: it is complete, its pages show what the API answers, and its links resolve.

Reads the files of the site, and nothing of what rendered them.
"""

from generator.check.site import check

__all__ = ["check"]

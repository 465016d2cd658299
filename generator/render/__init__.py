"""Renders the directory and the templates to the site's files."""

from generator.render.site import make_build, render_site

__all__ = ["make_build", "render_site"]

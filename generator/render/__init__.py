"""Renders the directory and the templates to the site's files."""

from generator.render.site import Place, make_build, render_site

__all__ = ["Place", "make_build", "render_site"]

"""From the directory and the templates to the site's files."""

from generator.render.site import Place, plan, render_site

__all__ = ["Place", "plan", "render_site"]

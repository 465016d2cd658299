"""Profiles and pages as HTML, from the Jinja2 templates in site_templates/.

Whatever GitHub sent is escaped on its way out; an address that is not a web address is not
linked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from function.answer import PATH as API_PATH
from function.contract import About, Profile
from generator.errors import BuildError
from generator.files import SiteFile
from generator.pages import Build, Listing, same_place, window

TEMPLATES = Path(__file__).parents[1] / "site_templates"
STATIC = TEMPLATES / "static"
# A profile as HTML, escaped where it must be.
Row = str


class Renderer:
    """Draws the pages of one build.

    Args:
        build: which pages there are.
        about: what is listed.
        assets: what pages load, under the names that templates use.
        base_path: where the site lies on its host, with a slash at either end.
    """

    def __init__(
        self, build: Build, about: About, assets: Mapping[str, SiteFile], base_path: str
    ) -> None:
        self._build = build
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            auto_reload=False,  # no template changes while a site is rendered
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(web=web_address, picture=picture_address, number=number)
        environment.globals.update(
            about=about,
            build=build,
            day=day(about.seeded_at),
            page_url=lambda listing, page: base_path + listing.key(page),
            asset_url=lambda name: base_path + assets[name].key,
            home_url=base_path,
            api_url=API_PATH,
        )
        try:
            self._row = environment.get_template("_user_row.html")
            self._page = environment.get_template("users.html")
            self._missing = environment.get_template("404.html")
        except (OSError, TemplateError) as exc:
            raise BuildError(f"a template in {TEMPLATES} cannot be used: {exc}") from exc

    def row(self, profile: Profile) -> Row:
        """Return *profile* as a row, to be handed to `page` for every page that shows it."""
        return self._row.render(profile=profile)

    def page(self, listing: Listing, page: int, rows: Sequence[Row]) -> bytes:
        """Return *listing*'s page number *page*, which shows *rows*."""
        first = (page - 1) * listing.pagination + 1
        pages = self._build.pages(listing)
        return self._page.render(
            listing=listing,
            page=page,
            pages=pages,
            rows=rows,
            first=first,
            last=first + len(rows) - 1,
            window=window(page, pages),
            sizes=[
                (Listing(listing.order_by, size), same_place(page, listing.pagination, size))
                for size in self._build.page_sizes
            ],
            orders=[Listing(order_by, listing.pagination) for order_by in self._build.orders],
        ).encode()

    def missing(self) -> bytes:
        """Return the page for addresses that lead nowhere."""
        return self._missing.render().encode()


def web_address(text: str) -> str | None:
    """Return *text* if it is an http or https address, else None: it is not to be followed."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.netloc else None


def picture_address(text: str) -> str | None:
    """Return *text* if a page may show what it leads to as a picture, else None."""
    return text if text.startswith("data:image/svg+xml,") else web_address(text)


def number(value: int) -> str:
    """Return *value* for people: "1,000"."""
    return f"{value:,}"


def day(moment: str) -> str:
    """Return the RFC 3339 *moment* for people: "24 November 2026"."""
    when = datetime.fromisoformat(moment)
    return f"{when.day} {when:%B %Y}"

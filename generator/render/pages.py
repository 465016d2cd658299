"""A site's pages, from the Jinja2 templates in site_templates/.

Whatever GitHub sent is escaped on its way out; an address that is not a web address is not
linked. What is the same on all pages of a listing is drawn once, as literals with slots
(`slots.py`), and filled in for each. Whatever cannot be is drawn by Jinja2, to the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from function.answer import PATH as API_PATH
from function.contract import About
from generator.errors import BuildError
from generator.render.context import PageContext
from generator.render.rows import RowRenderer, Rows
from generator.render.slots import NotSlottable, Slot, SlotTemplate, placeholder
from generator.render.templates import Templates, drawn
from generator.site import ABOUT_KEY, STATIC, TEMPLATES, Build, Listing, SiteFile
from generator.text import day, number, percentage

PAGE = "users.html"
# So many pages at either end of a listing have page numbers of another shape than the rest.
EDGE = 5


class Download(NamedTuple):
    """A file with all users: what it is, where, and how large, for people."""

    text: str
    url: str
    size: str


class Widest(NamedTuple):
    """The longest texts that any row has, or about as wide: columns have room for them."""

    type: str = ""
    id: str = ""


NOT_KNOWN = Widest()


class Renderer:
    """Draws the pages of one build.

    Args:
        build: which pages there are.
        about: what is listed.
        assets: what pages load, under the names that templates use.
        base_path: where the site lies on its host, with a slash at either end.
        origin: scheme and host of the site, as in https://example.org.
        downloads: the files that have all users.
        widest: the longest texts that any of the rows has.
        use_slots: whether to draw from literals and slots; if not, Jinja2 draws every row and page.
    """

    def __init__(
        self,
        build: Build,
        about: About,
        assets: Mapping[str, SiteFile],
        base_path: str,
        *,
        origin: str = "",
        downloads: Sequence[Download] = (),
        widest: Widest = NOT_KNOWN,
        use_slots: bool = True,
    ) -> None:
        self._build, self._use_slots = build, use_slots
        self.context = PageContext(build, base_path, origin)
        self._frames: dict[Listing, SlotTemplate | None] = {}
        self.templates = Templates(
            TEMPLATES,
            {
                "about": about,
                "build": build,
                "source": about.source.split(", "),
                "users": number(build.users),
                "day": day(about.seeded_at),
                "asset_url": lambda name: base_path + _asset(assets, name),
                "asset_path": lambda name: origin + base_path + _asset(assets, name),
                "home_url": base_path,
                "about_url": base_path + ABOUT_KEY,
                "api_url": API_PATH,
                "origin": origin,
                "downloads": downloads,
                "widest": widest,
            },
        )
        rows = RowRenderer(self.templates, use_slots=use_slots)
        self.rows, self.row = rows.rows, rows.row

    def page(self, listing: Listing, page: int, rows: Rows) -> bytes:
        """Return *listing*'s page number *page*, which shows *rows*."""
        return next(self.pages(listing, range(page, page + 1), rows))

    def pages(
        self, listing: Listing, numbers: range, rows: Rows, start: int = 0
    ) -> Iterator[bytes]:
        """Yield the pages of *listing* with these *numbers*, which show *rows* from *start* on."""
        shown = [*rows.slices(start, listing.pagination, len(numbers))]
        last = self._build.pages(listing) - EDGE
        inner = range(max(numbers.start, EDGE + 1), min(numbers.stop, last + 1))
        if listing not in self._frames and inner:
            self._frames[listing] = self._slotted_frame(listing, EDGE + 1)
        frame = self._frames[listing] if inner else None
        if not frame:
            inner = numbers[:0]
        begin, end = inner.start - numbers.start, inner.stop - numbers.start
        yield from map(partial(self._whole_page, listing), numbers[:begin], shown[:begin])
        if frame:
            columns = self.context.columns(listing, inner)
            yield from frame.fill_all([*columns, shown[begin:end]], len(inner))
        yield from map(partial(self._whole_page, listing), numbers[end:], shown[end:])

    def about(self, types: Mapping[str, int]) -> bytes:
        """Return the page about the directory, which has so many users of each of *types*."""
        most = max(types.values())
        bars = [
            (
                name,
                number(users),
                round(100 * users / most, 2),
                percentage(users, self._build.users),
            )
            for name, users in sorted(types.items(), key=lambda one: (-one[1], one[0]))[:12]
        ]
        return self.templates.draw(
            "about.html", bars=bars, others=max(0, len(types) - 12), url=self.context.url(ABOUT_KEY)
        ).encode()

    def missing(self) -> bytes:
        """Return the page for addresses that lead nowhere."""
        return self.templates.draw("404.html").encode()

    def _whole_page(self, listing: Listing, page: int, rows: bytes | memoryview) -> bytes:
        numbers = self.context.numbers(listing, page)
        digits, texts = [str(n) for n in numbers], [number(n) for n in numbers]
        shown = self.context.values(listing, page, digits, texts, lambda text: text)
        return self.templates.draw(PAGE, rows=drawn(bytes(rows)), **shown).encode()

    def _slotted_frame(self, listing: Listing, page: int) -> SlotTemplate | None:
        """Return any page not at an end of *listing*, to be filled with `_columns` and its rows.

        *page* is one of these.
        """
        if not self._use_slots:
            return None
        count = len(self.context.numbers(listing, page))
        marks = [placeholder(place) for place in range(2 * count)]
        shown = self.context.values(
            listing, page, marks[:count], marks[count:], lambda text: Slot(text, is_there=True)
        )
        try:
            pieces = SlotTemplate(
                self.templates.compile_slots(PAGE, rows=Slot(placeholder(2 * count)), **shown)
            )
        except NotSlottable:
            return None
        rows = b"<tr></tr>"
        columns = [*self.context.columns(listing, range(page, page + 1)), [rows]]
        (filled,) = pieces.fill_all(columns, 1)
        return pieces if filled == self._whole_page(listing, page, rows) else None


def _asset(assets: Mapping[str, SiteFile], name: str) -> str:
    if name not in assets:
        raise BuildError(f"there is no {name} in {STATIC}")
    return assets[name].key

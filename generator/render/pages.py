"""A site's pages, drawn from the Jinja2 templates in site_templates/.

Templates escape all text that GitHub sent, and link to web addresses only.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from function.answer import PATH as API_PATH
from function.contract import About
from generator.errors import BuildError
from generator.render.changes import ChangedDay, urn
from generator.render.context import PageContext
from generator.render.rows import RowRenderer
from generator.render.slots import HOSTILE, Slot, SlotTemplate, compile_slots, placeholder
from generator.render.templates import STATIC, TEMPLATES, Templates, as_markup, escape
from generator.site import ABOUT_KEY, CHANGES_KEY, FEED_KEY, Build, Listing, SiteFile
from generator.text import day, number, percentage

PAGE = "users.html"
# How many pages at either end of a listing offer fewer page numbers than the inner pages.
EDGE = 5
MAX_BARS = 12  # types in the chart of the page about the directory
# https://www.w3.org/TR/xml/#charsets
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Download(NamedTuple):
    """A file with all users: what it is, where, and how large, for people."""

    text: str
    url: str
    size: str


class Bar(NamedTuple):
    """A type in the chart: its name, listing (None: it has none), users and share of all users."""

    name: str
    url: str | None
    users: str
    share: str
    percent: float


class Renderer:
    """Draws the pages of one build.

    Args:
        build: which pages there are.
        about: what the directory says of itself.
        assets: the files that pages load, under the names that templates use.
        origin: scheme and host of the site, as in https://example.org; empty if not known.
        downloads: the files that have all users.
        days: the days of the page "What changed", the newest first. Without any, there is none.
        use_slots: whether to use the fast path (`slots.py`). If not, Jinja2 draws every row and
            page, to the same bytes.
    """

    def __init__(
        self,
        build: Build,
        about: About,
        assets: Mapping[str, SiteFile],
        *,
        origin: str = "",
        downloads: Sequence[Download] = (),
        days: Sequence[ChangedDay] = (),
        use_slots: bool = True,
    ) -> None:
        self._build, self._days = build, days
        self.context = PageContext(build, about.title, origin)
        base_path = build.base_path
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
                "changes_url": base_path + CHANGES_KEY if days else None,
                "feed_url": origin + base_path + FEED_KEY if days and origin else None,
            },
        )
        self._use_slots = use_slots and self.templates.is_slottable
        rows = RowRenderer(self.templates, use_slots=self._use_slots)
        self.rows, self.row = rows.rows, rows.row

    def page(self, listing: Listing, page: int, rows: Sequence[bytes]) -> bytes:
        """Return *listing*'s page number *page*, which shows *rows*."""
        return next(self.pages(listing, range(page, page + 1), rows))

    def pages(self, listing: Listing, pages: range, rows: Sequence[bytes]) -> Iterator[bytes]:
        """Yield the *pages* of *listing*; *rows* are those of the first and of all that follow."""
        size = listing.pagination
        tables = [
            b"".join(rows[start : start + size]) for start in range(0, size * len(pages), size)
        ]
        inner = self._inner(listing, pages)
        frame = self._frame(listing) if inner else None
        if not frame:
            inner = pages[:0]
        begin, end = inner.start - pages.start, inner.stop - pages.start
        draw = partial(self._draw, listing)
        yield from map(draw, pages[:begin], tables[:begin])
        if frame:
            digits, texts = self.context.numbers(listing, inner)
            yield from frame.fill_all([*digits, *texts, tables[begin:end]], len(inner))
        yield from map(draw, pages[end:], tables[end:])

    def about(self, types: Mapping[str, int]) -> bytes:
        """Return the page about the directory; *types* has the number of users of each type."""
        urls = self.context.type_urls()
        commonest = sorted(types.items(), key=lambda item: (-item[1], item[0]))
        bars = [
            Bar(
                name,
                urls.get(name),
                number(users),
                percentage(users, self._build.users),
                round(100 * users / self._build.users, 2),
            )
            for name, users in commonest[:MAX_BARS]
        ]
        rest = len(commonest[MAX_BARS:])
        url = self.context.url(ABOUT_KEY)
        return self.templates.draw("about.html", bars=bars, others=rest, url=url).encode()

    def changes(self) -> bytes:
        """Return the page "What changed"."""
        url, root = self.context.url(CHANGES_KEY), self._build.base_path
        return self.templates.draw("changes.html", days=self._days, url=url, root=root).encode()

    def feed(self) -> bytes:
        """Return the same as an Atom feed, whose addresses have the origin."""
        url, root = self.context.url(CHANGES_KEY), self.context.url("")
        feed = self.templates.draw("changes.xml", days=self._days, url=url, root=root, urn=urn)
        return _NOT_IN_XML.sub("\ufffd", feed).encode()

    def missing(self) -> bytes:
        """Return the page for addresses that the site does not have."""
        return self.templates.draw("404.html").encode()

    def _inner(self, listing: Listing, pages: range) -> range:
        """Return those of *pages* of *listing* that offer the same number of page numbers."""
        stop = self._build.page_count(listing) - EDGE + 1
        return range(max(pages.start, EDGE + 1), min(pages.stop, stop))

    def _frame(self, listing: Listing) -> SlotTemplate | None:
        """Return any inner page of *listing*, to be filled with numbers and rows, if it can be."""
        if listing not in self._frames:
            self._frames[listing] = self._compile(listing) if self._use_slots else None
        return self._frames[listing]

    def _compile(self, listing: Listing) -> SlotTemplate | None:
        inner = self._inner(listing, range(1, self._build.page_count(listing) + 1))
        counts = map(len, self.context.numbers(listing, inner[:1]))
        numbers = itertools.count()
        digits, texts, (rows,) = (
            [placeholder(next(numbers)) for _ in range(count)] for count in (*counts, 1)
        )
        values = self.context.values(
            listing, inner[0], digits, texts, wrap=lambda text: Slot(text, is_set=True)
        )
        samples = []
        for page, sample in ((inner[0], b""), (inner[-1], escape(HOSTILE))):
            digits, texts = self._numbers(listing, page)
            known = [text.encode() for text in (*digits, *texts)]
            samples.append((self._arguments(listing, page, sample), [*known, sample]))
        return compile_slots(
            partial(self.templates.draw, PAGE), {**values, "rows": Slot(rows)}, samples
        )

    def _draw(self, listing: Listing, page: int, rows: bytes) -> bytes:
        return self.templates.draw(PAGE, **self._arguments(listing, page, rows)).encode()

    def _arguments(self, listing: Listing, page: int, rows: bytes) -> Mapping[str, object]:
        """Return what `users.html` is given for *page* of *listing*."""
        digits, texts = self._numbers(listing, page)
        values = self.context.values(listing, page, digits, texts, wrap=lambda text: text)
        return {**values, "rows": as_markup(rows)}

    def _numbers(self, listing: Listing, page: int) -> tuple[list[str], list[str]]:
        """Return the `PageContext.numbers` of *page*, in addresses and for people."""
        digits, texts = self.context.numbers(listing, range(page, page + 1))
        return [column[0].decode() for column in digits], [column[0].decode() for column in texts]


def _asset(assets: Mapping[str, SiteFile], name: str) -> str:
    if name not in assets:
        raise BuildError(f"there is no {name} in {STATIC}")
    return assets[name].key

"""Users and pages as HTML, from the Jinja2 templates in site_templates/.

Whatever GitHub sent is escaped on its way out; an address that is not a web address is not
linked. What a template draws the same way for many users or pages is drawn once and cut into
pieces (`slots.py`); whatever cannot be cut, Jinja2 draws each time, to the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import accumulate, pairwise
from operator import mod
from typing import Any, NamedTuple

from function.answer import PATH as API_PATH
from function.contract import About, Profile, implied
from function.database import Columns, Directory, Row
from generator.errors import BuildError
from generator.render.slots import CannotCut, Pieces, Slot, mark
from generator.render.templates import Templates, drawn, escape
from generator.site import (
    ABOUT_KEY,
    PICTURE,
    STATIC,
    TEMPLATES,
    Build,
    Entry,
    Listing,
    SiteFile,
    entry,
    orders_a_type,
    resized,
    same_place,
    window,
)
from generator.text import day, number, numbers, share

ROW, PAGE = "_user_row.html", "users.html"
# So many pages at either end of a listing have page numbers of another shape than the rest.
EDGE = 5
AROUND = 2

# What a template that does more than show it would not draw like any other.
HOSTILE = "<&>\"'%s%%{0}\\"
# The values of a row, in the order that pieces are filled with.
_IDENTITY, _NAME, _PICTURE, _DENSE_PICTURE, _ADDRESS = range(5)


class PageLink(NamedTuple):
    """A page number to offer: *text* None is a gap, *url* None the page that is shown.

    *is_near*: to be shown where there is little room.
    """

    text: Any = None
    url: Any = None
    is_near: bool = True


class Choice(NamedTuple):
    """Another size, order or type to choose; *users* says of how many."""

    text: str
    url: Any
    is_chosen: bool
    users: str = ""


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


class Rows:
    """Table rows, one behind another.

    Args:
        groups: the rows, so many at a time.
        step: how many, in all but the last group.
    """

    def __init__(self, groups: Sequence[bytes], step: int = 1) -> None:
        self._markup = memoryview(b"".join(groups))
        self._bounds = [*accumulate(map(len, groups), initial=0)]
        self._step = step

    def cut(self, start: int, size: int, count: int) -> Iterator[memoryview]:
        """Yield the rows from number *start* on, *size* at a time, so many times.

        Both are multiples of the rows in a group.
        """
        last, first, by = len(self._bounds) - 1, start // self._step, size // self._step
        ends = [self._bounds[min(first + by * part, last)] for part in range(count + 1)]
        return (self._markup[begin:end] for begin, end in pairwise(ends))


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
        cut: whether to cut templates; if not, Jinja2 draws every row and page.
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
        cut: bool = True,
    ) -> None:
        self._build, self._base_path, self._origin, self._cut = build, base_path, origin, cut
        self._row_pieces: dict[object, Pieces | None] = {}
        self._implied: dict[str, Pieces | None] = {}
        self._frames: dict[Listing, Pieces | None] = {}
        self._templates = Templates(
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

    def rows(self, directory: Directory, users: Columns, step: int = 1) -> Rows:
        """Return *users* of *directory* as table rows, to be shown by pages of every size.

        *step* of them are drawn as one: pages begin and end at multiples of it.
        """
        types, columns = users.types, (users.ids, _escaped(users.usernames))
        kinds = {
            flagged: self._implied_row(directory, users.row(types.index(flagged)))
            for flagged in {*types}
        }
        usual = next(filter(None, kinds.values()), Pieces(""))
        texts = {
            flagged: pieces.text
            for flagged, pieces in kinds.items()
            if pieces and pieces.slots == usual.slots
        }
        if odd := kinds.keys() - texts.keys():
            # Each is a kind of its own, which shows nothing of the values.
            types = [*types]
            places = [place for place, flagged in enumerate(types) if flagged in odd]
            for place, row in zip(places, self._odd_rows(directory, users, places), strict=True):
                types[place] = -1 - place
                texts[-1 - place] = row.replace(b"%", b"%%") + b"%.0b" * len(usual.slots)

        @cache
        def text(*group: int) -> bytes:
            return b"".join(map(texts.__getitem__, group))

        def groups(start: int, stop: int, size: int) -> Iterator[bytes]:
            parts = [slice(start + row, stop, size) for row in range(size)]
            values = usual.pick([column[part] for part in parts for column in columns], size)
            return map(mod, map(text, *(types[part] for part in parts)), values)

        whole = len(types) // step * step
        rest = len(types) - whole
        return Rows([*groups(0, whole, step), *groups(whole, len(types), rest or 1)], step)

    def _odd_rows(
        self, directory: Directory, users: Columns, places: Sequence[int]
    ) -> Iterator[bytes]:
        """Yield the rows of those *users* of *directory* that stand at *places*, one by one."""
        rows = [users.row(place) for place in places]
        addresses = directory.addresses(rows)
        for row in rows:
            identity, _, username = row
            urls = addresses.get(identity) or implied(identity, username)
            yield self.row(Profile(identity, username, directory.type_of(row), *urls))

    def row(self, profile: Profile) -> bytes:
        """Return *profile* as a table row."""
        user = entry(*profile)
        shape = user.type, user.picture is None, user.dense_picture is None, user.address is None
        if shape not in self._row_pieces:
            self._row_pieces[shape] = self._cut_row(user)
        if pieces := self._row_pieces[shape]:
            texts = (user.username, *user[3:])
            return pieces.fill((b"%d" % user.id, *(escape(text or "") for text in texts)))
        return self._templates.draw(ROW, profile=user).encode()

    def page(self, listing: Listing, page: int, rows: Rows) -> bytes:
        """Return *listing*'s page number *page*, which shows *rows*."""
        return next(self.pages(listing, range(page, page + 1), rows))

    def pages(
        self, listing: Listing, numbers: range, rows: Rows, start: int = 0
    ) -> Iterator[bytes]:
        """Yield the pages of *listing* with these *numbers*, which show *rows* from *start* on."""
        shown = [*rows.cut(start, listing.pagination, len(numbers))]
        last = self._build.pages(listing) - EDGE
        inner = range(max(numbers.start, EDGE + 1), min(numbers.stop, last + 1))
        if listing not in self._frames and inner:
            self._frames[listing] = self._cut_frame(listing, EDGE + 1)
        frame = self._frames[listing] if inner else None
        if not frame:
            inner = numbers[:0]
        begin, end = inner.start - numbers.start, inner.stop - numbers.start
        yield from map(partial(self._whole_page, listing), numbers[:begin], shown[:begin])
        if frame:
            columns = self._columns(listing, inner)
            yield from frame.fill_all([*columns, shown[begin:end]], len(inner))
        yield from map(partial(self._whole_page, listing), numbers[end:], shown[end:])

    def about(self, types: Mapping[str, int]) -> bytes:
        """Return the page about the directory, which has so many users of each of *types*."""
        most = max(types.values())
        bars = [
            (name, number(users), round(100 * users / most, 2), share(users, self._build.users))
            for name, users in sorted(types.items(), key=lambda one: (-one[1], one[0]))[:12]
        ]
        return self._templates.draw(
            "about.html", bars=bars, others=max(0, len(types) - 12), url=self._url(ABOUT_KEY)
        ).encode()

    def missing(self) -> bytes:
        """Return the page for addresses that lead nowhere."""
        return self._templates.draw("404.html").encode()

    def _url(self, key: str) -> str:
        return f"{self._origin}{self._base_path}{key}"

    def _cut_row(self, like: Entry) -> Pieces | None:
        """Return the row of any user of the shape that *like* has; None if it cannot be cut."""
        slots = Entry(
            Slot(mark(_IDENTITY)),
            Slot(mark(_NAME)),
            like.type,
            *(
                value and Slot(mark(place), is_there=True)
                for place, value in enumerate(like[3:], _PICTURE)
            ),
        )
        sample = Entry(7, HOSTILE, like.type, *(value and HOSTILE for value in like[3:]))
        return self._cut_as(slots, sample, [b"7", *[escape(HOSTILE)] * 4])

    def _implied_row(self, directory: Directory, row: Row) -> Pieces | None:
        """Return what the id and the name of any user like *row* make a table row of, if anything.

        There is nothing for those that have addresses of their own.
        """
        if directory.addresses([row]):
            return None
        type_ = directory.type_of(row)
        if type_ not in self._implied:
            self._implied[type_] = self._cut_implied(type_)
        return self._implied[type_]

    def _cut_implied(self, type_: str) -> Pieces | None:
        """Return the row of any user of *type_* whose addresses id and username imply."""
        avatar_url, html_url = implied(0, "")
        picture = avatar_url.replace("/0?", f"/{mark(_IDENTITY)}?")
        slots = Entry(
            Slot(mark(_IDENTITY)),
            Slot(mark(_NAME)),
            type_,
            Slot(escape(resized(picture, PICTURE)).decode(), is_there=True),
            Slot(escape(resized(picture, 2 * PICTURE)).decode(), is_there=True),
            Slot(html_url + mark(_NAME), is_there=True),
        )
        sample = entry(7, HOSTILE, type_, *implied(7, HOSTILE))
        return self._cut_as(slots, sample, [b"7", escape(HOSTILE)])

    def _cut_as(self, slots: Entry, sample: Entry, values: Sequence[bytes]) -> Pieces | None:
        """Return a row with *slots* in it, if with *values* it is what *sample* is drawn as."""
        if not self._cut:
            return None
        try:
            pieces = Pieces(self._templates.cut(ROW, profile=slots))
        except CannotCut:
            return None
        whole = self._templates.draw(ROW, profile=sample).encode()
        return pieces if pieces.fill(values) == whole else None

    def _whole_page(self, listing: Listing, page: int, rows: bytes | memoryview) -> bytes:
        numbers = self._numbers(listing, page)
        digits, texts = [str(n) for n in numbers], [number(n) for n in numbers]
        shown = self._context(listing, page, digits, texts, lambda text: text)
        return self._templates.draw(PAGE, rows=drawn(bytes(rows)), **shown).encode()

    def _cut_frame(self, listing: Listing, page: int) -> Pieces | None:
        """Return any page not at an end of *listing*, to be filled with `_columns` and its rows.

        *page* is one of these.
        """
        if not self._cut:
            return None
        count = len(self._numbers(listing, page))
        marks = [mark(place) for place in range(2 * count)]
        shown = self._context(
            listing, page, marks[:count], marks[count:], lambda text: Slot(text, is_there=True)
        )
        try:
            pieces = Pieces(self._templates.cut(PAGE, rows=Slot(mark(2 * count)), **shown))
        except CannotCut:
            return None
        rows = b"<tr></tr>"
        columns = [*self._columns(listing, range(page, page + 1)), [rows]]
        (filled,) = pieces.fill_all(columns, 1)
        return pieces if filled == self._whole_page(listing, page, rows) else None

    def _numbers(self, listing: Listing, page: int) -> list[int]:
        """Return all that differs between the pages of *listing*, for *page*.

        The page numbers from `AROUND` before it to so many after it, the first and the last user
        shown, and the page of every size that shows the first.
        """
        size = listing.pagination
        first = (page - 1) * size + 1
        last = min(page * size, self._build.users_of(listing.slug))
        same = [same_place(page, size, other) for other in self._build.page_sizes]
        return [*range(page - AROUND, page + AROUND + 1), first, last, *same]

    def _columns(self, listing: Listing, pages: range) -> Sequence[Sequence[bytes]]:
        """Return the `_numbers` of *pages* as in addresses, then as for people, each for all pages.

        But only those that are used: the users shown are in no address, and a page of another size
        is in no text. All at once, as for each by itself it would take as long as the rest.
        """
        count, size = len(pages), listing.pagination
        around = range(pages.start - AROUND, pages.stop + AROUND)
        digits, texts = _digits(around), _texts(around)
        before = range((pages.start - 1) * size, (pages.stop - 1) * size, size)
        return [
            *(digits[place : place + count] for place in range(2 * AROUND + 1)),
            *((), ()),
            *(_digits([n // other + 1 for n in before]) for other in self._build.page_sizes),
            *(texts[place : place + count] for place in range(2 * AROUND + 1)),
            *(_texts([n + 1 for n in before]), _texts([n + size for n in before])),
            *((),) * len(self._build.page_sizes),
        ]

    def _context(
        self,
        listing: Listing,
        page: int,
        digits: Sequence[str],
        texts: Sequence[str],
        slot: Callable[[str], Any],
    ) -> dict[str, object]:
        """Return what `users.html` is given for *page* of *listing*.

        *digits* and *texts* are its `_numbers`, as in addresses and for people; *slot* makes of a
        text with some of these in it what a template is given.
        """
        build, here, this = self._build, self._base_path, AROUND
        pages = build.pages(listing)

        def url(other: Listing, digit: str) -> Any:
            return slot(f"{here}{other.prefix}{digit}.html")

        def near(wanted: int | None) -> PageLink:
            if wanted is None:
                return PageLink()
            place = wanted - page + AROUND
            if not 0 <= place <= 2 * AROUND:
                return PageLink(number(wanted), f"{here}{listing.key(wanted)}")
            is_near = abs(wanted - page) <= 1 or wanted in (1, pages)
            link = None if wanted == page else url(listing, digits[place])
            return PageLink(slot(texts[place]), link, is_near)

        first, last = 2 * AROUND + 1, 2 * AROUND + 2
        sizes = enumerate(build.page_sizes, last + 1)
        of_type = next((one.name for one in build.types if one.slug == listing.slug), None)
        is_home = listing.is_default and page == 1
        return {
            "listing": listing,
            "of_type": of_type,
            "order": ORDER_NAMES[listing.order_by],
            "page": slot(texts[this]),
            "pages": number(pages),
            "first": slot(texts[first]),
            "last": slot(texts[last]),
            "total": number(build.users_of(listing.slug)),
            "url": self._url("")
            if is_home
            else slot(f"{self._origin}{here}{listing.prefix}{digits[this]}.html"),
            "prev": url(listing, digits[this - 1]) if page > 1 else None,
            "next": url(listing, digits[this + 1]) if page < pages else None,
            "window": [near(wanted) for wanted in window(page, pages, AROUND)],
            "sizes": [
                Choice(
                    str(size),
                    url(Listing(listing.order_by, size, listing.slug), digits[place]),
                    size == listing.pagination,
                )
                for place, size in sizes
            ],
            "orders": [
                Choice(
                    ORDER_NAMES[order_by],
                    url(Listing(order_by, listing.pagination, listing.slug), digits[this]),
                    order_by == listing.order_by,
                )
                for order_by in build.orders
                if listing.slug is None or orders_a_type(order_by)
            ],
            "types": [
                Choice(
                    name,
                    here + self._in_type(listing, slug).key(1),
                    slug == listing.slug,
                    number(build.users_of(slug)),
                )
                for name, slug in [("All", None), *((one.name, one.slug) for one in build.types)]
            ],
        }

    def _in_type(self, listing: Listing, slug: str | None) -> Listing:
        """Return the listing like *listing* that has the users of another type."""
        found = Listing(listing.order_by, listing.pagination, slug)
        return found if self._build.has(found) else Listing("id", listing.pagination, slug)


# What the orders are called on pages.
ORDER_NAMES = {"id": "Oldest", "-id": "Newest", "type": "Type", "-type": "Type, reversed"}


def _asset(assets: Mapping[str, SiteFile], name: str) -> str:
    if name not in assets:
        raise BuildError(f"there is no {name} in {STATIC}")
    return assets[name].key


def _escaped(texts: Sequence[str]) -> Sequence[bytes]:
    """Return *texts* escaped: all at once, unless one has what stands between them."""
    found = escape("\n".join(texts)).split(b"\n")
    return found if len(found) == len(texts) else [escape(text) for text in texts]


def _digits(values: Iterable[int]) -> list[bytes]:
    """Return each of *values* in digits."""
    return [b"%d" % value for value in values]


def _texts(values: Iterable[int]) -> list[bytes]:
    """Return each of *values* for people."""
    return "\n".join(numbers(values)).encode().split(b"\n")

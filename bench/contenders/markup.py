"""The pages' markup as a tree in no language, taken from site_templates/.

What is drawn with marks for values is compared with what is drawn where a condition is not met:
what differs becomes a `Test`. Another design's templates are written from the tree, so they say
what ours say, whatever that is. Does no I/O but what reading our templates takes.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from jinja2 import Environment

from generator.render.context import AROUND, PageLink
from generator.render.pages import PAGE, Renderer
from generator.render.rows import ROW
from generator.render.slots import Slot, placeholder
from generator.site import AVATAR_SIZE, Listing, UserRow, resized

# The first of `PageContext.numbers`, in addresses and for people.
_NEAR = ("_", "prev", "page", "next", "_")
# What else is shown: of a user, and of a page number that is offered.
_NAMES = (
    *("rows", "id", "username", "type", "avatar", "avatar_2x", "profile_url"),
    *("number", "number_text"),
)
_MARK = re.compile(f"({placeholder(0)[0]}.)", re.DOTALL)
_TOKEN = re.compile(f"{_MARK.pattern}|<[^>]*>|[^<{placeholder(0)[0]}]+", re.DOTALL)


class Value(NamedTuple):
    """Something to be shown, escaped where it is a text of GitHub's."""

    name: str


class Test(NamedTuple):
    """*yes* is shown where a condition is met, else *no*."""

    name: str
    yes: "Nodes"
    no: "Nodes"


class Each(NamedTuple):
    """*body* is shown for each of the `rows` (users), or of the `numbers` (None: a gap)."""

    name: str
    body: "Nodes"


Node = str | Value | Test | Each
Nodes = tuple[Node, ...]


class Language(NamedTuple):
    """How nodes are written in a language; the last two are given what is inside, written."""

    text: Callable[[str], str]
    value: Callable[[str], str]
    test: Callable[[str, str, str], str]
    each: Callable[[str, str], str]

    def write(self, nodes: Nodes) -> str:
        """Return *nodes* in this language."""
        found = []
        for node in nodes:
            if isinstance(node, str):
                found.append(self.text(node))
            elif isinstance(node, Value):
                found.append(self.value(node.name))
            elif isinstance(node, Test):
                found.append(self.test(node.name, self.write(node.yes), self.write(node.no)))
            else:
                found.append(self.each(node.name, self.write(node.body)))
        return "".join(found)


class Skeleton:
    """The markup of *renderer*'s pages.

    Conditions: `has_prev`, `has_next`; of a user `own` (addresses that id and name do not imply),
    `type=User` and the like, `has_type`, `has_picture`, `has_dense`, `has_address`; of a page
    number `is_gap`, `is_current`, `is_far`. Values: those of `_NAMES`, and the numbers of a page,
    each as digits and, with `_text` behind it, for people.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        digits = [*_NEAR, *(f"same_{n}" for n in range(len(renderer._build.page_sizes)))]
        texts = [f"{name}_text" for name in (*_NEAR, "first", "last")]
        counts = [len(columns) for columns in renderer.context.numbers(Listing(), range(1, 2))]
        assert counts == [len(digits), len(texts)], "a page has other numbers now"
        self._names = [*digits, *texts, *_NAMES]
        self._marks = [placeholder(place) for place in range(len(self._names))]
        self._digits, self._texts = self._marks[: counts[0]], self._marks[counts[0] : sum(counts)]

    def page(self, listing: Listing) -> Nodes:
        """Return any page of *listing*, which has three or more."""
        last = self._renderer._build.page_count(listing)
        assert last > 2, f"{listing} has too few pages"
        here = self._slot("number")
        middle = self._context(listing, 2)
        empty = self._draw(middle, [])
        gap, current, far, near = (
            _added(empty, self._draw(middle, [link]))
            for link in (
                PageLink(),
                PageLink(self._slot("number_text")),
                PageLink(self._slot("number_text"), self._address(listing, "number"), False),
                PageLink(self._slot("number_text"), self._address(listing, "number"), True),
            )
        )
        body = _fork("is_gap", gap, _fork("is_current", current, _fork("is_far", far, near)))
        held = [PageLink(here)]
        place = _added(empty, self._draw(middle, held))
        first, end = self._context(listing, 1), self._context(listing, last)
        whole = _fork(
            "has_prev",
            _fork("has_next", self._draw(middle, held), self._draw(end, held)),
            _fork("has_next", self._draw(first, held), self._draw(first | {"next": None}, held)),
        )
        start = next(n for n in range(len(whole)) if whole[n : n + len(place)] == place)
        each = Each("numbers", self._read(body))
        before, after = whole[:start], whole[start + len(place) :]
        return (*self._read(before), each, *self._read(after))

    def row(self) -> Nodes:
        """Return any user's row."""
        own = _fork("has_address", self._own(True), self._own(False))
        identity, name = self._mark("id"), self._mark("username")
        picture = f"https://avatars.githubusercontent.com/u/{identity}?v=4"
        implied = self._typed(
            Slot(resized(picture, AVATAR_SIZE).replace("&", "&amp;"), is_set=True),
            Slot(resized(picture, 2 * AVATAR_SIZE).replace("&", "&amp;"), is_set=True),
            Slot(f"https://github.com/{name}", is_set=True),
        )
        return self._read(_fork("own", own, implied))

    def _mark(self, name: str) -> str:
        return self._marks[self._names.index(name)]

    def _slot(self, name: str) -> Slot:
        return Slot(self._mark(name), is_set=True)

    def _address(self, listing: Listing, name: str) -> Slot:
        found = "/" + listing.prefix + self._mark(name)
        return Slot(f"{found}.html", is_set=True)

    def _context(self, listing: Listing, page: int) -> dict[str, Any]:
        return self._renderer.context.values(
            listing, page, self._digits, self._texts, lambda text: Slot(text, is_set=True)
        )

    def _draw(self, context: Mapping[str, Any], window: Sequence[PageLink]) -> Nodes:
        shown = {**context, "window": window, "rows": self._slot("rows")}
        return _tokens(self._renderer.templates.draw(PAGE, **shown))

    def _own(self, has_address: bool) -> Nodes:
        """Return the row of any user with addresses that id and name do not imply."""
        picture, dense = self._slot("avatar"), self._slot("avatar_2x")
        address = self._slot("profile_url") if has_address else None
        return _fork(
            "has_picture",
            _fork(
                "has_dense",
                self._typed(picture, dense, address),
                self._typed(picture, None, address),
            ),
            self._typed(None, None, address),
        )

    def _typed(self, *addresses: Slot | None) -> Nodes:
        """Return the row of a user of any type with such addresses."""
        templates = self._renderer.templates
        environment: Environment = templates.environment
        colours = environment.get_template("_types.html").module.colours

        def draw(type_: str) -> Nodes:
            user = UserRow(self._slot("id"), self._slot("username"), type_, *addresses)
            return _tokens(templates.draw(ROW, profile=user))

        found = _fork("has_type", draw(self._mark("type")), draw(""))
        for type_ in filter(None, reversed(colours)):  # the commonest is asked for first
            found = _fork(f"type={type_}", draw(type_), found)
        return found

    def _read(self, nodes: Nodes) -> Nodes:
        """Return *nodes* with values for marks, and what is literal in one piece."""
        found: list[Node] = []
        for node in nodes:
            if isinstance(node, Test):
                found.append(Test(node.name, self._read(node.yes), self._read(node.no)))
                continue
            assert isinstance(node, str)
            for part in filter(None, _MARK.split(node)):
                if part in self._marks:
                    name = self._names[self._marks.index(part)]
                    found.append(Each("rows", self.row()) if name == "rows" else Value(name))
                elif found and isinstance(found[-1], str):
                    found[-1] += part
                else:
                    found.append(part)
        return tuple(found)


def _tokens(markup: str) -> Nodes:
    """Return the tags and texts of *markup*: no branch begins within a tag."""
    return tuple(found[0] for found in _TOKEN.finditer(markup))


def _added(without: Nodes, having: Nodes) -> Nodes:
    """Return what *having* has in one place that *without* has not."""
    pairs = enumerate(zip(without, having, strict=False))
    start = next((n for n, (one, other) in pairs if one != other), 0)
    length = len(having) - len(without)
    assert having[:start] + having[start + length :] == without, "more than one place differs"
    return having[start : start + length]


def _fork(name: str, yes: Nodes, no: Nodes) -> Nodes:
    """Return what is *yes* where the condition *name* is met, else *no*."""
    found: list[Node] = []
    matcher = difflib.SequenceMatcher(None, yes, no, autojunk=False)
    for what, start, stop, other_start, other_stop in matcher.get_opcodes():
        if what == "equal":
            found += yes[start:stop]
        else:
            found.append(Test(name, yes[start:stop], no[other_start:other_stop]))
    return tuple(found)


assert AROUND == 2, "_NUMBERS is made for two pages on either side"

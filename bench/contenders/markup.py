"""The pages' markup as a tree, from which contenders' templates are written in any language.

Pages are drawn from site_templates/ with placeholders for values, once with a condition met and
once without. Where the two differ, the tree has a `Test`. So a contender's templates always make
the same markup as ours. Does no I/O except for reading the templates.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from generator.render.context import AROUND, PageLink
from generator.render.pages import PAGE, Renderer
from generator.render.rows import ROW
from generator.render.slots import Slot, placeholder
from generator.site import AVATAR_SIZE, Listing, UserRow, resized

# The names of the first values of `PageContext.numbers`, in addresses and for people.
_NEAR = ("_", "prev", "page", "next", "_")
# The names of the other values: of a user, and of a link to a page.
_NAMES = (
    *("rows", "id", "username", "type", "initial", "avatar", "avatar_2x", "profile_url"),
    *("number", "number_text"),
)
# Types that `ROW` tests. The last one, the most frequent, is tested first.
TYPES = ("Bot", "Organization", "User")
_MARK = re.compile(f"({placeholder(0)[0]}.)", re.DOTALL)
_TOKEN = re.compile(f"{_MARK.pattern}|<[^>]*>|[^<{placeholder(0)[0]}]+", re.DOTALL)


class Value(NamedTuple):
    """A value to show. GitHub's texts are escaped."""

    name: str


class Test(NamedTuple):
    """A condition: *yes* is shown if it is met, otherwise *no*."""

    name: str
    yes: "Nodes"
    no: "Nodes"


class Each(NamedTuple):
    """A loop: *body* is shown for each of `rows` (users) or `numbers` (None is a gap)."""

    name: str
    body: "Nodes"


Node = str | Value | Test | Each
Nodes = tuple[Node, ...]


class Language(NamedTuple):
    """How each kind of node is written in a template language.

    Attributes:
        text: returns a literal text.
        value: returns what shows a value, given its name.
        test: returns a condition, given its name and both branches as written.
        each: returns a loop, given its name and its body as written.
    """

    text: Callable[[str], str]
    value: Callable[[str], str]
    test: Callable[[str, str, str], str]
    each: Callable[[str, str], str]

    def write(self, nodes: Nodes) -> str:
        """Return *nodes* in this language."""
        written = []
        for node in nodes:
            if isinstance(node, str):
                written.append(self.text(node))
            elif isinstance(node, Value):
                written.append(self.value(node.name))
            elif isinstance(node, Test):
                written.append(self.test(node.name, self.write(node.yes), self.write(node.no)))
            else:
                written.append(self.each(node.name, self.write(node.body)))
        return "".join(written)


class Skeleton:
    """The markup of *renderer*'s pages.

    Conditions of a page are `has_prev` and `has_next`. Conditions of a user are `own` (addresses
    that id and username do not imply), `has_type`, `type=User` and the like, `has_picture`,
    `has_dense` and `has_address`. Conditions of a page number are `is_gap`, `is_current`, `is_far`.

    Values are those of `_NAMES` and the numbers of a page: each as digits, and for people with
    `_text` after its name.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        digits = [*_NEAR, *(f"same_{n}" for n in range(len(renderer._build.page_sizes)))]
        texts = [f"{name}_text" for name in (*_NEAR, "first", "last")]
        counts = [len(columns) for columns in renderer.context.numbers(Listing(), range(1, 2))]
        assert counts == [len(digits), len(texts)], "PageContext.numbers has changed"
        self._names = [*digits, *texts, *_NAMES]
        self._marks = [placeholder(place) for place in range(len(self._names))]
        self._digits, self._texts = self._marks[: counts[0]], self._marks[counts[0] : sum(counts)]

    def page(self, listing: Listing) -> Nodes:
        """Return the markup of any page of *listing*, which has at least three pages."""
        last = self._renderer._build.page_count(listing)
        assert last > 2, f"{listing} has too few pages"
        current_number = self._slot("number")
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
        window = [PageLink(current_number)]
        place = _added(empty, self._draw(middle, window))
        first, end = self._context(listing, 1), self._context(listing, last)
        whole = _fork(
            "has_prev",
            _fork("has_next", self._draw(middle, window), self._draw(end, window)),
            _fork(
                "has_next", self._draw(first, window), self._draw(first | {"next": None}, window)
            ),
        )
        start = next(n for n in range(len(whole)) if whole[n : n + len(place)] == place)
        each = Each("numbers", self._read(body))
        before, after = whole[:start], whole[start + len(place) :]
        return (*self._read(before), each, *self._read(after))

    def row(self) -> Nodes:
        """Return the markup of any user's row."""
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
        return Slot(f"/{listing.prefix}{self._mark(name)}.html", is_set=True)

    def _context(self, listing: Listing, page: int) -> dict[str, Any]:
        return self._renderer.context.values(
            listing, page, self._digits, self._texts, lambda text: Slot(text, is_set=True)
        )

    def _draw(self, context: Mapping[str, Any], window: Sequence[PageLink]) -> Nodes:
        shown = {**context, "window": window, "rows": self._slot("rows")}
        return _tokens(self._renderer.templates.draw(PAGE, **shown))

    def _own(self, has_address: bool) -> Nodes:
        """Return the row of any user with addresses that id and username do not imply."""
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
        """Return the row of a user of any type with these addresses."""

        def draw(type_: str) -> Nodes:
            texts = self._slot("id"), self._slot("username"), type_
            user = UserRow(*texts, *addresses, self._slot("initial"))
            return _tokens(self._renderer.templates.draw(ROW, profile=user))

        row = _fork("has_type", draw(self._mark("type")), draw(""))
        for type_ in TYPES:
            row = _fork(f"type={type_}", draw(type_), row)
        return row

    def _read(self, nodes: Nodes) -> Nodes:
        """Return *nodes* with values for placeholders, and neighbouring literals joined."""
        joined: list[Node] = []
        for node in nodes:
            if isinstance(node, Test):
                joined.append(Test(node.name, self._read(node.yes), self._read(node.no)))
                continue
            assert isinstance(node, str)
            for part in filter(None, _MARK.split(node)):
                if part in self._marks:
                    name = self._names[self._marks.index(part)]
                    joined.append(Each("rows", self.row()) if name == "rows" else Value(name))
                elif joined and isinstance(joined[-1], str):
                    joined[-1] += part
                else:
                    joined.append(part)
        return tuple(joined)


def _tokens(markup: str) -> Nodes:
    """Return the tags and texts of *markup*, so that no branch begins within a tag."""
    return tuple(found[0] for found in _TOKEN.finditer(markup))


def _added(shorter: Nodes, longer: Nodes) -> Nodes:
    """Return the nodes that *longer* has in one place, and *shorter* has not."""
    pairs = enumerate(zip(shorter, longer, strict=False))
    start = next((number for number, (left, right) in pairs if left != right), 0)
    length = len(longer) - len(shorter)
    assert longer[:start] + longer[start + length :] == shorter, "more than one place differs"
    return longer[start : start + length]


def _fork(name: str, yes: Nodes, no: Nodes) -> Nodes:
    """Return *yes* and *no* as one: where they differ, there is a test of the condition *name*."""
    nodes: list[Node] = []
    matcher = difflib.SequenceMatcher(None, yes, no, autojunk=False)
    for difference, start, stop, no_start, no_stop in matcher.get_opcodes():
        if difference == "equal":
            nodes += yes[start:stop]
        else:
            nodes.append(Test(name, yes[start:stop], no[no_start:no_stop]))
    return tuple(nodes)


assert AROUND == 2, "_NUMBERS is made for two pages on either side"

"""Users as table rows, from the template `_user_row.html`.

A row that the template draws the same way for many users is drawn once, as literals with slots
(`slots.py`), and filled in for each. Whatever cannot be is drawn by Jinja2, to the same bytes.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise
from operator import mod

from function.contract import Profile, implied_urls
from function.database import Directory
from function.statements import Row
from generator.reading import Columns
from generator.render.slots import NotSlottable, Slot, SlotTemplate, placeholder
from generator.render.templates import Templates, escape
from generator.site import AVATAR_SIZE, UserRow, resized, user_row

ROW = "_user_row.html"

# What a template that does more than show it would not draw like any other.
HOSTILE = "<&>\"'%s%%{0}\\"
# The values of a row, in the order that pieces are filled with.
_IDENTITY, _NAME, _AVATAR, _AVATAR_2X, _PROFILE_URL = range(5)


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

    def slices(self, start: int, size: int, count: int) -> Iterator[memoryview]:
        """Yield the rows from number *start* on, *size* at a time, so many times.

        Both are multiples of the rows in a group.
        """
        last, first, by = len(self._bounds) - 1, start // self._step, size // self._step
        ends = [self._bounds[min(first + by * part, last)] for part in range(count + 1)]
        return (self._markup[begin:end] for begin, end in pairwise(ends))


class RowRenderer:
    """Draws users as table rows.

    Args:
        templates: where the row's is.
        use_slots: whether to draw from literals and slots; if not, Jinja2 draws every row.
    """

    def __init__(self, templates: Templates, *, use_slots: bool) -> None:
        self._templates, self._use_slots = templates, use_slots
        self._row_pieces: dict[object, SlotTemplate | None] = {}
        self._implied: dict[str, SlotTemplate | None] = {}

    def rows(self, directory: Directory, users: Columns, step: int = 1) -> Rows:
        """Return *users* of *directory* as table rows, to be shown by pages of every size.

        *step* of them are drawn as one: pages begin and end at multiples of it.
        """
        types, columns = users.types, (users.ids, _escaped(users.usernames))
        kinds = {
            flagged: self._implied_row(directory, users.row(types.index(flagged)))
            for flagged in {*types}
        }
        usual = next(filter(None, kinds.values()), SlotTemplate(""))
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
        addresses = directory.explicit_urls(rows)
        for row in rows:
            identity, _, username = row
            urls = addresses.get(identity) or implied_urls(identity, username)
            yield self.row(Profile(identity, username, directory.type_names[row[1] >> 1], *urls))

    def row(self, profile: Profile) -> bytes:
        """Return *profile* as a table row."""
        user = user_row(*profile)
        shape = user.type, user.avatar is None, user.avatar_2x is None, user.profile_url is None
        if shape not in self._row_pieces:
            self._row_pieces[shape] = self._slotted_row(user)
        if pieces := self._row_pieces[shape]:
            texts = (user.username, *user[3:])
            return pieces.fill((b"%d" % user.id, *(escape(text or "") for text in texts)))
        return self._templates.draw(ROW, profile=user).encode()

    def _slotted_row(self, like: UserRow) -> SlotTemplate | None:
        """Return the row of any user of the shape that *like* has; None if it has no slots."""
        slots = UserRow(
            Slot(placeholder(_IDENTITY)),
            Slot(placeholder(_NAME)),
            like.type,
            *(
                value and Slot(placeholder(place), is_there=True)
                for place, value in enumerate(like[3:], _AVATAR)
            ),
        )
        sample = UserRow(7, HOSTILE, like.type, *(value and HOSTILE for value in like[3:]))
        return self._slotted_as(slots, sample, [b"7", *[escape(HOSTILE)] * 4])

    def _implied_row(self, directory: Directory, row: Row) -> SlotTemplate | None:
        """Return what the id and the name of any user like *row* make a table row of, if anything.

        There is nothing for those that have addresses of their own.
        """
        if directory.explicit_urls([row]):
            return None
        type_ = directory.type_names[row[1] >> 1]
        if type_ not in self._implied:
            self._implied[type_] = self._slotted_implied(type_)
        return self._implied[type_]

    def _slotted_implied(self, type_: str) -> SlotTemplate | None:
        """Return the row of any user of *type_* whose addresses id and username imply."""
        avatar_url, html_url = implied_urls(0, "")
        picture = avatar_url.replace("/0?", f"/{placeholder(_IDENTITY)}?")
        slots = UserRow(
            Slot(placeholder(_IDENTITY)),
            Slot(placeholder(_NAME)),
            type_,
            Slot(escape(resized(picture, AVATAR_SIZE)).decode(), is_there=True),
            Slot(escape(resized(picture, 2 * AVATAR_SIZE)).decode(), is_there=True),
            Slot(html_url + placeholder(_NAME), is_there=True),
        )
        sample = user_row(7, HOSTILE, type_, *implied_urls(7, HOSTILE))
        return self._slotted_as(slots, sample, [b"7", escape(HOSTILE)])

    def _slotted_as(
        self, slots: UserRow, sample: UserRow, values: Sequence[bytes]
    ) -> SlotTemplate | None:
        """Return a row with *slots* in it, if with *values* it is what *sample* is drawn as."""
        if not self._use_slots:
            return None
        try:
            pieces = SlotTemplate(self._templates.compile_slots(ROW, profile=slots))
        except NotSlottable:
            return None
        whole = self._templates.draw(ROW, profile=sample).encode()
        return pieces if pieces.fill(values) == whole else None


def _escaped(texts: Sequence[str]) -> Sequence[bytes]:
    """Return *texts* escaped: all at once, unless one has what stands between them."""
    found = escape("\n".join(texts)).split(b"\n")
    return found if len(found) == len(texts) else [escape(text) for text in texts]

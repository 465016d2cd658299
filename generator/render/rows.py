"""Users as table rows, drawn from the template `_user_row.html`."""

from collections.abc import Sequence
from functools import partial
from operator import mod

from function.contract import Profile, implied_urls
from function.database import Directory
from generator.reading import Columns
from generator.render.slots import HOSTILE, SHORT, Slot, SlotTemplate, compile_slots, placeholder
from generator.render.templates import Templates, escape
from generator.site import AVATAR_SIZE, UserRow, resized, user_row

ROW = "_user_row.html"
# The numbers of a row's values. Three are all, if the addresses follow from id and username.
_ID, _USERNAME, _INITIAL, _AVATAR, _AVATAR_2X, _PROFILE_URL = range(6)


class RowRenderer:
    """Draws users as table rows.

    Args:
        templates: where the row's template is.
        use_slots: whether to use the fast path; if not, Jinja2 draws every row.
    """

    def __init__(self, templates: Templates, *, use_slots: bool) -> None:
        self._templates, self._use_slots = templates, use_slots
        self._by_shape: dict[object, SlotTemplate | None] = {}
        self._by_type: dict[str, SlotTemplate | None] = {}

    def rows(self, directory: Directory, users: Columns) -> list[bytes]:
        """Return a row for each of *users* of *directory*, in their order."""
        types = users.types
        formats, slots = self._formats(directory, {*types})
        initials = [name[:1] for name in users.usernames]
        columns = users.ids, _escape_all(users.usernames), _escape_all(initials)
        rows = [b""] * len(types)
        if formats:
            # A format that shows nothing of the values: these rows are drawn below.
            skip = b"%.0b" * len(slots)
            values = zip(*(columns[slot] for slot in slots), strict=True)
            rows = [*map(mod, (formats.get(code, skip) for code in types), values)]
        places = [place for place, code in enumerate(types) if code not in formats]
        profiles = directory.profiles([users.row(place) for place in places])
        for place, profile in zip(places, profiles, strict=True):
            rows[place] = self.row(profile)
        return rows

    def row(self, profile: Profile) -> bytes:
        """Return *profile* as a table row."""
        user = user_row(*profile)
        shape = user.type, user.avatar is None, user.avatar_2x is None, user.profile_url is None
        if shape not in self._by_shape:
            self._by_shape[shape] = self._compile_shape(user)
        if template := self._by_shape[shape]:
            texts = (user.username, user.initial, user.avatar, user.avatar_2x, user.profile_url)
            return template.fill((b"%d" % user.id, *(escape(text or "") for text in texts)))
        return self._templates.draw(ROW, profile=user).encode()

    def _formats(
        self, directory: Directory, codes: set[int]
    ) -> tuple[dict[int, bytes], tuple[int, ...]]:
        """Return the `SlotTemplate.format` of users' rows, by their types' *codes*; and its slots.

        Users with explicit URLs have none. All formats have the same slots.
        """
        formats: dict[int, bytes] = {}
        slots: tuple[int, ...] = ()
        for code in sorted(codes):
            if code & 1:  # explicit URLs: see SCHEMA in function/contract.py
                continue
            type_ = directory.type_names[code >> 1]
            if type_ not in self._by_type:
                self._by_type[type_] = self._compile_type(type_)
            template = self._by_type[type_]
            if template and template.slots and template.slots == (slots or template.slots):
                formats[code], slots = template.format, template.slots
        return formats, slots

    def _compile_type(self, type_: str) -> SlotTemplate | None:
        """Return the row of any user of *type_* whose addresses follow from id and username."""
        avatar_url, html_url = implied_urls(0, "")
        avatar = avatar_url.replace("/0?", f"/{placeholder(_ID)}?")
        slotted = UserRow(
            Slot(placeholder(_ID)),
            Slot(placeholder(_USERNAME)),
            type_,
            Slot(escape(resized(avatar, AVATAR_SIZE)).decode(), is_set=True),
            Slot(escape(resized(avatar, 2 * AVATAR_SIZE)).decode(), is_set=True),
            Slot(html_url + placeholder(_USERNAME), is_set=True),
            Slot(placeholder(_INITIAL)),
        )
        samples = [
            user_row(identity, text, type_, *implied_urls(identity, text))
            for identity, text in ((7, SHORT), (2**62, HOSTILE))
        ]
        return self._compile(slotted, samples)

    def _compile_shape(self, like: UserRow) -> SlotTemplate | None:
        """Return the row of any user with the type of *like* and the same addresses set."""
        slotted = UserRow(
            Slot(placeholder(_ID)),
            Slot(placeholder(_USERNAME)),
            like.type,
            like.avatar and Slot(placeholder(_AVATAR), is_set=True),
            like.avatar_2x and Slot(placeholder(_AVATAR_2X), is_set=True),
            like.profile_url and Slot(placeholder(_PROFILE_URL), is_set=True),
            Slot(placeholder(_INITIAL)),
        )
        addresses = like.avatar, like.avatar_2x, like.profile_url
        samples = []
        for identity, text in ((7, SHORT), (2**62, HOSTILE)):
            avatar, avatar_2x, profile_url = (address and text for address in addresses)
            samples.append(UserRow(identity, text, like.type, avatar, avatar_2x, profile_url, text))
        return self._compile(slotted, samples)

    def _compile(self, slotted: UserRow, samples: Sequence[UserRow]) -> SlotTemplate | None:
        if not self._use_slots:
            return None
        values = [
            (
                b"%d" % user.id,
                escape(user.username),
                escape(user.initial),
                *[escape(user.username)] * 3,
            )
            for user in samples
        ]
        draw = partial(self._templates.draw, ROW)
        arguments = ({"profile": user} for user in samples)
        return compile_slots(draw, {"profile": slotted}, zip(arguments, values, strict=True))


def _escape_all(texts: Sequence[str]) -> Sequence[bytes]:
    """Return each of *texts* escaped."""
    # One call for all takes a third of the time. It fails if a text has a newline.
    escaped = escape("\n".join(texts)).split(b"\n")
    return escaped if len(escaped) == len(texts) else [escape(text) for text in texts]

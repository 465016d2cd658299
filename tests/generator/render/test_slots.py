import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render.slots import NotSlottable, Slot, SlotTemplate, placeholder


@given(st.lists(st.integers(0, 4) | st.text(st.characters(exclude_categories=["Cs", "Co"]))))
def test_pieces_are_filled_where_the_marks_were(parts):
    values = [b"a", b"%s", b"{0}", b"", b"\xc3\xbc"]
    markup = "".join(placeholder(part) if isinstance(part, int) else part for part in parts)
    expected = b"".join(values[part] if isinstance(part, int) else part.encode() for part in parts)
    pieces = SlotTemplate(markup)
    assert pieces.fill(values) == expected
    two = pieces.fill_all([(value, value * 2) for value in values], 2)
    assert [*two] == [expected, pieces.fill([value * 2 for value in values])]


@pytest.mark.parametrize("text", ["\ue000", "\ue000x", "a\ue000"])
def test_text_that_has_marks_of_its_own_is_not_cut(text):
    with pytest.raises(NotSlottable):
        SlotTemplate(text)


@pytest.mark.parametrize(
    "look", [str, repr, bool, hash, format, lambda x: x == 1, lambda x: x != 1]
)
def test_a_slot_can_only_be_shown(look):
    with pytest.raises(NotSlottable):
        look(Slot(placeholder(0)))


def test_a_slot_that_is_there_may_be_asked_for_that():
    assert Slot(placeholder(0), is_there=True)

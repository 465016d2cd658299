from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import BuildError
from generator.render.slots import (
    NotSlottable,
    Slot,
    SlotTemplate,
    compile_slots,
    contains_slot,
    placeholder,
)


@given(st.lists(st.integers(0, 4) | st.text(st.characters(exclude_categories=["Cs", "Co"]))))
def test_values_are_filled_in_where_the_placeholders_were(parts):
    values = [b"a", b"%s", b"{0}", b"", b"\xc3\xbc"]
    markup = "".join(placeholder(part) if isinstance(part, int) else part for part in parts)
    expected = b"".join(values[part] if isinstance(part, int) else part.encode() for part in parts)
    template = SlotTemplate(markup)
    assert template.fill(values) == expected
    assert template.format % tuple(values[slot] for slot in template.slots) == expected
    twice = template.fill_all([(value, value * 2) for value in values], 2)
    assert [*twice] == [expected, template.fill([value * 2 for value in values])]


@pytest.mark.parametrize("text", ["\ue000", "\ue000x", "a\ue000"])
def test_text_with_the_characters_of_placeholders_is_refused(text):
    with pytest.raises(NotSlottable):
        SlotTemplate(text)


@pytest.mark.parametrize(
    "use",
    [
        *(str, repr, bool, hash, format, int, float),
        pytest.param(lambda slot: slot == 1, id="equal"),
        pytest.param(lambda slot: slot != 1, id="not equal"),
        pytest.param(lambda slot: slot in ["mojombo"], id="in a list"),
    ],
)
def test_a_slot_refuses_all_but_being_shown(use):
    with pytest.raises(NotSlottable):
        use(Slot(placeholder(0)))


def test_a_slot_that_is_set_is_true():
    assert Slot(placeholder(0), is_set=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Slot(""), True),
        (f"a{placeholder(0)}", True),
        ([1, ("x", {"key": Slot("")})], True),
        ({Ellipsis: [placeholder(0)]}, True),
        ("a", False),
        ([1, ("x", {"key": None})], False),
    ],
)
def test_slots_are_found_in_texts_and_in_lists_of_lists(value, expected):
    assert contains_slot(value) is expected


def draw(template, name):
    return template(name)


def shown(name):
    return f"<b>{name.__html__() if isinstance(name, Slot) else name}</b>"


@pytest.mark.parametrize(
    ("template", "is_slottable"),
    [
        pytest.param(shown, True, id="shows the value"),
        pytest.param(lambda name: shown(name) + str(isinstance(name, Slot)), False, id="differs"),
        pytest.param(lambda name: f"{name}", False, id="does more"),
        pytest.param(lambda name: "\ue000", False, id="has a placeholder's character"),
    ],
)
def test_only_what_equals_every_sample_is_filled_in(template, is_slottable):
    samples = [({"name": text}, [text.encode()]) for text in ("a", "b" * 300)]
    slotted = {"name": Slot(placeholder(0))}
    compiled = compile_slots(partial(draw, template), slotted, samples)
    assert (compiled.fill([b"c"]) if compiled else None) == (b"<b>c</b>" if is_slottable else None)


def test_a_template_that_cannot_be_drawn_at_all_is_an_error():
    def fail(name):
        if isinstance(name, Slot):
            return name.__html__()
        raise BuildError("line 1 is wrong")

    with pytest.raises(BuildError, match="line 1"):
        compile_slots(fail, {"name": Slot(placeholder(0))}, [({"name": "a"}, [b"a"])])

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.contract import count_pages, fold
from function.errors import shorten


@pytest.mark.parametrize(
    ("total", "pagination", "count"), [(0, 25, 0), (1, 25, 1), (25, 25, 1), (26, 25, 2)]
)
def test_pages_hold_every_row_and_none_is_empty(total, pagination, count):
    assert count_pages(total, pagination) == count


@given(st.text())
def test_only_ascii_letters_are_folded(text):
    assert fold(text) == "".join(c.lower() if c.isascii() else c for c in text)


def test_a_long_text_is_shortened_and_escaped_for_a_message():
    assert shorten("a\n" * 5000) == repr(("a\n" * 20)[:39] + "…")

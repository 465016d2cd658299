from hypothesis import given
from hypothesis import strategies as st

from generator.site import corresponding_page, window

sizes = st.integers(1, 100)


@given(page=st.integers(1, 10**6), size=sizes, other=sizes)
def test_corresponding_page_has_the_same_first_user(page, size, other):
    first = (page - 1) * size
    assert first // other + 1 == corresponding_page(page, size, other)


@given(last=st.integers(1, 200), data=st.data())
def test_window_has_the_ends_the_page_and_its_neighbours(last, data):
    page = data.draw(st.integers(1, last))
    shown = window(page, last)
    numbers = [number for number in shown if number is not None]
    assert numbers == sorted(set(numbers))
    assert {1, last, page} <= set(numbers) <= set(range(1, last + 1))
    assert set(range(max(1, page - 2), min(last, page + 2) + 1)) <= set(numbers)
    assert len(shown) <= 9
    for before, gap, after in zip(shown, shown[1:], shown[2:], strict=False):
        if gap is None:
            assert after - before > 2

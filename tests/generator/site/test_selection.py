import pytest

from function.errors import one_of
from function.query import ORDERS
from generator.site import choose_types, listed_types, parse_orders, parse_page_sizes


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("10,25,50,100", (10, 25, 50, 100)),
        ("100, 10", (10, 25, 100)),
        ("7", (7, 25)),
        ("1-100", tuple(range(1, 101))),
        ("1-3,25", (1, 2, 3, 25)),
    ],
)
def test_page_sizes_are_ascending_and_include_25(text, sizes):
    assert parse_page_sizes(text) == sizes


@pytest.mark.parametrize("text", ["", "0", "101", "x", "10,", "5-3", "1-1000", "-5", "1.5", "٣"])
def test_invalid_page_size_is_an_error_with_the_allowed_range(text):
    with pytest.raises(ValueError, match="numbers from 1 to 100"):
        parse_page_sizes(text)


def test_orders_begin_with_id():
    assert parse_orders("type") == parse_orders("id,type") == ("id", "type")
    assert parse_orders("-id, type") == ("id", "-id", "type")
    assert parse_orders("id") == ("id",)


def test_unknown_order_is_an_error_with_the_allowed_orders():
    with pytest.raises(ValueError, match=f"{one_of(ORDERS)}; 'name' is not one"):
        parse_orders("id,name")


TYPES = listed_types({f"T{number}": 100 - number for number in range(20)})


@pytest.mark.parametrize(
    ("text", "types"),
    [
        pytest.param("none", (), id="none"),
        pytest.param("all", TYPES[:8], id="all is the eight largest"),
        pytest.param("t3, T1", (TYPES[1], TYPES[3]), id="names in any case and order"),
    ],
)
def test_types_are_chosen_by_name(text, types):
    assert choose_types(text, TYPES) == types


def test_type_without_users_is_an_error_with_the_largest_types():
    with pytest.raises(ValueError, match="no users of the type 'cat'; there is 'T0', 'T1'"):
        choose_types("Cat", TYPES)

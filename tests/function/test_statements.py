from hypothesis import given
from hypothesis import strategies as st

from function.index import ALL_TYPES
from function.query import ORDERS
from function.statements import UserList, anchor_statement, slice_statement, slices


def user_list(
    total=100, *, term="", type_group=ALL_TYPES, match=None, is_precise=False, exact_id=None
):
    return UserList(term, type_group, 7, total, match, is_precise, exact_id)


@given(
    totals=st.lists(st.integers(0, 9), max_size=5),
    start=st.integers(0, 50),
    count=st.integers(0, 50),
    order_by=st.sampled_from(ORDERS),
)
def test_slices_are_the_users_of_the_joined_lists(totals, start, count, order_by):
    lists = [user_list(total) for total in totals]
    joined = [(users, n) for users in lists for n in range(users.total)]
    expected = joined[::-1] if order_by.startswith("-") else joined
    users = [
        (users, first + n)
        for users, first, size in slices(lists, start, start + count, order_by)
        for n in range(size)
    ]
    assert (users[::-1] if order_by.startswith("-") else users) == expected[start : start + count]


def test_a_slice_names_no_list_without_users():
    assert [*slices([user_list(0), user_list(2)], 0, 9, "id")] == [(user_list(2), 0, 2)]


def test_an_anchor_is_read_from_its_row_and_place():
    statement = anchor_statement(list_number=3, anchor=256 + 2, id_bytes=4)
    assert statement.values == [4 * 2 + 1, 4, 3, 1]


def test_a_precise_posting_list_needs_no_test_of_its_users():
    users = user_list(term="ann", type_group=1, match='"ann"', is_precise=True)
    sql, values = slice_statement(users, [1], 50, 3, 25)
    assert "instr(" not in sql
    assert values == ['"ann"', 50, 25, 3]


def test_users_of_an_imprecise_list_are_tested_for_type_and_term():
    users = user_list(term="ann", type_group=2, match='"an"')
    sql, values = slice_statement(users, [2, 5], 50, 3, 25)
    assert "u.type IN (4, 5, 10, 11) AND instr(lower(u.username), ?)" in sql
    assert values == ['"an"', 50, "ann", 25, 3]


def test_users_of_a_list_without_a_posting_list_are_read_by_id():
    sql, values = slice_statement(user_list(), [], 50, 3, 25)
    assert "grams" not in sql
    assert values == [50, 25, 3]

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.errors import InvalidParameter, one_of
from function.query import MAX_NUMBER, ORDERS, PARAMETERS, ProfileQuery, parse_query


def parse(query):
    return parse_query(parse_qsl(query, keep_blank_values=True))


@pytest.mark.parametrize(
    ("query", "parsed"),
    [
        pytest.param("", ProfileQuery(), id="defaults"),
        pytest.param(
            "username=jo&order_by=type&pagination=10&page=2",
            ProfileQuery(page=2, pagination=10, order_by="type", username="jo"),
            id="several parameters",
        ),
        pytest.param("id=7&type=Bot", ProfileQuery(id=7, type="Bot"), id="id and type"),
        pytest.param("page=&username=&id=", ProfileQuery(), id="empty values"),
        pytest.param("page=2&page=3", ProfileQuery(page=3), id="repeated"),
        pytest.param("page=2&page=", ProfileQuery(), id="repeated, the last one empty"),
        pytest.param("per_page=7&Page=9&x", ProfileQuery(), id="unknown parameters"),
        pytest.param("pagination=100", ProfileQuery(pagination=100), id="the largest page size"),
        pytest.param("page=0002", ProfileQuery(page=2), id="leading zeros"),
        pytest.param("id=0", ProfileQuery(id=0), id="the smallest id"),
        pytest.param(f"id={MAX_NUMBER}", ProfileQuery(id=MAX_NUMBER), id="the largest id"),
        pytest.param(f"page={'0' * 5000}7", ProfileQuery(page=7), id="many zeros"),
        pytest.param(f"page={10**18}", ProfileQuery(page=10**18), id="a page past the end"),
        pytest.param("username=%25_%27", ProfileQuery(username="%_'"), id="SQL wildcards"),
    ],
)
def test_a_query_string_is_parsed(query, parsed):
    assert parse(query) == parsed


@pytest.mark.parametrize(
    ("value", "term"),
    [
        *[(value, "anna") for value in (" anna ", "@anna", " @anna", "@ anna", "\n@\tanna\xa0")],
        *[(value, None) for value in ("", " ", "@", " @ ", "@\r\n")],
        *[("@@anna", "@anna"), ("an@ na", "an@ na"), ("anna@", "anna@"), ("Anna", "Anna")],
    ],
)
def test_blanks_around_a_term_and_one_at_sign_before_it_do_not_count(value, term):
    assert parse_query([("username", value)]) == ProfileQuery(username=term)


def test_a_repeated_term_of_blanks_alone_is_absent():
    assert parse("username=anna&username=%20%40") == ProfileQuery()


@pytest.mark.parametrize(
    "value", ["0", "-1", "+1", "1.0", "1e3", "x", " 1", "1_0", "٣", str(2**63)]
)
@pytest.mark.parametrize("name", ["page", "pagination"])
def test_a_value_that_is_no_positive_number_is_an_error_that_names_the_parameter(name, value):
    with pytest.raises(InvalidParameter, match=f"{name} must be a whole number from 1") as error:
        parse_query([(name, value)])
    assert error.value.name == name


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("pagination", "101", "from 1 to 100, not '101'"),
        ("id", "-1", "from 0 to 9223372036854775807, not '-1'"),
        ("id", str(2**63), f"from 0 to {MAX_NUMBER}, not '9223372036854775808'"),
        ("id", f"1{'0' * 30}", f"from 0 to {MAX_NUMBER}, not '1000"),
        ("order_by", "name", f"{one_of(ORDERS)}, not 'name'"),
        ("order_by", "ID", f"{one_of(ORDERS)}, not 'ID'"),
        ("page", "y" * 5000, "not 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…'"),
    ],
)
def test_an_error_says_which_values_are_allowed_and_which_was_given(name, value, allowed):
    with pytest.raises(InvalidParameter, match=allowed):
        parse_query([(name, value)])


texts = st.text("@ a\n", min_size=1) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    st.builds(
        ProfileQuery,
        page=st.integers(1, 10**18),
        pagination=st.integers(1, 100),
        order_by=st.sampled_from(ORDERS),
        username=st.none() | texts.map(lambda text: parse_query([("username", text)]).username),
        id=st.none() | st.integers(0, MAX_NUMBER),
        type=st.none() | texts,
    )
)
def test_an_encoded_query_is_parsed_to_the_same_query(query):
    assert parse(query.encode()) == query


def test_every_field_of_a_query_is_a_parameter():
    assert set(PARAMETERS) == set(ProfileQuery._fields)

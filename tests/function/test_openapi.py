import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.answer import answer_profiles
from function.contract import Profile
from function.errors import InvalidParameter
from function.query import PARAMETERS, ProfileQuery, parse_query
from tests.function.described import DOCUMENT, assert_described

GET = DOCUMENT["paths"]["/api/users/profiles"]["get"]
SCHEMAS = {parameter["name"]: parameter["schema"] for parameter in GET["parameters"]}


def test_the_description_has_all_parameters_with_their_defaults():
    assert tuple(SCHEMAS) == PARAMETERS
    for parameter in GET["parameters"]:
        assert parameter["in"] == "query"
        assert "required" not in parameter
        assert parameter["allowEmptyValue"] is True
    for name, schema in SCHEMAS.items():
        assert schema.get("default") == getattr(ProfileQuery(), name)


numbers = st.integers(-5, 2**63 + 5) | st.sampled_from([0, 1, 100, 101, 2**63 - 1, 2**63, 2**64])


@given(st.sampled_from(["page", "pagination", "id"]), numbers)
def test_a_number_is_allowed_if_the_description_allows_it(name, value):
    schema = SCHEMAS[name]
    allowed = schema["minimum"] <= value <= schema["maximum"]
    assert is_allowed(name, str(value)) is allowed


@given(st.text(min_size=1, max_size=5) | st.sampled_from(["id", "-id", "type", "-type", "ID"]))
def test_an_order_is_allowed_if_the_description_allows_it(value):
    assert is_allowed("order_by", value) is (value in SCHEMAS["order_by"]["enum"])


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_empty_value_is_allowed_and_counts_as_absent(name):
    assert parse_query([(name, "")]) == ProfileQuery()


def is_allowed(name, value):
    try:
        parse_query([(name, value)])
    except InvalidParameter:
        return False
    return True


@pytest.mark.parametrize(
    ("pairs", "schema"),
    [
        pytest.param([], "Page", id="first page"),
        pytest.param([("page", "9")], "Page", id="past the end"),
        pytest.param([("username", "nobody has this")], "Page", id="no match"),
        pytest.param([("username", "mojombo")], "Page", id="exact name"),
        pytest.param([("page", "x")], "Error", id="bad value"),
    ],
)
def test_answers_have_the_members_that_the_description_has(directory, pairs, schema):
    assert_described(json.loads(answer_profiles(directory, pairs).body), schema)


def test_the_description_has_the_fields_of_a_profile_in_order():
    assert tuple(DOCUMENT["components"]["schemas"]["Profile"]["properties"]) == Profile._fields


def test_the_description_says_its_licence_and_that_nobody_logs_in():
    assert DOCUMENT["info"]["license"]["identifier"] == "MIT"
    assert DOCUMENT["security"] == []

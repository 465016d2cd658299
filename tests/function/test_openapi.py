import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.answer import answer_profiles
from function.contract import Profile
from function.errors import InvalidParameter
from function.openapi import document
from function.query import PARAMETERS, ProfileQuery, parse_query

DOCUMENT = json.loads(document())
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


numbers = st.integers(-5, 2**64 + 5) | st.sampled_from([0, 1, 100, 101, 2**64 - 1, 2**64])


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
    answer = json.loads(answer_profiles(directory, pairs).body)
    described = DOCUMENT["components"]["schemas"][schema]
    assert set(described["required"]) <= set(answer) <= set(described["properties"])
    for name, value in answer.items():
        assert_fits(described["properties"][name], value)


def assert_fits(schema, value):
    """Assert that *value* has the types and the members that *schema* describes."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        a_profile, null = schema["anyOf"]
        return assert_fits(null if value is None else a_profile, value)
    types = {"string": str, "integer": int, "array": list, "object": dict, "null": type(None)}
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert isinstance(value, tuple(types[name] for name in allowed))
    if isinstance(value, list):
        for item in value:
            assert_fits(schema["items"], item)
    if isinstance(value, dict):
        assert list(value) == schema["required"] == list(schema["properties"])
        for name, member in value.items():
            assert_fits(schema["properties"][name], member)


def test_the_description_has_the_fields_of_a_profile_in_order():
    assert tuple(DOCUMENT["components"]["schemas"]["Profile"]["properties"]) == Profile._fields


def test_the_description_says_its_licence_and_that_nobody_logs_in():
    assert DOCUMENT["info"]["license"]["identifier"] == "MIT"
    assert DOCUMENT["security"] == []

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
SCHEMAS = {one["name"]: one["schema"] for one in GET["parameters"]}


def test_it_describes_the_parameters_that_there_are_with_their_defaults():
    assert tuple(SCHEMAS) == PARAMETERS
    assert all(one["in"] == "query" and "required" not in one for one in GET["parameters"])
    for name, schema in SCHEMAS.items():
        assert schema.get("default") == getattr(ProfileQuery(), name)


numbers = st.integers(-5, 2**64 + 5) | st.sampled_from([0, 1, 100, 101, 2**64 - 1, 2**64])


@given(st.sampled_from(["page", "pagination", "id"]), numbers)
def test_a_number_is_taken_if_the_description_says_so(name, value):
    schema = SCHEMAS[name]
    allowed = schema["minimum"] <= value <= schema["maximum"]
    assert takes(name, str(value)) is allowed


@given(st.text(max_size=5) | st.sampled_from(["id", "-id", "type", "-type", "ID"]))
def test_an_order_is_taken_if_the_description_says_so(value):
    assert takes("order_by", value) is (value in SCHEMAS["order_by"]["enum"] or not value)


def takes(name, value):
    try:
        parse_query([(name, value)])
    except InvalidParameter:
        return False
    return True


@pytest.mark.parametrize(
    ("pairs", "schema"),
    [
        ([], "Page"),
        ([("page", "9")], "Page"),
        ([("username", "nobody has this")], "Page"),
        ([("page", "x")], "Error"),
    ],
)
def test_answers_have_the_members_that_it_describes(directory, pairs, schema):
    answer = json.loads(answer_profiles(directory, pairs).body)
    described = DOCUMENT["components"]["schemas"][schema]
    assert set(described["required"]) <= set(answer) <= set(described["properties"])
    for name, value in answer.items():
        fits(described["properties"][name], value)


def fits(schema, value):
    """Assert that *value* is as *schema* says, as far as that goes here."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    types = {"string": str, "integer": int, "array": list, "object": dict, "null": type(None)}
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert isinstance(value, tuple(types[name] for name in wanted))
    if isinstance(value, list):
        for one in value:
            fits(schema["items"], one)
    if isinstance(value, dict):
        assert list(value) == schema["required"] == list(schema["properties"])
        for name, one in value.items():
            fits(schema["properties"][name], one)


def test_a_profile_is_described_as_it_is():
    assert tuple(DOCUMENT["components"]["schemas"]["Profile"]["properties"]) == Profile._fields

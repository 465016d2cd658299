"""Compares answers with the API's own description."""

import json
from typing import Any

from function.openapi import document

DOCUMENT = json.loads(document())


def assert_described(answer: dict[str, Any], schema: str) -> None:
    """Assert that *answer* has the members that the description has for *schema*."""
    described = DOCUMENT["components"]["schemas"][schema]
    assert set(described["required"]) <= set(answer) <= set(described["properties"])
    for name, value in answer.items():
        _assert_fits(described["properties"][name], value)


def _assert_fits(schema: dict[str, Any], value: object) -> None:
    """Assert that *value* has the types and the members that *schema* describes."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        a_profile, null = schema["anyOf"]
        return _assert_fits(null if value is None else a_profile, value)
    types = {"string": str, "integer": int, "array": list, "object": dict, "null": type(None)}
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert isinstance(value, tuple(types[name] for name in allowed))
    if isinstance(value, list):
        for item in value:
            _assert_fits(schema["items"], item)
    if isinstance(value, dict):
        assert list(value) == schema["required"] == list(schema["properties"])
        for name, member in value.items():
            _assert_fits(schema["properties"][name], member)
    return None

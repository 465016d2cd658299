"""The API's description of itself, for programs: an OpenAPI 3.1 document. Does no I/O.

https://spec.openapis.org/oas/v3.1.0
"""

import json
from collections.abc import Collection
from typing import Any

from function.answer import CONTENT_TYPE
from function.answer import PATH as PROFILES_PATH
from function.contract import Profile
from function.query import DEFAULT_ORDER, DEFAULT_PAGINATION, MAX_NUMBER, MAX_PAGINATION, ORDERS

# The description and the schema of each of `function.query.PARAMETERS`.
_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "page": (
        "The number of the page. A page past the last is empty and has the true totals.",
        {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER, "default": 1},
    ),
    "pagination": (
        "The page size: how many users a page has.",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_PAGINATION,
            "default": DEFAULT_PAGINATION,
        },
    ),
    "order_by": (
        "The order: by id, or by type and then by id. A hyphen means the exact reverse.",
        {"type": "string", "enum": list(ORDERS), "default": DEFAULT_ORDER},
    ),
    "username": (
        "Any part of the username. The case of A-Z, blanks around it and one @ before it do not"
        " matter. There are no wildcards.",
        {"type": "string", "examples": ["octocat", "@octocat"]},
    ),
    "id": ("The exact id.", {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}),
    "type": (
        "The whole type. The case of A-Z does not matter. The set of types is open.",
        {"type": "string", "examples": ["User", "Organization", "Bot"]},
    ),
}
_LINK = {"type": ["string", "null"], "format": "uri-reference"}
_LINKS = ("self", "first", "prev", "next", "last")
_COUNT = {"type": "integer", "minimum": 0}


def document() -> bytes:
    """Return the document as JSON. The same code returns the same bytes."""
    return json.dumps(_document(), ensure_ascii=False, separators=(",", ":")).encode()


def _document() -> dict[str, Any]:
    profile = {name: {"type": "string"} for name in Profile._fields} | {"id": {"type": "integer"}}
    page = {
        "profiles": {"type": "array", "items": _ref("Profile")},
        "exact": {
            "anyOf": [_ref("Profile"), {"type": "null"}],
            "description": "Only with `username`: the user whose name is exactly that, on this page"
            " or not; null without any. Of several, the one with the highest id.",
        },
        "page": {"type": "integer", "minimum": 1},
        "pagination": {"type": "integer", "minimum": 1, "maximum": MAX_PAGINATION},
        "total": {**_COUNT, "description": "How many users match the query."},
        "pages": {**_COUNT, "description": "How many pages these users fill."},
        "links": _object({name: _LINK for name in _LINKS}),
        "release": {
            "type": "string",
            "description": "The start of the database's SHA-256. The site has the same.",
        },
        "source": {"type": "string", "description": "Where the users are from."},
    }
    error = {
        "error": {"type": "string"},
        "parameter": {
            "type": "string",
            "description": "With status 400: the parameter whose value is not allowed.",
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "GitHub user directory",
            "version": "1",
            "summary": "The users of the directory: filtered, in order, one page at a time.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "security": [],  # nobody has to log in
        # Relative to the URL of this document: https://spec.openapis.org/oas/v3.1.0#server-object
        "servers": [{"url": ".."}],
        "paths": {
            PROFILES_PATH: {
                "get": {
                    "operationId": "listProfiles",
                    "summary": "List users that match all parameters. Each parameter is optional.",
                    "description": "An empty parameter counts as absent, and so does one that is"
                    " not described here. Of a repeated parameter, the last value counts.",
                    "parameters": [
                        {
                            "name": name,
                            "in": "query",
                            "description": description,
                            # https://spec.openapis.org/oas/v3.1.0#parameter-object
                            "allowEmptyValue": True,
                            "schema": schema,
                        }
                        for name, (description, schema) in _PARAMETERS.items()
                    ],
                    "responses": {
                        "200": _response("A page of users.", "Page"),
                        "400": _response("A parameter has a value that is not allowed.", "Error"),
                        "default": _response("Any other error.", "Error"),
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "Profile": _object(profile),
                "Page": _object(page, optional=["exact"]),
                "Error": _object(error, optional=["parameter"]),
            }
        },
    }


def _object(properties: dict[str, Any], optional: Collection[str] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {CONTENT_TYPE: {"schema": _ref(schema)}}}

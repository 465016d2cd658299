"""GitHub's REST API: its replies as values, its pagination and rate limits, and a client.

It does not use the store.

https://docs.github.com/en/rest
"""

from generator.github.api import (
    MAX_PER_PAGE,
    MAX_SEARCH_RESULTS,
    Batch,
    Reply,
    int_parameter,
    list_url,
    read_search,
    read_user,
    read_users,
    resized,
    web_url,
    with_parameter,
)
from generator.github.client import Client

__all__ = [
    "MAX_PER_PAGE",
    "MAX_SEARCH_RESULTS",
    "Batch",
    "Client",
    "Reply",
    "int_parameter",
    "list_url",
    "read_search",
    "read_user",
    "read_users",
    "resized",
    "web_url",
    "with_parameter",
]

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
    read_contributors,
    read_search,
    read_user,
    read_users,
    web_url,
)
from generator.github.client import Client
from generator.github.paging import (
    Cursor,
    Step,
    next_size,
    next_url,
    ordinals,
    request_url,
    smaller_page,
    step_by_id,
    step_by_page,
)

__all__ = [
    "MAX_PER_PAGE",
    "MAX_SEARCH_RESULTS",
    "Batch",
    "Client",
    "Cursor",
    "Reply",
    "Step",
    "int_parameter",
    "list_url",
    "next_size",
    "next_url",
    "ordinals",
    "read_contributors",
    "read_search",
    "read_user",
    "read_users",
    "request_url",
    "smaller_page",
    "step_by_id",
    "step_by_page",
    "web_url",
]

"""GitHub's REST API: what it answers, as values; its limits; a client. Knows no store.

https://docs.github.com/en/rest
"""

from generator.github.api import (
    MAX_FOUND,
    MAX_PER_PAGE,
    Batch,
    Reply,
    list_url,
    parameter,
    read_contributors,
    read_search,
    read_user,
    read_users,
)
from generator.github.client import Client
from generator.github.paging import (
    Cursor,
    Step,
    ask,
    fewer,
    next_size,
    next_url,
    ordinals,
    step_by_id,
    step_by_page,
)

__all__ = [
    "MAX_FOUND",
    "MAX_PER_PAGE",
    "Batch",
    "Client",
    "Cursor",
    "Reply",
    "Step",
    "ask",
    "fewer",
    "list_url",
    "next_size",
    "next_url",
    "ordinals",
    "parameter",
    "read_contributors",
    "read_search",
    "read_user",
    "read_users",
    "step_by_id",
    "step_by_page",
]

from contextlib import closing

import pytest

from generator.seed.crawl import requests_needed
from generator.seed.sources import parse_source
from generator.store import Store
from tests.generator.seed.runs import API, github


@pytest.mark.parametrize(
    ("source", "total", "needed"),
    [
        ("users", 150, (150, 2)),
        ("users", 1000, (1000, 10)),
        ("org:acme", 150, (150, 2)),
        ("search:x", 5000, (1000, 10)),
        ("file:x.csv", 150, (0, 0)),
    ],
)
def test_a_first_reading_needs_one_request_for_100_users(source, total, needed, tmp_path):
    with closing(Store(tmp_path / "none.db")) as store:
        assert requests_needed(parse_source(source, API), store, total, refresh=False) == needed


def test_stored_users_need_no_request_without_a_refresh(run):
    run(github(), 150)
    users = parse_source("users", API)
    with closing(Store(run.path)) as store:
        assert requests_needed(users, store, 150, refresh=False) == (0, 0)
        assert requests_needed(users, store, 330, refresh=False) == (180, 2)
        assert requests_needed(users, store, 330, refresh=True) == (330, 4)

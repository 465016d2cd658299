"""All stages in one run, without a network: from GitHub's replies to the site and the API."""

import csv
import json
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from function.answer import answer_profiles
from function.contract import About
from function.database import Directory
from generator.bake.directory import bake
from generator.check import check
from generator.github import Client
from generator.render import site
from generator.seed.crawl import crawl
from generator.seed.sample import PATH as SAMPLE
from generator.seed.sources import parse_source
from generator.site import read_build
from generator.store import ListProgress, Store
from tests.fake_github import FakeGitHub, read_csv, transport

API = "https://api.test"


class Pipeline:
    """The result of all stages, in one folder."""

    def __init__(self, folder: Path, users: list[dict[str, object]], total: int) -> None:
        self.github = FakeGitHub(users)
        client = Client(API, None, transport=transport(self.github, API))
        source = parse_source("users", API)
        store = Store(folder / "users.db")
        store.choose([ListProgress(source.identity, source.name, source.title, total)])
        now = datetime(2026, 11, 24, tzinfo=UTC)
        crawl(source, store, total, client, lambda: now, lambda done: None, pytest.fail)
        client.close()
        self.last_id = max(profile.id for profile in store.profiles())
        about = About("users", "GitHub users", "2026-11-24T00:00:00Z")
        bake(store.profiles(), about, folder / "directory.db")
        store.close()
        self.directory = Directory(folder / "directory.db")
        self.site = folder / "site"
        build = site.make_build(self.directory, (10, 25, 50, 100), ("id", "type"))
        site.render_site(self.directory, build, self.site)
        check(self.directory, read_build(self.site), self.site)

    def page_count(self) -> int:
        return len(list(self.site.glob("users/*.html")))

    def names_on_page(self, key: str) -> list[str]:
        """Return the usernames on a page, found without the program's own code."""
        page = (self.site / key).read_text()
        return re.findall(r"<li id=.*?<bdi>(.*?)</bdi>", page, re.DOTALL)

    def names_from_api(self, **query: object) -> list[str]:
        """Return the usernames in the API's answer."""
        pairs = [(name, str(value)) for name, value in query.items()]
        body = answer_profiles(self.directory, pairs).body
        return [profile["username"] for profile in json.loads(body)["profiles"]]


@pytest.fixture
def run_pipeline(tmp_path):
    """A function that runs the pipeline once."""
    with ExitStack() as stack:

        def run(users, total):
            pipeline = Pipeline(tmp_path, users, total)
            stack.callback(pipeline.directory.close)
            return pipeline

        yield run


def test_150_real_users_take_2_requests_and_end_at_id_187(run_pipeline, real_users):
    pipeline = run_pipeline(read_csv(real_users), 150)
    assert (len(pipeline.github.requests), pipeline.last_id, pipeline.page_count()) == (2, 187, 6)
    assert (
        pipeline.names_on_page("users/6.html")[-1]
        == pipeline.names_from_api(page=6)[-1]
        == "vlucas"
    )


def test_1000_real_users_take_10_requests_and_fill_40_pages(run_pipeline, real_users):
    pipeline = run_pipeline(read_csv(real_users), 1000)
    assert (len(pipeline.github.requests), pipeline.last_id, pipeline.page_count()) == (
        10,
        1069,
        40,
    )
    assert pipeline.names_on_page("users/6.html") == pipeline.names_from_api(page=6)
    assert len(pipeline.names_from_api(username="JO", pagination=100)) == 27
    assert pipeline.names_from_api(type="organization")[0] == "errfree"


def test_the_sample_passes_through_the_same_stages(run_pipeline):
    pipeline = run_pipeline(read_csv(SAMPLE), 150)
    assert (len(pipeline.github.requests), pipeline.page_count()) == (2, 6)
    with SAMPLE.open() as file:
        names = [row["login"] for row in csv.DictReader(file)]
    assert pipeline.names_on_page("users/6.html") == pipeline.names_from_api(page=6) == names[125:]
    assert pipeline.names_on_page("users/by-type/50/1.html") == pipeline.names_from_api(
        order_by="type", pagination=50
    )

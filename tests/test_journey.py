"""From GitHub's replies to pages and answers, without a network, on real accounts and invented."""

import csv
import json
import re
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
from generator.seed.sources import parse_source, world
from generator.site import read_build
from generator.store import Progress, Store
from tests.fake_github import FakeGitHub, read_csv, transport

API = "https://api.test"


class Journey:
    """The pipeline's stages one after another, in one folder."""

    def __init__(self, folder: Path, users: list[dict[str, object]], total: int) -> None:
        self.github = FakeGitHub(users)
        client = Client(API, None, transport=transport(self.github, API))
        source = parse_source("users", API)
        store = Store(folder / "users.db", world([source], API))
        store.choose([Progress(source.identity, source.name, source.title)], total)
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
        check(self.directory, read_build(self.site), self.site, "/")

    def pages(self) -> int:
        return len(list(self.site.glob("users/*.html")))

    def shown(self, key: str) -> list[str]:
        """Return the names on a page, read off it without the program's help."""
        return re.findall(r"<bdi>(.*?)</bdi>", (self.site / key).read_text())

    def listed(self, **query: object) -> list[str]:
        """Return the names the API answers."""
        body = answer_profiles(self.directory, [(n, str(v)) for n, v in query.items()]).body
        return [profile["username"] for profile in json.loads(body)["profiles"]]


@pytest.fixture
def journey(tmp_path):
    made = []

    def journey(users, total):
        made.append(Journey(tmp_path, users, total))
        return made[-1]

    yield journey
    for each in made:
        each.directory.close()


def test_the_first_150_real_users_take_two_requests_and_end_at_id_187(journey, real_users):
    found = journey(read_csv(real_users), 150)
    assert (len(found.github.requests), found.last_id, found.pages()) == (2, 187, 6)
    assert found.shown("users/6.html")[-1] == found.listed(page=6)[-1] == "vlucas"


def test_a_thousand_real_users_take_ten_requests_and_make_forty_pages(journey, real_users):
    found = journey(read_csv(real_users), 1000)
    assert (len(found.github.requests), found.last_id, found.pages()) == (10, 1069, 40)
    assert found.shown("users/6.html") == found.listed(page=6)
    assert len(found.listed(username="JO", pagination=100)) == 27
    assert found.listed(type="organization")[0] == "errfree"


def test_the_samples_accounts_take_the_same_way(journey):
    found = journey(read_csv(SAMPLE), 150)
    assert (len(found.github.requests), found.pages()) == (2, 6)
    with SAMPLE.open() as file:
        names = [row["login"] for row in csv.DictReader(file)]
    assert found.shown("users/6.html") == found.listed(page=6) == names[125:]
    assert found.shown("users/by-type/50/1.html") == found.listed(order_by="type", pagination=50)

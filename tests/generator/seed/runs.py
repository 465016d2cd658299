"""Runs of a crawl against a fake GitHub, for the tests of seeding."""

from datetime import UTC, datetime

from generator.github import Client
from generator.seed.crawl import crawl
from generator.seed.local import copy
from generator.seed.sources import Source, parse_source
from generator.store import ListProgress, Store
from tests.fake_github import FakeGitHub, transport, user

API = "https://api.test"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
# In ascending id with gaps, as on GitHub.
USERS = [user(number * 7 // 5, f"user-{number}") for number in range(1, 331)]
# In another order.
MEMBERS = USERS[300:150:-1] + USERS[:100]
CHANGED = [
    USERS[0],
    USERS[1] | {"login": USERS[2]["login"]},  # two users swap names
    USERS[2] | {"login": USERS[1]["login"]},
    USERS[3] | {"type": "Organization"},
    *USERS[5:120],
    user(10_000_000, "newest"),
]


def github(users=USERS, **options):
    """Return a fake GitHub with *users* and the organisation acme."""
    return FakeGitHub(users, lists={"/orgs/acme/members": MEMBERS}, **options)


def first(total):
    """Return the ids of the first *total* users."""
    return [user["id"] for user in USERS[:total]]


def members(total):
    """Return the sorted ids of the first *total* members of acme."""
    return sorted(user["id"] for user in MEMBERS[:total])


def placed(profiles):
    """Yield *profiles* as the records of a file."""
    return ((f"line {number}", profile) for number, profile in enumerate(profiles, 1))


class Run:
    """Seeds one list into the store at *path* on each call.

    Attributes:
        warnings, steps, waits: the warnings, the numbers of progress and the seconds waited.
        ids, names: the users that the directory lists, names by id.
        progress: how far the list is read.
        stored: the number of its users in the store.
    """

    def __init__(self, path):
        self.path = path

    def __call__(self, github, total=150, source="users", token=None, *, refresh=False, **options):
        if not isinstance(source, Source):
            source = parse_source(source, API)
        self.warnings, self.steps, self.waits = [], [], []
        client = Client(
            API,
            token,
            transport=transport(github, API),
            wait=lambda seconds, reason: self.waits.append(seconds),
            jitter=lambda: 1.0,
            **options,
        )
        store = Store(self.path)
        store.choose([ListProgress(source.identity, source.name, source.title, total)])
        try:
            if source.url is None:
                self.outcome = copy(
                    *(source, store, total, lambda: NOW, self.steps.append, self.warnings.append)
                )
            else:
                self.outcome = crawl(
                    *(source, store, total, client, lambda: NOW, self.steps.append),
                    self.warnings.append,
                    refresh=refresh,
                )
        finally:
            self.ids = [profile.id for profile in store.profiles()]
            self.names = {profile.id: profile.username for profile in store.profiles()}
            self.progress = store.progress(source.identity)
            self.stored = store.count(source.identity, 10**6)
            store.close()
            client.close()
        return self.outcome

import pytest

from generator.errors import SourceError
from generator.seed.sources import Source
from tests.factories import make_profile
from tests.fake_github import FakeGitHub


def test_an_empty_list_is_an_error_and_leaves_the_stored_users(run):
    users = [make_profile(1)]
    local = Source("file:x", "GitHub users", "file:/x", profiles=lambda: iter(users))
    run(FakeGitHub([]), 10, source=local)
    users.clear()
    with pytest.raises(SourceError, match="file:x lists no users"):
        run(FakeGitHub([]), 10, source=local)
    assert run.ids == [1]


def test_the_first_users_of_a_local_list_are_stored(run):
    profiles = [make_profile(number) for number in (5, 3, 9)]
    local = Source("file:x", "GitHub users", "file:/x", profiles=lambda: iter(profiles))
    run(FakeGitHub([]), 2, source=local)
    assert run.ids == [3, 5]
    run(FakeGitHub([]), 100, source=local)
    assert run.ids == [3, 5, 9]
    assert run.progress.seeded_at == "2026-11-24T12:00:00Z"

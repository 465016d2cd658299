"""What changed, from a refresh to the site."""

import pytest

from generator.changes import read_changes
from tests.fake_github import FakeGitHub, serving, user
from tests.generator.cli.program import SMALL_SITE, USERS

RENAMED = [USERS[0] | {"login": "anna-p"}, *USERS[2:], user(9000, "newest")]


@pytest.fixture
def build(run):
    """A function that builds a site when GitHub has *users*, and returns the program's result."""
    fake = FakeGitHub([])
    with serving(fake) as api:

        def build(users, *options):
            fake.users = users
            return run("build", "users", "--total", 1000, *SMALL_SITE, *options, api=api)

        yield build


def texts(folder):
    """Return the page "What changed" of the site that was built in *folder*."""
    return (folder / "build/site/changes.html").read_text()


def test_a_site_shows_what_a_refresh_found(build, tmp_path):
    build(USERS)
    assert not (tmp_path / "build/changes.json").exists()
    assert not (tmp_path / "build/site/changes.html").exists()
    result = build(RENAMED, "--refresh")
    assert (result.returncode, result.stderr) == (0, "")
    changes = read_changes(tmp_path / "build/changes.json")
    assert [change.kind for change in changes] == ["new", "gone", "renamed"]
    for text in ("newest</bdi></a> is new", "anna-p</bdi>", "1 account is gone"):
        assert text in texts(tmp_path)
    assert "user-2<" not in texts(tmp_path)  # it is gone


def test_a_build_without_news_keeps_the_page(build, tmp_path):
    build(USERS)
    build(RENAMED, "--refresh")
    before = texts(tmp_path)
    build(RENAMED, "--refresh")
    assert texts(tmp_path) == before


def test_the_directory_is_the_same_whatever_changed_before(build, run, tmp_path):
    build(USERS)
    build(RENAMED, "--refresh")
    directory = (tmp_path / "build/directory.db").read_bytes()
    (tmp_path / "build/changes.json").unlink()
    run("bake")
    assert (tmp_path / "build/directory.db").read_bytes() == directory
    assert (tmp_path / "build/changes.json").exists()


def test_another_list_has_no_changes_of_the_first(build, run, tmp_path):
    build(USERS)
    build(RENAMED, "--refresh")
    run("build", "sample", *SMALL_SITE)
    assert not (tmp_path / "build/changes.json").exists()
    assert not (tmp_path / "build/site/changes.html").exists()


def test_damaged_changes_are_an_error_that_says_what_helps(run, sample_directory):
    sample_directory.with_name("changes.json").write_text("{")
    result = run("render", *SMALL_SITE)
    assert result.returncode == 1
    assert "`ghdirectory bake` writes it again" in result.stderr

"""The source `auto`: GitHub's users, or else the stored ones, or else the sample."""

import pytest

from tests.fake_github import FakeGitHub, serving
from tests.generator.cli.program import SMALL_SITE, USERS, info


def test_auto_warns_and_uses_the_sample_if_nothing_is_stored(run, tmp_path, monkeypatch):
    monkeypatch.setattr("generator.cli.terminal.time.sleep", pytest.fail)  # it must not wait
    result = run("build", *SMALL_SITE)
    assert result.returncode == 0
    assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("sample", 150)
    assert result.stderr == (
        "WARNING: cannot reach http://127.0.0.1:9: Connection refused.\n"
        "Used instead: the sample of invented accounts.\n"
    )


def test_auto_warns_even_if_a_later_stage_fails(run, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/text").touch()
    result = run("build", "--site=notes", *SMALL_SITE)
    assert result.returncode == 1
    warning, used, error = result.stderr.splitlines()
    assert warning.startswith("WARNING: cannot reach ")
    assert used == "Used instead: the sample of invented accounts."
    assert error.startswith("Error: ")


def test_auto_uses_the_stored_users_where_github_cannot_be_reached(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "auto", "-t", "50", api=api)
        result = run("build", "-t", "100", "--api-url", api, *SMALL_SITE)
        assert (result.stderr, info(tmp_path)["users"]) == ("", 100)
    result = run("build", "-t", "200", "--api-url", api, *SMALL_SITE)
    assert result.returncode == 0
    assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("users", 100)
    assert (
        "Used instead: 100 users of build/github_users.db (source: users, as of " in result.stderr
    )


def test_auto_fails_if_github_answers_with_an_error(run, tmp_path):
    with serving(FakeGitHub(USERS, remaining=0)) as api:
        result = run("build", api=api)
    assert result.returncode == 1
    assert "limit of 60 requests an hour is used up" in result.stderr
    assert not (tmp_path / "build").exists()


def test_auto_grows_the_sample_but_no_list_that_is_out_of_reach(run, tmp_path):
    run("build", "-t", "50", *SMALL_SITE)
    assert info(tmp_path)["users"] == 50
    run("build", "-t", "150", *SMALL_SITE)
    assert info(tmp_path)["users"] == 150
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "users", "-t", "30", api=api)
    run("build", "sample", *SMALL_SITE)
    result = run("build", "-t", "60", *SMALL_SITE, api=api)
    assert "; 60 were asked for)" in result.stderr
    assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("users", 30)

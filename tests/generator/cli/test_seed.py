"""`ghdirectory seed`: what it stores, reports and refuses."""

import json
import random
import re
import sqlite3
import subprocess

import pytest

from tests.fake_github import PAGES_LIMITED, FakeGitHub, FakeReply, serving, user
from tests.generator.cli.program import LISTS, NOWHERE, USERS, github, ids, start


def test_users_is_an_error_where_github_cannot_be_reached(run):
    result = run("seed", "users", "--max-wait", "0")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: cannot reach {NOWHERE}: ")


def test_an_unreadable_file_leaves_the_store_unchanged(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "users", "-t", "30", api=api)
    (tmp_path / "bad.csv").write_text("id,login\n1,one\nx,two\n")
    for source in ("file:nothing.csv", "file:bad.csv"):
        assert run("seed", source).returncode == 1
    assert run("bake").returncode == 0
    assert len(ids(tmp_path / "build/github_users.db")) == 30
    assert len(list((tmp_path / "build").glob("github_users*.db"))) == 1


def test_the_token_is_sent_to_github(run):
    github = FakeGitHub(USERS, token="s3cret")
    with serving(github) as api:
        run("seed", "users", api=api, token=" s3cret\n")
    assert github.headers[0]["authorization"] == "Bearer s3cret"


def test_the_token_is_in_no_message_and_no_file(run, tmp_path):
    with serving(FakeGitHub(USERS, token="s3cret")) as api:
        accepted = run("seed", "users", api=api, token="s3cret")
    with serving(FakeGitHub(USERS, token="another")) as api:
        refused = run("seed", "users", api=api, token="s3cret")
    unreachable = run("seed", "users", api=NOWHERE, token="s3cret")
    results = accepted, refused, unreachable
    assert [result.returncode for result in results] == [0, 1, 1]
    assert "s3cret" not in "".join(result.stdout + result.stderr for result in results)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"s3cret" in path.read_bytes()]


@pytest.mark.parametrize(
    ("variables", "sent"),
    [
        ({"GH_TOKEN": "gh"}, "Bearer gh"),
        ({"GH_TOKEN": "gh", "GITHUB_TOKEN": "github"}, "Bearer github"),
        ({"GH_TOKEN": "gh", "GITHUB_TOKEN": " "}, "Bearer gh"),
        ({"GH_TOKEN": ""}, None),
    ],
)
def test_gh_token_counts_where_github_token_is_not_set(run, monkeypatch, variables, sent):
    github = FakeGitHub(USERS)
    for name, token in variables.items():
        monkeypatch.setenv(name, token)
    with serving(github) as api:
        run("seed", "users", api=api)
    assert github.headers[0].get("authorization") == sent


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN"])
def test_a_token_with_impossible_characters_is_bad_usage_and_not_shown(run, monkeypatch, name):
    monkeypatch.setenv(name, "sec ret")
    result = run("seed", "sample")
    assert (result.returncode, f"{name} contains characters" in result.stderr) == (2, True)
    assert "sec ret" not in result.stderr


@pytest.mark.parametrize("fault", [b"<html>", b"{}", b'[{"id": 1}]', b'[{"login": "x"}]'])
def test_an_unexpected_reply_is_an_error_without_a_traceback(run, fault):
    github = FakeGitHub(USERS, fault=lambda request: FakeReply(200, {}, fault))
    with serving(github) as api:
        result = run("build", "users", "--max-wait", "0", api=api)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_names_that_differ_only_in_case_are_one_list(run):
    with serving(github()) as api:
        result = run("seed", "org:acme", "org:ACME", api=api)
    assert result.stdout.count("Seeded") == 1


def test_a_search_that_is_not_utf_8_is_bad_usage(run):
    result = run("seed", "search:\udcff")
    assert (result.returncode, "is not UTF-8" in result.stderr) == (2, True)


def test_a_failing_source_leaves_the_other_sources_unchanged(run):
    with serving(github()) as api:
        run("seed", "org:acme", "followers:octocat", api=api)
        result = run("seed", "org:acme", "followers:nobody", "--refresh", api=api)
        assert result.returncode == 1
        assert "404 (Not Found) to http" in result.stderr
        run("bake")
        assert json.loads(run("query").stdout)["source"] == "org:acme"
        run("seed", "org:acme", "followers:octocat", api=api)
        run("bake")
        assert json.loads(run("query").stdout)["total"] == 20


def test_an_empty_list_among_several_is_a_warning_and_alone_an_error(run):
    lists = {**LISTS, "/orgs/empty/members": []}
    with serving(FakeGitHub(USERS, lists=lists)) as api:
        result = run("seed", "org:empty", "org:acme", api=api)
        assert (result.returncode, "org:empty lists no users" in result.stderr) == (0, True)
        assert "Seeded   10 users" in result.stdout
        assert run("seed", "org:empty", api=api).returncode == 1


def test_the_end_that_github_puts_to_a_list_is_a_warning_and_deleted_accounts_are_counted(run):
    stars = [user(1, "x") | {"login": None}, *USERS]
    lists = {"/repos/a/b/stargazers": stars, "/search/users": USERS[:10]}
    with serving(FakeGitHub(USERS, lists=lists, max_pages=2, total_count=12)) as api:
        result = run("seed", "stargazers:a/b", "search:x", "--total", "1000", api=api)
    assert result.returncode == 0
    assert f"GitHub ends the list before {api}/repos/a/b/stargazers?" in result.stderr
    assert PAGES_LIMITED in result.stderr
    assert "Seeded   199 users" in result.stdout
    assert "199 new in the store, 1 left out (deleted accounts); 3 requests" in result.stdout
    assert "GitHub counts 12 users in this list; 10 of them were read" in result.stdout


def test_a_damaged_store_is_an_error_of_one_line(run, tmp_path):
    run("seed", "sample")
    store = tmp_path / "build/github_users.db"
    store.write_bytes(store.read_bytes()[:5000])
    for command in ("seed sample", "bake"):
        result = run(*command.split())
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)
        assert "github_users.db cannot be used: " in result.stderr


def test_a_proxy_setting_that_cannot_be_used_is_an_error_of_one_line(run, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:se#cret@127.0.0.1:1")
    result = run("seed", "users")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith("Error: HTTPS_PROXY of the environment cannot be used")


def test_a_store_of_an_earlier_version_is_an_error_of_one_line(run, tmp_path):
    sql = sqlite3.connect(tmp_path / "old.db")
    sql.execute("CREATE TABLE github_users (id INTEGER PRIMARY KEY)")
    sql.execute("CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY)")
    sql.close()
    for command in ("seed sample", "bake"):
        result = run(*command.split(), "--store", "old.db")
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)
        assert (
            "old.db was made by an older version of this program; delete it, or name another file"
            in (result.stderr)
        )


def test_a_dry_run_estimates_requests_and_changes_nothing(run, tmp_path):
    with serving(github(remaining=1)) as api:
        result = run("seed", "users", "org:acme", "search:x", "sample", "--dry-run", api=api)
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "users: 2 requests, for 150 users of 150",
        "org:acme: about 2 requests, for at most 150 users of 150",
        "search:x: about 2 requests, for at most 150 users of 150",
        "sample: no request",
    ]
    assert "has 1 of 60 requests left until " in lines[4]
    assert lines[5].startswith("That is 3 too few for now")
    assert lines[6].endswith("for search")
    assert not (tmp_path / "build").exists()


def test_a_dry_run_subtracts_what_is_stored(run):
    with serving(github()) as api:
        run("seed", "users", "-t", "100", api=api)
        for refresh, estimate in (
            ([], "1 request, for 50 users"),
            (["--refresh"], "2 requests, for 150"),
        ):
            assert estimate in run("seed", "users", "--dry-run", *refresh, api=api).stdout


def test_a_dry_run_repeats_the_total_as_typed(run):
    with serving(github()) as api:
        result = run("seed", "search:x", "--dry-run", "--total", "1000000000", api=api)
    assert "for at most 1,000 users of 1,000,000,000\n" in result.stdout


def test_a_dry_run_reports_that_a_server_has_no_rate_limit(run):
    with serving(github(fault=lambda request: FakeReply(404, {}, b"{}"))) as api:
        assert run("seed", "users", "--dry-run", api=api).stdout.endswith("has no rate limit\n")


def test_a_refresh_reports_what_changed(run):
    fake = github()
    with serving(fake) as api:
        run("seed", "users", api=api)
        fake.users = [USERS[0] | {"login": "renamed"}, *USERS[2:]]
        result = run("seed", "users", "--refresh", api=api)
        assert "1 new in the store, 1 renamed, 1 gone, 148 unchanged; 2 requests" in result.stdout
        assert "Without GITHUB_TOKEN an answer of 304 counts" in result.stdout
        run("seed", "users", api=api, token="good")
        run("seed", "users", "--refresh", api=api, token="good")
        result = run("seed", "users", "--refresh", api=api, token="good")
    assert "150 unchanged; 2 requests, 2 answered with 304 (not modified)" in result.stdout
    assert "Without GITHUB_TOKEN" not in result.stdout


def test_waiting_reports_the_end_and_the_reason(run, monkeypatch):
    waited = []
    monkeypatch.setattr("generator.cli.terminal.time.sleep", waited.append)
    busy = FakeReply(429, {"Retry-After": "724"})
    with serving(github(fault=lambda request: busy if request == 1 else None)) as api:
        result = run("seed", "users", api=api)
    assert (result.returncode, waited) == (0, [724.0])
    assert re.fullmatch(
        r"Waiting  until \d\d:\d\d:\d\d UTC \(12 min 4 s\): GitHub's rate limit is used up\n",
        result.stderr,
    )


def test_a_limit_longer_than_max_wait_is_an_error_that_says_how_to_continue(run, tmp_path):
    with serving(github(remaining=1)) as api:
        result = run("seed", "users", "-t", "300", api=api)
        assert result.returncode == 1
        assert re.search(r"used up until .* UTC; set GITHUB_TOKEN .*--max-wait", result.stderr)
        assert len(ids(tmp_path / "build/github_users.db")) == 100
        assert run("bake").returncode == 0
        run("seed", "users", "-t", "300", api=api, token="good")
    assert len(ids(tmp_path / "build/github_users.db")) == 300


@pytest.mark.slow
def test_a_seeding_killed_at_random_times_ends_like_an_undisturbed_one(run, tmp_path):
    repeatable = random.Random(3)
    running: list[subprocess.Popen[str]] = []
    kills = [1, *sorted(repeatable.sample(range(2, 30), 7))]

    def kill(request):
        if kills and request >= kills[0] and running:
            kills.pop(0)
            running.pop().kill()

    users = [user(number * 3, f"user-{number}") for number in range(1, 2001)]
    fake = FakeGitHub(users, token="good", remaining=10**6, fault=kill)
    with serving(fake) as api:
        while kills:
            process = start(tmp_path, "seed", "users", "-t", "2000", "--api-url", api)
            running[:] = [process]
            process.communicate(timeout=60)
        result = run("seed", "users", "-t", "2000", api=api)
    assert result.returncode == 0
    assert ids(tmp_path / "build/github_users.db") == [user["id"] for user in users]

import errno
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from function.answer import answer_profiles
from function.database import Directory
from generator.cli import main
from generator.cli.commands import ghdirectory
from tests.fake_github import Answer, FakeGitHub, serving, user

USERS = [user(number * 2, f"user-{number}") for number in range(1, 331)]
PACKAGE = "github-user-directory"
ROOT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command line as a person does in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)

    def run(*arguments, api=NOWHERE, token=None):
        monkeypatch.setenv("GITHUB_API_URL", api)
        if token:
            monkeypatch.setenv("GITHUB_TOKEN", token)
        with pytest.raises(SystemExit) as exited:
            main([str(argument) for argument in arguments])
        return Done(int(exited.value.code), *capsys.readouterr())

    return run


def interruptible():
    """Undo what nohup does: a process that ignores Ctrl-C hands that on to those it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(folder, *arguments, **environment):
    """Start `python -m generator` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "generator", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3])}
        | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )


def ids(path):
    sql = sqlite3.connect(path)
    found = [row[0] for row in sql.execute("SELECT id FROM github_users ORDER BY id")]
    sql.close()
    return found


def info(tmp_path):
    return json.loads((tmp_path / "build/site/build.json").read_text())


def test_build_makes_the_whole_from_github(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        done = run("build", "users", api=api)
    assert (done.returncode, done.stderr) == (0, "")
    assert (info(tmp_path)["users"], info(tmp_path)["source"]) == (150, "users")
    assert "Checked  130 pages" in done.stdout


def test_the_stages_do_one_by_one_what_build_does(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        for arguments in (
            "seed users -t 60",
            "bake",
            "render --page-sizes 1-5 --orders id",
            "check",
        ):
            done = run(*arguments.split(), api=api)
            assert (done.returncode, done.stderr) == (0, "")
    assert info(tmp_path)["page_sizes"] == [1, 2, 3, 4, 5, 25]
    assert info(tmp_path)["orders"] == ["id"]


def test_a_smaller_total_keeps_the_users_and_lists_the_first(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "users", "--total", 300, api=api)
    assert run("build", "users", "-t", "40", api=api).returncode == 0
    assert (len(ids(tmp_path / "build/github_users.db")), info(tmp_path)["users"]) == (300, 40)


def test_auto_uses_the_sample_where_nothing_is_stored_and_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "generator.cli.terminal.time.sleep", pytest.fail
    )  # it does not wait for a network
    done = run("build")
    assert done.returncode == 0
    assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("sample", 150)
    assert done.stderr.count("WARNING") == 2
    assert "SAMPLE" in done.stderr
    assert "127.0.0.1:9" in done.stderr


def test_auto_keeps_what_is_stored(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "auto", "-t", "50", api=api)
        done = run("build", "-t", "100", "--api-url", api)
        assert (done.stderr, info(tmp_path)["users"]) == ("", 100)
    done = run("build", "-t", "200", "--api-url", api)
    assert done.returncode == 0
    assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("users", 100)
    assert "100 users (source: users, as of " in done.stderr


def test_auto_falls_back_on_nothing_when_github_answers_with_an_error(run, tmp_path):
    with serving(FakeGitHub(USERS, remaining=0)) as api:
        done = run("build", api=api)
    assert done.returncode == 1
    assert "limit of 60 requests an hour is used up" in done.stderr
    assert not (tmp_path / "build").exists()


def test_auto_grows_the_sample_but_not_what_it_cannot_ask_for(run, tmp_path):
    run("build", "-t", "50")
    assert info(tmp_path)["users"] == 50
    run("build", "-t", "150")
    assert info(tmp_path)["users"] == 150
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "users", "-t", "30", api=api)
    run("build", "sample")
    done = run("build", "-t", "60", api=api)
    assert "; 60 were asked for)" in done.stderr
    assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("users", 30)


def test_a_file_that_cannot_be_read_leaves_the_store_as_it_was(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("build", "users", "-t", "30", api=api)
    (tmp_path / "bad.csv").write_text("id,login\n1,one\nx,two\n")
    for source in ("file:nothing.csv", "file:bad.csv"):
        assert run("seed", source).returncode == 1
    assert run("bake").returncode == 0
    assert len(ids(tmp_path / "build/github_users.db")) == 30
    assert len(list((tmp_path / "build").glob("github_users*.db"))) == 1


def test_a_file_that_changed_is_listed_as_it_is_now(run, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("id,login\n" + "".join(f"{n},user-{n}\n" for n in range(1, 21)))
    run("build", "file:list.csv", "-t", "10")
    path.write_text("id,login\n" + "".join(f"{n},user-{n}\n" for n in range(101, 121)))
    run("build", "file:list.csv", "-t", "10")
    body = json.loads(run("query", "pagination=100").stdout)
    assert [profile["id"] for profile in body["profiles"]] == list(range(101, 111))


def test_users_alone_is_an_error_where_github_cannot_be_reached(run):
    done = run("seed", "users", "--max-wait", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: cannot reach {NOWHERE}/users")


def test_a_file_builds_and_its_folder_stays_private(run, tmp_path):
    (tmp_path / "list.csv").write_text("id,login\n2,two\n1,one\n")
    done = run("build", f"file:{tmp_path}/list.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert info(tmp_path)["source"] == "file:list.csv"
    assert (
        "2 users into build/github_users.db (source: file:list.csv; 150 were asked for)"
        in done.stdout
    )


def test_another_list_sets_the_first_aside_and_takes_it_up_again(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "users", "-t", "30", api=api)
        assert (
            "Kept     what build/github_users.db held before as"
            in run("build", "sample", api=api).stdout
        )
        assert info(tmp_path)["source"] == "sample"
    assert run("build", "users", "-t", "30", api=api).returncode == 0
    assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("users", 30)


def test_the_token_reaches_github(run):
    github = FakeGitHub(USERS, token="s3cret")
    with serving(github) as api:
        run("seed", "users", api=api, token=" s3cret\n")
    assert github.headers[0]["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("fault", [b"<html>", b"{}", b'[{"id": 1}]', b'[{"login": "x"}]'])
def test_an_odd_reply_is_an_error_without_a_traceback(run, fault):
    github = FakeGitHub(USERS, fault=lambda request: Answer(200, {}, fault))
    with serving(github) as api:
        done = run("build", "users", "--max-wait", "0", api=api)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "bake",
        "bake --store nothing.db",
        "render",
        "check",
        "serve",
        "query x=1",
        "bake --output generator.csv",
        "seed file:nothing.csv",
        "render --database generator.csv",
    ],
)
def test_what_is_missing_is_named_without_a_traceback(run, tmp_path, arguments):
    (tmp_path / "generator.csv").write_text("id,login\n")
    done = run(*arguments.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("seed nobody", "there are auto, users, org:NAME, repo:OWNER/NAME, "),
        ("seed orgs:python", "there is no source 'orgs:python'; did you mean 'org:python'?"),
        ("build list.csv", "there is no source 'list.csv'; did you mean 'file:list.csv'?"),
        ("seed repo:httpx", "'httpx' is not a repository like encode/httpx"),
        ("seed auto org:acme", "auto seeds when nothing else is named"),
        ("seed --max-wait soon", "'--max-wait': 'soon' is not a time like 90 (seconds), 15m or 2h"),
        ("seed -t 0", "'--total': 0 is not in the range x>=1"),
        ("seed -t many", "'many' is not a valid whole number"),
        ("seed --api-url api.github.com", "is not an address like https://api.github.com"),
        ("build --page-sizes 0", "numbers from 1 to 100"),
        ("build --orders name", "id, type, -id or -type"),
        ("build --origin ftp://x", "is not an origin like"),
        ("build --jobs 0", "0 is not in the range 1<=x<=256"),
        ("build --base-path a//b", "is not a path like"),
        ("build --base-path /../", "is not a path like"),
        ("seed --api-url http://u:pw@h", "is not an address like"),
        ("seed --api-url http://h:99999", "Port out of range"),
        ("serve --port 99999", "99999 is not in the range 0<=x<=65535"),
        ("sing", "No such command 'sing'."),
        ("sed", "No such command 'sed'. Did you mean 'seed'?"),
        ("help sed", "Did you mean 'seed'?"),
        ("--total 5 build", "No such option '--total'. Other options come after the command."),
        ("--versio", "Did you mean '--version'?"),
        ("seed --tot 5", "No such option '--tot'. (Did you mean one of: "),
        ("build --orde id", "(Did you mean one of: '--orders', '--store'?)"),
        ("render --no-dat", "'--no-data'"),
        ("seed --limit 5", "No such option '--limit'. Did you mean '--total'?"),
        ("render --pagination 5", "Did you mean '--page-sizes'?"),
        ("render -page-sizes 3", "No such option '-page-sizes'. Did you mean '--page-sizes'?"),
        ("seed -x", "No such option '-x'."),
        ("seed --total", "Option '--total' requires an argument"),
        ("seed --refresh=1", "Option '--refresh' does not take a value"),
        ("seed -- --refresh", "there is no source '--refresh'"),
        ("seed --max-wait --", "'--' is not a time"),
        ("render x", "unexpected extra argument (x)"),
        ("query x y", "unexpected extra argument (y)"),
        ("build --title \udcff", "'--title': '\\udcff' is not UTF-8"),
        ("bake --store .", "File '.' is a directory."),
        ("check --site list.csv", "Folder 'list.csv' is a file."),
        ("publish", "Missing option '--bucket'."),
        ("serve --host=", "'--host': a name is missing"),
        ("check --site=", "'--site': a name is missing"),
        ("bake --title \x1b[31m", "cannot be seen"),
        ("seed --api-url http://a/\x7f", "is not an address like"),
        ("render --origin http://[", "is not an origin like"),
        ("render --origin http://a:99999", "is not an origin like"),
        ("publish --bucket=", "'--bucket': a name is missing"),
    ],
)
def test_bad_usage_exits_with_2_and_says_what_is_allowed(run, tmp_path, arguments, says):
    (tmp_path / "list.csv").touch()
    done = run(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_without_a_command_the_help_is_an_error(run):
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == run("--help").stdout


def test_help_is_a_command_too(run):
    assert run("help").stdout == run("-h").stdout == run("--help").stdout
    assert run("help", "build").stdout == run("build", "--help").stdout


@pytest.mark.parametrize("command", ["", *ghdirectory.commands])
@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_help_fits_the_terminal(run, monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = run(*command.split(), "--help").stdout.splitlines()
    # A command to be copied is not broken up.
    assert max(len(line) for line in lines if not line.startswith("    eval ")) <= columns


@pytest.mark.parametrize("command", ghdirectory.commands)
def test_every_option_is_explained(run, command):
    text = run("help", command).stdout
    for parameter in ghdirectory.commands[command].params:
        if command != "help":
            assert parameter.help
            assert all(name in text for name in parameter.opts if name.startswith("-"))


def test_a_shell_can_complete_commands_and_options(run, monkeypatch):
    monkeypatch.setenv("_GHDIRECTORY_COMPLETE", "bash_complete")
    for words, found in (
        ("ghdirectory s", "plain,seed\nplain,serve\n"),
        ("ghdirectory bake --ti", "plain,--title\n"),
    ):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
        assert run().stdout == found


def test_a_total_may_be_larger_than_any_list(run, tmp_path):
    assert run("build", "sample", "--no-data", "-t", "9" * 40).returncode == 0
    assert info(tmp_path)["users"] == 150


def test_site_is_another_name_for_output(run, tmp_path):
    assert run("build", "sample", "--no-data", "--site", "here").returncode == 0
    assert run("render", "--no-data", "--site=there").returncode == 0
    assert (tmp_path / "here/index.html").read_bytes() == (
        tmp_path / "there/index.html"
    ).read_bytes()


def test_help_comes_before_what_is_wrong_and_the_last_of_several_counts(run):
    assert run("render", "--jobs", "x", "-h").returncode == 0
    assert run("build", "sample", "--jobs", "x", "--jobs", "1").returncode == 0


def test_options_and_sources_come_in_any_order_and_values_may_look_like_options(run, tmp_path):
    (tmp_path / "more.csv").write_text("id,login\n2,two\n")
    line = "build sample --orders -id,type -t 40 file:more.csv --title --ours --no-data"
    done = run(*line.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert info(tmp_path)["orders"] == ["id", "-id", "type"]
    assert info(tmp_path)["source"] == "sample, file:more.csv"
    assert " - --ours</title>" in (tmp_path / "build/site/index.html").read_text()


def test_the_api_s_answer_is_printed_as_it_is_sent(run, tmp_path):
    run("build", "sample", "--no-data")
    process = start(
        tmp_path, "query", "pagination=\N{CYRILLIC SMALL LETTER YU}", PYTHONIOENCODING="ascii"
    )
    said, wrong = process.communicate(timeout=30)
    assert (process.returncode, wrong) == (1, "")
    assert "\N{CYRILLIC SMALL LETTER YU}" in json.loads(said)["error"]


def test_the_environment_has_another_default(run):
    assert run("seed", "sample", "--api-url", "http://h", api="nowhere").returncode == 0
    done = run("seed", "users", api="nowhere")
    assert (
        done.returncode,
        "'--api-url' (env var: 'GITHUB_API_URL'): 'nowhere' is" in done.stderr,
    ) == (2, True)


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_the_packages(run, option):
    assert run(option).stdout == f"ghdirectory, version {version(PACKAGE)}\n"


def test_a_closed_standard_output_is_not_an_error(run, tmp_path):
    run("build", "sample")
    process = start(tmp_path, "query", "pagination=100")
    process.stdout.close()
    assert (process.wait(timeout=30), process.stderr.read()) == (1, "")
    process.stderr.close()


@pytest.mark.parametrize("command", [name for name in ghdirectory.commands if name != "help"])
def test_the_help_of_a_command_has_an_example(run, command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"Example: ghdirectory {command} " in done.stdout


def test_query_prints_the_apis_answer(run):
    run("build", "sample")
    done = run("query", "?username=JO&order_by=type&pagination=10&page=2")
    body = json.loads(done.stdout)
    assert done.returncode == 0
    assert (body["page"], body["pagination"], len(body["profiles"])) == (2, 10, 10)
    assert body["source"] == "sample"
    refused = run("query", "page=0")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["parameter"] == "page"


LISTS = {"/orgs/acme/members": USERS[9::-1], "/users/octocat/followers": USERS[5:20]}


def github(**options):
    return FakeGitHub(USERS, lists=LISTS, **options)


def test_of_several_sources_the_directory_is_the_union(run, tmp_path):
    with serving(github()) as api:
        done = run("build", "org:acme", "followers:octocat", "org:acme", api=api)
    assert (done.returncode, done.stderr) == (0, "")
    assert (info(tmp_path)["users"], info(tmp_path)["source"]) == (
        20,
        "org:acme, followers:octocat",
    )
    page = (tmp_path / "build/site/index.html").read_text()
    assert "Members of acme and followers of octocat" in page
    assert "Baked    20 users" in done.stdout


def test_a_file_may_be_one_of_several_sources(run, tmp_path):
    (tmp_path / "more.csv").write_text("id,login\n2,stale-name\n7777,somebody\n")
    with serving(github()) as api:
        run("build", "file:more.csv", "org:acme", api=api)
    body = json.loads(run("query", "pagination=100").stdout)
    assert {p["id"]: p["username"] for p in body["profiles"]} == {
        **{user["id"]: user["login"] for user in USERS[:10]},
        7777: "somebody",
    }


def test_a_title_is_what_one_says_it_is(run, tmp_path):
    run("build", "sample", "--title", "Our <people>")
    page = (tmp_path / "build/site/index.html").read_text()
    assert "<title>Users 1&ndash;25 of 150 - Our &lt;people&gt;</title>" in page
    run("bake", "--title", "Others")
    run("render")
    assert " - Others</title>" in (tmp_path / "build/site/index.html").read_text()
    run("build", "sample")
    assert " - Sample users</title>" in (tmp_path / "build/site/index.html").read_text()


def test_a_sample_among_other_sources_is_named_on_every_page(run, tmp_path):
    (tmp_path / "more.csv").write_text("id,login\n999999,somebody\n")
    run("build", "sample", "file:more.csv")
    assert info(tmp_path)["source"] == "sample, file:more.csv"
    assert "These accounts are invented" in (tmp_path / "build/site/users/7.html").read_text()


def test_a_dry_run_says_what_it_takes_and_changes_nothing(run, tmp_path):
    with serving(github(remaining=1)) as api:
        done = run("seed", "users", "org:acme", "search:x", "sample", "--dry-run", api=api)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
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


def test_a_dry_run_knows_what_is_stored(run):
    with serving(github()) as api:
        run("seed", "users", "-t", "100", api=api)
        for refresh, says in (
            ([], "1 request, for 50 users"),
            (["--refresh"], "2 requests, for 150"),
        ):
            assert says in run("seed", "users", "--dry-run", *refresh, api=api).stdout


def test_a_dry_run_where_there_is_no_limit_says_so(run):
    with serving(github(fault=lambda request: Answer(404, {}, b"{}"))) as api:
        assert run("seed", "users", "--dry-run", api=api).stdout.endswith("has no rate limit\n")


def test_a_refresh_ends_with_what_changed(run):
    fake = github()
    with serving(fake) as api:
        run("seed", "users", api=api)
        fake.users = [USERS[0] | {"login": "renamed"}, *USERS[2:]]
        done = run("seed", "users", "--refresh", api=api)
        assert "1 new, 1 renamed, 0 changed type, 1 gone, 148 unchanged; 2 requests" in done.stdout
        assert "Without GITHUB_TOKEN an answer of 304 counts" in done.stdout
        run("seed", "users", api=api, token="good")
        run("seed", "users", "--refresh", api=api, token="good")
        done = run("seed", "users", "--refresh", api=api, token="good")
    assert "150 unchanged; 2 requests, 2 answered with 304 (not modified)" in done.stdout
    assert "Without GITHUB_TOKEN" not in done.stdout


def test_gone_accounts_leave_the_next_bake(run, tmp_path):
    fake = github()
    with serving(fake) as api:
        run("build", "users", api=api)
        fake.users = USERS[:10] + USERS[11:]
        assert run("build", "users", "--refresh", api=api).returncode == 0
    body = json.loads(run("query", f"id={USERS[10]['id']}").stdout)
    assert (body["total"], info(tmp_path)["users"]) == (0, 150)


def test_waiting_says_until_when_and_why(run, monkeypatch):
    waited = []
    monkeypatch.setattr("generator.cli.terminal.time.sleep", waited.append)
    busy = Answer(429, {"Retry-After": "724"})
    with serving(github(fault=lambda request: busy if request == 1 else None)) as api:
        done = run("seed", "users", api=api)
    assert (done.returncode, waited) == (0, [724.0])
    assert re.fullmatch(
        r"Waiting  until \d\d:\d\d:\d\d UTC \(12 min 4 s\): GitHub's rate limit is used up\n",
        done.stderr,
    )


def test_what_is_not_waited_for_is_said_with_how_to_go_on(run, tmp_path):
    with serving(github(remaining=1)) as api:
        done = run("seed", "users", "-t", "300", api=api)
        assert done.returncode == 1
        assert re.search(r"used up until .* UTC; set GITHUB_TOKEN .*--max-wait", done.stderr)
        assert len(ids(tmp_path / "build/github_users.db")) == 100
        assert run("bake").returncode == 0
        run("seed", "users", "-t", "300", api=api, token="good")
    assert len(ids(tmp_path / "build/github_users.db")) == 300


def test_a_list_of_nobody_among_others_is_passed_over_with_a_word(run):
    nobody = {**LISTS, "/orgs/empty/members": []}
    with serving(FakeGitHub(USERS, lists=nobody)) as api:
        done = run("seed", "org:empty", "org:acme", api=api)
        assert (done.returncode, "org:empty lists no users" in done.stderr) == (0, True)
        assert "Seeded   10 users" in done.stdout
        assert run("seed", "org:empty", api=api).returncode == 1


def test_where_another_worlds_store_was_put_is_said_of_a_run_that_fails_too(run):
    run("seed", "sample")
    with serving(github(remaining=1)) as api:
        done = run("seed", "users", "-t", "300", api=api)
    assert (done.returncode, "Kept     what" in done.stdout) == (1, True)


def test_names_that_differ_in_case_alone_are_one_list(run):
    with serving(github()) as api:
        done = run("seed", "org:acme", "org:ACME", api=api)
    assert done.stdout.count("Seeded") == 1


def test_a_query_of_no_text_is_bad_usage(run):
    done = run("seed", "search:\udcff")
    assert (done.returncode, "is not UTF-8" in done.stderr) == (2, True)


def test_a_source_that_fails_leaves_the_others_as_they_are(run):
    with serving(github()) as api:
        run("seed", "org:acme", "followers:octocat", api=api)
        done = run("seed", "org:acme", "followers:nobody", "--refresh", api=api)
        assert done.returncode == 1
        assert "404 (Not Found) to http" in done.stderr
        run("bake")
        assert json.loads(run("query").stdout)["source"] == "org:acme"
        run("seed", "org:acme", "followers:octocat", api=api)
        run("bake")
        assert json.loads(run("query").stdout)["total"] == 20


@pytest.mark.slow
def test_killed_again_and_again_at_random_a_seeding_ends_as_if_it_never_was(run, tmp_path):
    chance = random.Random(3)
    running: list[subprocess.Popen[str]] = []
    kills = [1, *sorted(chance.sample(range(2, 30), 7))]

    def kill(request):
        if kills and request >= kills[0] and running:
            kills.pop(0)
            running.pop().kill()

    many = [user(number * 3, f"user-{number}") for number in range(1, 2001)]
    fake = FakeGitHub(many, token="good", remaining=10**6, fault=kill)
    with serving(fake) as api:
        while kills:
            process = start(tmp_path, "seed", "users", "-t", "2000", "--api-url", api)
            running[:] = [process]
            process.communicate(timeout=60)
        done = run("seed", "users", "-t", "2000", api=api)
    assert done.returncode == 0
    assert ids(tmp_path / "build/github_users.db") == [user["id"] for user in many]


@pytest.mark.parametrize(
    "prefix", ["", "?", "/api/users/profiles?", "http://127.0.0.1:5000/api/users/profiles?"]
)
def test_a_query_may_be_an_address(run, prefix):
    run("build", "sample", "--no-data")
    found = json.loads(run("query", f"{prefix}username=jo?&id=1").stdout)
    assert found["links"]["self"] == "?page=1&pagination=25&username=jo%3F&id=1"


def test_a_query_is_answered_byte_for_byte_but_for_people_indented(run, tmp_path, monkeypatch):
    run("build", "sample", "--no-data")
    with closing(Directory(tmp_path / "build/directory.db")) as directory:
        body = answer_profiles(directory, [("username", "jo")]).body
    assert run("query", "username=jo").stdout == body.decode()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run("query", "username=jo").stdout == json.dumps(json.loads(body), indent=2) + "\n"


def test_an_error_that_nobody_can_mend_keeps_its_traceback(run, monkeypatch):
    def fail(*arguments, **options):
        raise OSError(number, "something")

    monkeypatch.setattr("generator.cli.stages.check", fail)
    number = errno.ENOSPC
    assert run("check").stderr == "Error: [Errno 28] something\n"
    number = errno.EBADF
    with pytest.raises(OSError, match="something"):
        main(["check"])


def test_query_explains_itself(run):
    run("build", "sample")
    done = run("query", "username=jo&page=2", "--explain")
    assert (done.returncode, done.stderr) == (0, "")
    assert "FROM lists WHERE term = ?\n    values: 'jo'\n" in done.stdout
    assert "pages of 4,096 bytes" in done.stdout
    refused = run("query", "page=0", "--explain")
    assert refused.returncode == 1
    assert "page must be a whole number from 1" in refused.stderr


def test_an_interrupt_ends_with_a_word_and_the_next_run_goes_on(run, tmp_path):
    github = FakeGitHub(USERS)
    with serving(github) as api:
        interrupted: list[subprocess.Popen[str]] = []

        def interrupt(request):
            if request == 3 and interrupted:
                interrupted.pop().send_signal(signal.SIGINT)
                time.sleep(0.2)  # the answer comes after the signal

        github.fault = interrupt
        process = start(tmp_path, "seed", "users", "-t", "330", "--api-url", api)
        interrupted.append(process)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert said == "Interrupted; the same command goes on where it can.\n"
        assert len(ids(tmp_path / "build/github_users.db")) == 200
        assert run("seed", "users", "-t", "330", api=api).returncode == 0
    assert ids(tmp_path / "build/github_users.db") == [user["id"] for user in USERS]


def test_serve_shows_the_site_and_the_api_until_interrupted(run, tmp_path):
    run("build", "sample")
    process = start(tmp_path, "serve", "--port", "0")
    try:
        line = process.stdout.readline()
        url = line.partition("site is at ")[2].partition("/ ")[0]
        release = info(tmp_path)["release"]
        assert httpx.get(f"{url}/users/2?pagination=50").status_code == 200
        api = httpx.get(f"{url}/api/users/profiles?username=jo")
        assert (api.json()["release"], api.headers["x-release"]) == (release, release)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0

"""Arguments and options: which are accepted, and the messages for others."""

import click
import pytest

from function.errors import one_of
from function.query import ORDERS
from generator.cli.commands import ghdirectory
from tests.generator.cli.program import SMALL_SITE, info


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("seed nobody", "there are auto, users, org:NAME, repo:OWNER/NAME, "),
        ("seed orgs:python", "there is no source 'orgs:python'; did you mean 'org:python'?"),
        ("build list.csv", "there is no source 'list.csv'; did you mean 'file:list.csv'?"),
        ("seed repo:httpx", "'httpx' is not a repository like encode/httpx"),
        ("seed auto org:acme", "auto cannot be combined with other sources"),
        (
            "seed --max-wait soon",
            "'--max-wait': 'soon' is not a duration like 90 (seconds), 15m or 2h",
        ),
        ("seed -t 0", "'--total': 0 is not in the range 1 to 1,000,000,000"),
        ("seed -t 1000000001", "1000000001 is not in the range 1 to 1,000,000,000"),
        ("seed -t many", "'many' is not a valid integer"),
        ("seed --api-url api.github.com", "is not a URL like https://example.org/api"),
        ("build --page-sizes 0", "numbers from 1 to 100"),
        ("build --orders name", f"an order is {one_of(ORDERS)}; 'name'"),
        ("build --origin ftp://x", "is not an origin like"),
        ("bake --jobs 0", "0 is not in the range 1 to 256"),
        ("build --jobs 0", "0 is not in the range 1 to 256"),
        ("build --base-path a//b", "is not a path like"),
        ("build --base-path /../", "is not a path like"),
        ("seed --api-url http://u:pw@h", "is not a URL like"),
        ("seed --api-url http://h:99999", "is not a URL like"),
        ("serve --port 99999", "99999 is not in the range 0 to 65,535"),
        ("sing", "No such command 'sing'."),
        ("sed", "No such command 'sed'. Did you mean 'seed'?"),
        ("help sed", "Did you mean 'seed'?"),
        ("--total 5 build", "No such option '--total'."),
        ("--total 5 build", "Usage: ghdirectory COMMAND [OPTIONS]..."),
        ("--versio", "Did you mean '--version'?"),
        ("--total 5 build", "No such option '--total'. A command's options follow its name."),
        ("seed --limit 5", "No such option '--limit'. Did you mean '--total'?"),
        ("seed --count=5", "No such option '--count'. Did you mean '--total'?"),
        ("render --pagination 5", "Did you mean '--page-sizes'?"),
        ("render -page-sizes 3", "No such option '-page-sizes'. Did you mean '--page-sizes'?"),
        ("seed --tot 5", "No such option '--tot'. Did you mean '--total'?"),
        ("build --orde id", "No such option '--orde'. Did you mean '--orders'?"),
        (
            "build --source x",
            "No such option '--source'.\nExample: ghdirectory build file:users.csv",
        ),
        ("seed --db x", "Did you mean '--store'?"),
        ("bake --db x", "Did you mean '--database'?"),
        ("bake --out x", "Did you mean '--output'?"),
        ("check --out x", "Did you mean '--site'?"),
        ("check --output x", "Did you mean '--site'?"),
        ("build --dry-run", "No such option '--dry-run'. It is an option of seed, publish.\n"),
        ("serve --bind x", "Did you mean '--host'?"),
        ("build --token x", "The token is read from the environment variable GITHUB_TOKEN."),
        ("users", "It is a source: ghdirectory build users"),
        ("org:python", "It is a source: ghdirectory build org:python"),
        ("query jo", "'jo' has no parameter: did you mean 'username=jo'?"),
        ("query --limit 3", "Example: ghdirectory query 'username=jo&pagination=10&page=2'"),
        ("serve 8080", "argument (8080)\nExample: ghdirectory serve --port 8080\n"),
        ("render --no-dat", "'--no-data'"),
        ("seed -x", "No such option '-x'."),
        ("seed --total", "Option '--total' requires an argument"),
        ("seed --refresh=1", "Option '--refresh' does not take a value"),
        ("seed -- --refresh", "there is no source '--refresh'"),
        ("seed --max-wait --", "'--' is not a duration"),
        ("render x", "unexpected extra argument (x)"),
        ("query a=x y", "unexpected extra argument (y)"),
        ("build --title \udcff", "'--title': '\\udcff' contains characters that cannot"),
        ("bake --store .", "'--store': '.' is a folder\n"),
        ("check --site list.csv", "Folder 'list.csv' is a file."),
        ("publish", "Missing option '--bucket'."),
        ("serve --host=", "'--host': the name is empty"),
        ("check --site=", "'--site': the name is empty"),
        ("bake --title \x1b[31m", "cannot be displayed"),
        ("seed --api-url http://a/\x7f", "is not a URL like"),
        ("render --origin http://[", "is not an origin like"),
        ("render --origin http://a:99999", "is not an origin like"),
        ("publish --bucket=", "'--bucket': the name is empty"),
    ],
)
def test_bad_usage_exits_with_2_and_names_the_remedy(run, tmp_path, arguments, message):
    (tmp_path / "list.csv").touch()
    result = run(*arguments.split())
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_options_and_sources_may_be_mixed_and_a_value_may_begin_with_dashes(run, tmp_path):
    (tmp_path / "more.csv").write_text("id,login\n2,two\n")
    line = "build sample --orders -id,type -t 40 file:more.csv --title --ours --no-data"
    result = run(*line.split())
    assert (result.returncode, result.stderr) == (0, "")
    assert info(tmp_path)["orders"] == ["id", "-id", "type"]
    assert info(tmp_path)["source"] == "sample, file:more.csv"
    assert "<title>--ours: " in (tmp_path / "build/site/index.html").read_text()


def test_help_wins_over_bad_values_and_the_last_of_repeated_options_counts(run):
    assert run("render", "--jobs", "x", "-h").returncode == 0
    assert run("build", "sample", "--jobs", "x", "--jobs", "1", *SMALL_SITE).returncode == 0


def test_serve_listens_on_this_machine_alone_by_default():
    with click.Context(ghdirectory, **ghdirectory.context_settings) as parent:
        params = ghdirectory.commands["serve"].make_context("serve", [], parent).params
    assert params["host"] == "127.0.0.1"


def test_the_environment_replaces_the_default_api_url(run):
    assert run("seed", "sample", "--api-url", "http://h", api="nowhere").returncode == 0
    result = run("seed", "users", api="nowhere")
    assert (
        result.returncode,
        "'--api-url' (env var: 'GITHUB_API_URL'): 'nowhere' is" in result.stderr,
    ) == (2, True)

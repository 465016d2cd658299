"""`ghdirectory query`: the API's answer in a terminal or a pipe."""

import json
from contextlib import closing

import pytest

from function.answer import answer_profiles
from function.database import Directory
from tests.generator.cli.program import start


def test_query_prints_the_apis_answer(run, sample_directory):
    result = run("query", "?username=JO&order_by=type&pagination=10&page=2")
    body = json.loads(result.stdout)
    assert result.returncode == 0
    assert (body["page"], body["pagination"], len(body["profiles"])) == (2, 10, 10)
    assert body["source"] == "sample"
    refused = run("query", "page=0")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["parameter"] == "page"


def test_query_prints_utf_8_whatever_the_locale(sample_directory, tmp_path):
    process = start(
        tmp_path, "query", "pagination=\N{CYRILLIC SMALL LETTER YU}", PYTHONIOENCODING="ascii"
    )
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "")
    assert "\N{CYRILLIC SMALL LETTER YU}" in json.loads(output)["error"]


@pytest.mark.parametrize(
    "prefix", ["", "?", "/api/users/profiles?", "http://127.0.0.1:5000/api/users/profiles?"]
)
def test_a_query_may_be_a_url_or_a_path(run, sample_directory, prefix):
    body = json.loads(run("query", f"{prefix}username=jo?&id=1").stdout)
    assert body["links"]["self"] == "?page=1&pagination=25&username=jo%3F&id=1"


def test_query_prints_the_apis_bytes_and_indents_them_on_a_terminal(
    run, sample_directory, monkeypatch
):
    with closing(Directory(sample_directory)) as directory:
        body = answer_profiles(directory, [("username", "jo")]).body
    assert run("query", "username=jo").stdout == body.decode()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run("query", "username=jo").stdout == json.dumps(json.loads(body), indent=2) + "\n"


def test_explain_prints_the_sql_and_its_costs(run, sample_directory):
    result = run("query", "username=jo&page=2", "--explain")
    assert (result.returncode, result.stderr) == (0, "")
    assert "FROM lists WHERE term = ?\n    values: 'jo'\n" in result.stdout
    assert "pages of 4,096 bytes" in result.stdout
    refused = run("query", "page=0", "--explain")
    assert refused.returncode == 1
    assert "page must be a whole number from 1" in refused.stderr

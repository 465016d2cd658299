"""The page on the search index shows what the code does: its example is baked, and compared."""

import json
import re
import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from function import database, statements
from function.answer import answer_profiles
from function.contract import SCHEMA, Profile
from function.query import parse_query
from generator.bake import index as bake_index
from generator.explain import explain
from tests.factories import make_directory, make_profile

DOCUMENT = (Path(__file__).parents[1] / "docs/search-index.md").read_text()
LIMIT = re.compile(r"^\| `(\w+)` \| `([\w.]+)` \| (\d+) \| (\d+) \|", re.MULTILINE)
# The modules that import the constant by its name.
INTERVAL_USERS = (database, statements, bake_index)


def blocks(language: str) -> list[str]:
    """Return the code blocks of the page in *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def sessions(prompt: str) -> list[tuple[str, str]]:
    """Return each command of the page after *prompt*, with the output that follows it."""
    parts = [
        part
        for block in blocks("console")
        if block.startswith(prompt)
        for part in block.split(prompt)[1:]
    ]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


# The query that the page follows step by step, and its explanation.
((COMMAND, EXPLANATION),) = sessions("$ ghdirectory query ")
QUERY = parse_qsl(COMMAND.split("'")[1])


def example_users() -> list[Profile]:
    """Return the users that the page shows."""
    rows = {
        statement: [line.split("|") for line in output.splitlines()]
        for statement, output in sessions("sqlite> ")
    }
    types = dict(rows["SELECT * FROM types;"])
    urls = {identity: both for identity, *both in rows["SELECT * FROM addresses;"]}
    users = []
    for identity, packed_type, username in rows["SELECT * FROM users;"]:
        profile = make_profile(int(identity), username, type=types[str(int(packed_type) // 2)])
        if identity in urls:
            avatar_url, html_url = urls[identity]
            profile = profile._replace(avatar_url=avatar_url, html_url=html_url)
        users.append(profile)
    return users


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A directory of the page's users, baked and read with the limits of its example."""
    for name, module, _, example in LIMIT.findall(DOCUMENT):
        monkeypatch.setattr(import_module(module), name, int(example))
        if name == "ANCHOR_INTERVAL":
            for user in INTERVAL_USERS:
                monkeypatch.setattr(user, name, int(example))
    with closing(make_directory(tmp_path, example_users())) as directory:
        yield directory


def test_the_limits_are_those_of_the_code():
    limits = LIMIT.findall(DOCUMENT)
    assert len(limits) == 3
    for name, module, value, _ in limits:
        assert getattr(import_module(module), name) == int(value), name


@pytest.mark.parametrize("table", blocks("sql"), ids=lambda table: table.split()[2])
def test_each_table_is_in_the_schema(table):
    assert table in SCHEMA


def test_each_statement_returns_the_rows_that_are_shown(directory):
    with closing(sqlite3.connect(directory.path)) as sql:
        for statement, output in sessions("sqlite> "):
            rows = sql.execute(statement).fetchall()
            shown = ["|".join("" if x is None else str(x) for x in row) for row in rows]
            assert shown == output.splitlines(), statement


def without_other_steps(explanation: str) -> list[str]:
    """Return the lines of *explanation*, but of a plan only the searches.

    Other steps depend on SQLite's version.
    """
    other_steps = re.compile("    (?!values|rows|SEARCH)")
    return [line for line in explanation.splitlines() if not other_steps.match(line)]


def test_the_query_executes_the_statements_that_are_shown(directory):
    explanation, *_ = str(explain(directory.path, parse_query(QUERY))).partition("\nrows: ")
    assert without_other_steps(explanation) == without_other_steps(EXPLANATION)


def test_the_answer_is_the_one_that_is_shown(directory):
    (shown,) = map(json.loads, blocks("json"))
    answer = json.loads(answer_profiles(directory, QUERY).body)
    for profile in (*answer["profiles"], answer["exact"]):
        del profile["avatar_url"], profile["html_url"]
    assert {name: answer[name] for name in shown} == shown


def test_the_reverse_order_executes_the_same_statements(directory):
    first, reverse = (
        explain(directory.path, parse_query(parse_qsl(query))).statements
        for query in re.findall(r"`(username=octo&pagination=1[^`]*)`", DOCUMENT)
    )
    assert first == reverse

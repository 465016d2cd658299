import sqlite3
from contextlib import closing

import pytest

from function.query import ProfileQuery
from generator.bake.terms import frequency_threshold
from generator.explain import explain
from tests.factories import make_directory, make_profile


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A directory of 3,000 users."""
    folder = tmp_path_factory.mktemp("explain")
    make_directory(folder, map(make_profile, range(1, 3001))).close()
    return folder / "directory.db"


def test_an_explanation_has_statements_plans_pages_and_times(database):
    explanation = explain(database, ProfileQuery(page=100))
    anchor, rows = explanation.statements
    assert anchor.sql.startswith("SELECT substr(ids, ")
    # Page 100 starts at position 2,475 of list 0. Anchor 77 is before it, at position 2,464.
    assert anchor.values == (4 * 77 + 1, 4, 0, 0)
    assert anchor.plan == ("SEARCH anchors USING PRIMARY KEY (list=? AND number=?)",)
    assert rows.values == (2465, 25, 2475 - 2464)
    assert rows.plan == ("SEARCH u USING INTEGER PRIMARY KEY (rowid>?)",)
    assert (anchor.row_count, rows.row_count) == (1, 25)
    assert explanation.pages_read is None or 1 <= explanation.pages_read <= 16
    assert 0 < explanation.repeated_seconds <= explanation.first_seconds


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(ProfileQuery(page=120, order_by="-id"), id="last page"),
        pytest.param(ProfileQuery(page=100, order_by="type", type="user"), id="type"),
        pytest.param(ProfileQuery(page=30, username="er-1"), id="frequent term"),
        pytest.param(ProfileQuery(page=100, username="user-"), id="term of all users"),
        pytest.param(ProfileQuery(username="user-2999"), id="rare term"),
    ],
)
def test_no_query_scans_users_or_sorts(database, query):
    for statement in explain(database, query).statements:
        assert not any(step.startswith("SCAN u") for step in statement.plan)
        assert not any("TEMP B-TREE" in step for step in statement.plan)


def test_the_user_of_that_whole_name_is_looked_up_by_id(tmp_path):
    make_directory(tmp_path, [*map(make_profile, range(1, 151)), make_profile(200, "USER")]).close()
    statement = explain(tmp_path / "directory.db", ProfileQuery(username="user")).statements[-1]
    assert (statement.values, statement.row_count) == ((200,), 1)
    assert statement.plan == ("SEARCH users USING INTEGER PRIMARY KEY (rowid=?)",)


def test_an_explanation_is_printed_as_lines(tmp_path):
    make_directory(tmp_path).close()
    text = str(explain(tmp_path / "directory.db", ProfileQuery(id=1)))
    assert text.splitlines()[:4] == [
        "SELECT id, type, username FROM users WHERE id = ?",
        "    values: 1",
        "    SEARCH users USING INTEGER PRIMARY KEY (rowid=?)",
        "    rows: 1",
    ]
    assert "pages of 4,096 bytes read by a fresh connection: " in text


def test_a_term_with_nul_is_explained(tmp_path):
    make_directory(tmp_path).close()
    explanation = explain(tmp_path / "directory.db", ProfileQuery(username="l\0a"))
    assert any("l\0a" in step.values and step.row_count == 1 for step in explanation.statements)


def count_instructions(path, query):
    """Return how many instructions SQLite's virtual machine executes for *query*."""
    count = 0

    def add() -> None:
        nonlocal count
        count += 1

    with closing(sqlite3.connect(path)) as sql:
        sql.set_progress_handler(add, 1)
        for statement in explain(path, query).statements:
            sql.execute(statement.sql, statement.values).fetchall()
    return count


def test_each_page_of_a_term_that_only_the_newest_users_have_is_as_little_work(tmp_path):
    """Older users have the parts abc and bcd, by which abcd is looked up."""
    names = [
        *(f"x{n}" for n in range(1000)),
        *(f"abc{n}bcd" for n in range(2500)),
        *(f"{n}abcd" for n in range(2500)),
    ]
    make_directory(tmp_path, map(make_profile, range(1, 6001), names)).close()
    query = ProfileQuery(username="abcd")
    pages = {
        page: count_instructions(tmp_path / "directory.db", query.on_page(page))
        for page in (1, 2, 50, 100)
    }
    assert max(pages.values()) < 2 * min(pages.values())


@pytest.mark.slow
@pytest.mark.parametrize("users", [4_999, 11_999, 29_999, 40_000])
def test_a_page_of_a_frequent_term_reads_at_most_16_pages_of_the_file(tmp_path, users):
    """The worst case is the rarest frequent term, when its users are evenly spread."""
    frequent = frequency_threshold(users)
    interval = users // frequent
    make_directory(
        tmp_path,
        (
            make_profile(n, f"{'rare' if n % interval == 1 else 'name'}-{n}")
            for n in range(1, users)
        ),
    ).close()
    for page in (1, 2, frequent // 25):
        explanation = explain(tmp_path / "directory.db", ProfileQuery(page, username="rare"))
        assert explanation.statements[-1].row_count >= 25 or page > 2
        assert explanation.pages_read is None or explanation.pages_read <= 16

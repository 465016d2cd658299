import pytest

from function.query import ProfileQuery
from generator.bake.index import least_frequent
from generator.explain import explain
from tests.factories import make_directory, make_profile


def test_an_explanation_has_the_statements_their_plans_and_what_they_read(tmp_path):
    make_directory(tmp_path, map(make_profile, range(1, 3001))).close()
    found = explain(tmp_path / "directory.db", ProfileQuery(page=100))
    anchor, rows = found.statements
    assert anchor.sql.startswith("SELECT substr(ids, ")
    assert anchor.values == (4 * 77 + 1, 4, 0, 0)  # users 2,464 on, of the first list
    assert anchor.plan == ("SEARCH anchors USING PRIMARY KEY (list=? AND number=?)",)
    assert rows.values == (2465, 25, 2475 - 2464)
    assert rows.plan == ("SEARCH u USING INTEGER PRIMARY KEY (rowid>?)",)
    assert (anchor.rows, rows.rows) == (1, 25)
    assert found.pages is None or 1 <= found.pages <= 16
    assert 0 < found.then <= found.first


def test_no_list_is_gone_through_from_its_start(tmp_path):
    make_directory(tmp_path, map(make_profile, range(1, 3001))).close()
    for query in (
        ProfileQuery(page=120, order_by="-id"),
        ProfileQuery(page=100, order_by="type", type="user"),
        ProfileQuery(page=30, username="er-1"),
        ProfileQuery(page=100, username="user-"),
        ProfileQuery(username="user-2999"),
    ):
        for statement in explain(tmp_path / "directory.db", query).statements:
            assert not any(step.startswith("SCAN u") for step in statement.plan), query
            assert not any("TEMP B-TREE" in step for step in statement.plan), query


def test_it_is_said_in_lines(tmp_path):
    make_directory(tmp_path).close()
    said = str(explain(tmp_path / "directory.db", ProfileQuery(id=1)))
    assert said.splitlines()[:4] == [
        "SELECT id, type, username FROM users WHERE id = ?",
        "    values: 1",
        "    SEARCH users USING INTEGER PRIMARY KEY (rowid=?)",
        "    rows: 1",
    ]
    assert "pages of 4,096 bytes read by a fresh connection: " in said


def test_a_value_that_sqlite_would_cut_is_explained_like_any_other(tmp_path):
    make_directory(tmp_path).close()
    found = explain(tmp_path / "directory.db", ProfileQuery(username="l\0a"))
    assert any("l\0a" in one.values and one.rows == 1 for one in found.statements)


@pytest.mark.slow
@pytest.mark.parametrize("users", [4_999, 11_999, 29_999, 40_000])
def test_a_page_of_a_frequent_term_is_on_few_pages_of_the_file(tmp_path, users):
    """The rarest that count as frequent, evenly spread, is the worst."""
    having = least_frequent(users)
    apart = users // having
    make_directory(
        tmp_path,
        (make_profile(n, f"{'rare' if n % apart == 1 else 'name'}-{n}") for n in range(1, users)),
    ).close()
    for page in (1, 2, having // 25):
        found = explain(tmp_path / "directory.db", ProfileQuery(page, username="rare"))
        assert found.statements[-1].rows >= 25 or page > 2
        assert found.pages is None or found.pages <= 16

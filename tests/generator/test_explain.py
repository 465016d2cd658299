from function.query import ProfileQuery
from generator.explain import explain
from tests.factories import make_directory, make_profile


def test_an_explanation_has_the_statements_their_plans_and_what_they_read(tmp_path):
    make_directory(tmp_path, map(make_profile, range(1, 3001))).close()
    found = explain(tmp_path / "directory.db", ProfileQuery(page=100))
    anchor, rows = found.statements
    assert anchor.sql.startswith("SELECT substr(ids, ")
    assert anchor.plan == ("SEARCH anchors USING PRIMARY KEY (list=? AND number=?)",)
    assert "LIMIT 25 OFFSET " in rows.sql
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
    assert said.splitlines()[:3] == [
        "SELECT id, type, username FROM users WHERE id = 1",
        "    SEARCH users USING INTEGER PRIMARY KEY (rowid=?)",
        "    rows: 1",
    ]
    assert "pages of 4,096 bytes read by a fresh connection: " in said

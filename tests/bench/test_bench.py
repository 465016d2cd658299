"""The benchmarks run, at a size that takes no time. What they measure is not judged here."""

from tests.bench import seeding


def test_seeding_is_measured_at_any_size(tmp_path, capsys):
    seeding.bench_scale(tmp_path, 250)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("250 users: ") for line in lines[1:])


def test_the_plain_design_stores_the_same_users(tmp_path):
    seeding.plain_seed(250, tmp_path / "plain.db")
    users = seeding.sources.parse("users", seeding.API)
    seeding.seed(users, 250, tmp_path / "users.db")
    with seeding.closing(seeding.sqlite3.connect(tmp_path / "plain.db")) as plain:
        expected = plain.execute("SELECT * FROM users ORDER BY id").fetchall()
    with seeding.closing(seeding.sqlite3.connect(tmp_path / "users.db")) as sql:
        columns = "id, username, type, avatar_url, html_url"
        found = sql.execute(f"SELECT {columns} FROM github_users ORDER BY id").fetchall()
    assert found == expected
    assert len(found) == 250


def test_memory_is_measured():
    assert 1 < seeding.peak() < 10_000

"""The benchmarks run, with few users. Their measurements are not checked."""

import csv
import re
import shutil

import pytest

from bench import building, publishing, queries, rendering, seeding
from bench.contenders import jinja_loop, native, sameness
from bench.users import users


@pytest.mark.slow
def test_seeding_is_measured_at_any_size(tmp_path, capsys):
    seeding.bench_scale(tmp_path, 250)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("250 users: ") for line in lines[1:])


def test_the_plain_design_stores_the_same_users(tmp_path):
    seeding.plain_seed(250, tmp_path / "plain.db")
    users = seeding.sources.parse_source("users", seeding.API)
    seeding.seed(users, 250, tmp_path / "users.db")
    with seeding.closing(seeding.sqlite3.connect(tmp_path / "plain.db")) as plain:
        expected = plain.execute("SELECT * FROM users ORDER BY id").fetchall()
    with seeding.closing(seeding.sqlite3.connect(tmp_path / "users.db")) as sql:
        columns = "id, username, type, avatar_url, html_url"
        found = sql.execute(f"SELECT {columns} FROM github_users ORDER BY id").fetchall()
    assert found == expected
    assert len(found) == 250


@pytest.mark.slow
def test_queries_are_measured_and_have_the_answers_of_naive_sql(tmp_path, capsys):
    queries.bench(tmp_path, 10_000, 1000, mix=40)
    output = capsys.readouterr().out
    for kind in queries.kinds():
        assert output.count(f"\n{kind.name} ") >= 1
    assert "\nlimit " in output
    assert "bytes a user" in output


@pytest.mark.slow
def test_rendering_is_measured_without_a_network(tmp_path, capsys):
    rendering.bench(tmp_path, count=300, larger=400, smaller=250, rounds=1)
    output = capsys.readouterr().out
    assert f"\n{jinja_loop.NAME} / render" in output
    assert shutil.which("cc") is None or f"\nrender / {native.NAME}" in output
    assert re.search("\nfiles written where nothing changed +0 +0\n", output)
    assert "\nMiB of memory, 400 users" in output


@pytest.mark.slow
def test_a_whole_build_is_measured_without_a_network(tmp_path, capsys):
    building.bench(tmp_path, count=300, larger=400, rounds=1)
    output = capsys.readouterr().out
    assert re.search(r"\nthe same build again / the first +0.05 +[0-9.]+", output)
    assert re.search(r"\n400 users, [0-9]+ pages\n", output)


@pytest.mark.slow
def test_publishing_is_measured(tmp_path, capsys):
    publishing.bench(tmp_path, count=40, rounds=1)
    assert "\npublish 40 pages, 32 at a time " in capsys.readouterr().out


def test_a_contender_with_different_pages_is_an_error(tmp_path):
    page = "<!doctype html>\n<p>a &amp; b</p><a href='/%C3%A9'>1</a>"
    for name, text in (
        ("ours", page),
        ("alike", page.replace("&amp;", "&#38;").replace("%C3%A9", "é").replace("<p>", " <p>")),
        ("other", page.replace("b", "c")),
        ("more", page + "<p>"),
    ):
        (tmp_path / name / "users").mkdir(parents=True)
        (tmp_path / name / "users/1.html").write_text(text)
    (tmp_path / "none").mkdir()
    sameness.compare("alike", tmp_path / "ours", tmp_path / "alike")
    for name in ("other", "more", "none"):
        with pytest.raises(sameness.Different, match=name):
            sameness.compare(name, tmp_path / "ours", tmp_path / name)


def test_invented_users_have_ascending_ids_and_never_change():
    profiles = list(users(500))
    assert profiles == list(users(500))
    ids = [profile.id for profile in profiles]
    assert ids == sorted(set(ids))
    assert {profile.type for profile in profiles} >= {"User", "Organization"}


def test_each_user_of_a_whole_build_has_a_login_of_its_own(tmp_path):
    building.write_csv(tmp_path / "users.csv", 5000)
    with (tmp_path / "users.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["username"].lower() for row in rows}) == len(rows) == 5000


def test_peak_memory_is_read_in_mib():
    assert 1 < seeding.peak_memory() < 10_000

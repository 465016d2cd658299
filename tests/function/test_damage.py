"""A damaged directory gives right answers or a clear error, as far as damage can be recognized."""

import random
import sqlite3
from contextlib import closing

import pytest

from function.database import Directory
from function.database_file import read_release
from function.errors import DatabaseMismatch
from function.query import ORDERS, ProfileQuery
from tests.factories import ODD, damage_users, make_directory, make_profile
from tests.oracle import VARIED, expected_exact, expected_page


def change(path, *statements):
    with closing(sqlite3.connect(path)) as sql, sql:
        for statement in statements:
            sql.execute(statement)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The file of 2,000 users. One has explicit URLs, and one is called exactly "user"."""
    folder = tmp_path_factory.mktemp("damage")
    profiles = [
        *(make_profile(n, type="Bot" if n % 5 == 0 else "User") for n in range(2, 2000)),
        make_profile(3000, "user"),
        ODD[-1],
    ]
    profiles[7] = profiles[7]._replace(html_url="https://ghe.test/9")
    make_directory(folder, profiles).close()
    return (folder / "directory.db").read_bytes()


@pytest.fixture
def path(tmp_path, content):
    path = tmp_path / "directory.db"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("DELETE FROM about", id="summary"),
        pytest.param("DELETE FROM lists", id="all lists"),
        pytest.param("DELETE FROM lists WHERE term = '' AND kind = -1", id="list of all users"),
        pytest.param("DELETE FROM lists WHERE term = '' AND kind = 1", id="list of a type"),
        pytest.param("UPDATE lists SET users = users + 1 WHERE kind = 0", id="total of a type"),
        pytest.param("DELETE FROM types WHERE code = 0", id="type"),
        pytest.param("UPDATE types SET type = CAST(x'ff' AS TEXT)", id="type that is no UTF-8"),
        pytest.param("UPDATE about SET id_bytes = 0", id="size of anchors"),
        pytest.param("DELETE FROM grams_data", id="posting lists"),
    ],
)
def test_a_directory_with_a_damaged_summary_is_refused(path, statement):
    change(path, statement)
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        Directory(path)


def test_a_table_whose_definition_is_damaged_is_refused(path, content):
    path.write_bytes(content.replace(b"CREATE TABLE about", b"CREATE TAB\xd4E about"))
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        Directory(path)


@pytest.mark.parametrize(
    ("statement", "query"),
    [
        pytest.param("DELETE FROM anchors", ProfileQuery(page=50), id="anchors"),
        pytest.param("UPDATE anchors SET ids = x'0102'", ProfileQuery(page=50), id="short anchor"),
        pytest.param("DELETE FROM addresses", ProfileQuery(), id="URLs"),
        pytest.param("UPDATE users SET type = 98 WHERE id = 7", ProfileQuery(), id="type"),
        pytest.param(
            "UPDATE users SET type = 98 WHERE id = 7", ProfileQuery(id=7), id="type by id"
        ),
        pytest.param("UPDATE users SET type = type | 1", ProfileQuery(page=2), id="packed type"),
        pytest.param("DELETE FROM users WHERE id = 1990", ProfileQuery(page=80), id="user"),
        pytest.param(
            "UPDATE users SET username = CAST(x'75ff' AS TEXT)", ProfileQuery(), id="no UTF-8"
        ),
        pytest.param(
            "DELETE FROM users WHERE id = 3000", ProfileQuery(username="user"), id="exact"
        ),
        pytest.param(
            "DELETE FROM lists WHERE term = 'user' AND kind = -1",
            ProfileQuery(username="user", type="bot"),
            id="list of a term",
        ),
        pytest.param(
            "DELETE FROM lists WHERE term = 'user' AND kind = 1",
            ProfileQuery(username="user", type="bot"),
            id="list of a term and type",
        ),
        pytest.param(
            "UPDATE lists SET match = '\"'", ProfileQuery(username="er-1"), id="query of a list"
        ),
        pytest.param(
            "UPDATE lists SET match = '\"x\"'", ProfileQuery(username="er-1"), id="posting list"
        ),
    ],
)
def test_an_answer_that_needs_a_damaged_row_is_an_error(path, statement, query):
    change(path, statement)
    with closing(Directory(path)) as directory, pytest.raises(DatabaseMismatch, match="damaged"):
        directory.find(query)


def test_a_frequent_term_that_is_taken_for_a_rare_one_has_the_same_users(path):
    query = ProfileQuery(2, 100, "-type", "er-12", type="user")
    with closing(Directory(path)) as directory:
        page = directory.find(query)
    change(path, "DELETE FROM lists WHERE term = 'er-12'")
    with closing(Directory(path)) as directory:
        assert directory.find(query) == page


def test_an_overwritten_page_of_the_file_is_damage(path):
    damage_users(path)
    with closing(Directory(path)) as directory, pytest.raises(DatabaseMismatch, match="damaged"):
        directory.find(ProfileQuery())


@pytest.mark.parametrize("in_memory", [False, True], ids=["file", "memory"])
def test_a_file_of_another_release_is_refused_by_its_digest(path, in_memory):
    release = read_release(path)
    change(path, "UPDATE users SET username = 'user-8' WHERE id = 7")
    with pytest.raises(
        DatabaseMismatch, match=f"not {release}: it is damaged, or of another build"
    ):
        Directory(path, release=release, in_memory=in_memory)


def test_a_release_that_is_not_verified_is_believed(path):
    with closing(Directory(path, release="0123456789abcdef", verify=False)) as directory:
        assert directory.release == "0123456789abcdef"


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "removed"])
def test_a_directory_in_memory_answers_whatever_happens_to_its_file(path, damage):
    with closing(Directory(path)) as directory:
        expected = [directory.find(ProfileQuery(page)) for page in range(1, 81)]
    with closing(Directory(path, in_memory=True)) as directory:
        if damage == "truncated":
            with path.open("rb+") as file:
                file.truncate(4096)
        elif damage == "overwritten":
            path.write_bytes(b"\xff" * path.stat().st_size)
        else:
            path.unlink()
        assert [directory.find(ProfileQuery(page)) for page in range(1, 81)] == expected


QUERIES = [
    *(
        ProfileQuery(2, 7, order_by, "an", type=type_)
        for order_by in ORDERS
        for type_ in (None, "bot")
    ),
    *(ProfileQuery(9, 25, order_by) for order_by in ORDERS),
    *(ProfileQuery(username=term) for term in ("a", "annan", "[bot]", "xjo", "\0", "nobody")),
    *(ProfileQuery(id=user_id) for user_id in (1, 100, 601)),
]


def test_a_wrong_bit_is_found_by_the_release_and_else_gives_an_answer_or_an_error(tmp_path):
    """Without the release, a wrong bit in a name or a total may be answered."""
    profiles = VARIED[:600]
    expected = [(*expected_page(profiles, q), expected_exact(profiles, q)) for q in QUERIES]
    with closing(make_directory(tmp_path, profiles)) as directory:
        path, release = directory.path, directory.release
    content, chance, answers = path.read_bytes(), random.Random(3), set()
    for _ in range(80):
        damaged = bytearray(content)
        damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(DatabaseMismatch):
            Directory(path, release=release)
        try:
            with closing(Directory(path)) as directory:
                for query, right in zip(QUERIES, expected, strict=True):
                    page = directory.find(query)
                    answers.add((list(page.profiles), page.total, page.exact) == right)
        except DatabaseMismatch:
            answers.add("error")
    assert {True, "error"} <= answers

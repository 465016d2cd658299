import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.contract import Profile, implied_urls
from function.database import Directory
from function.errors import DatabaseMismatch
from function.query import ORDERS
from generator.reading import read_columns, read_cut, read_places, read_profiles
from tests.factories import damage_users, make_directory, make_profile
from tests.oracle import VARIED, expected_list


@pytest.mark.parametrize("order_by", ORDERS)
def test_every_profile_is_read_in_the_order_of_the_api(varied_directory, order_by):
    assert list(read_profiles(varied_directory, order_by)) == expected_list(VARIED, order_by)


def test_places_are_positions_and_usernames_by_id(varied_directory):
    users = expected_list(VARIED, "id")
    missing = users[-1].id + 1
    ids = [missing, *(user.id for user in users[::-7]), users[0].id]
    places = read_places(varied_directory, ids)
    assert places == {users[p].id: (p, users[p].username) for p, _ in places.values()}
    assert places.keys() == {*ids} - {missing}


@given(
    order_by=st.sampled_from(ORDERS),
    type_=st.sampled_from([None, "user", "Organization", "BOT", "", "none of these"]),
    start=st.integers(0, len(VARIED) + 9),
    count=st.integers(0, 300) | st.just(len(VARIED)),
)
def test_columns_are_a_slice_of_the_list(varied_directory, order_by, type_, start, count):
    columns = read_columns(varied_directory, order_by, type_, start, start + count)
    rows = [columns.row(position) for position in range(len(columns.ids))]
    explicit = varied_directory.explicit_urls(rows)
    profiles = [
        Profile(
            user_id,
            username,
            varied_directory.type_names[packed_type >> 1],
            *(explicit.get(user_id) or implied_urls(user_id, username)),
        )
        for user_id, packed_type, username in rows
    ]
    assert profiles == expected_list(VARIED, order_by, type_)[start : start + count]


def test_columns_of_a_damaged_directory_are_an_error(tmp_path):
    make_directory(tmp_path, map(make_profile, range(2000))).close()
    damage_users(tmp_path / "directory.db")
    with (
        closing(Directory(tmp_path / "directory.db")) as directory,
        pytest.raises(DatabaseMismatch, match="damaged one"),
    ):
        read_columns(directory, "id", None, 0, 2000)


def test_columns_of_a_directory_that_lost_users_are_an_error(tmp_path):
    make_directory(tmp_path, map(make_profile, range(120))).close()
    path = tmp_path / "directory.db"
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("DELETE FROM users WHERE id >= 30")
        sql.commit()
    with closing(Directory(path)) as directory:
        assert len(read_columns(directory, "id", None, 0, 30).ids) == 30
        for start in (20, 90):
            with pytest.raises(DatabaseMismatch, match="users instead of"):
                read_columns(directory, "id", None, start, start + 20)


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        pytest.param(
            "UPDATE users SET type = 98",
            lambda directory: read_columns(directory, "id", None, 0, 9),
            id="unknown type",
        ),
        pytest.param("CREATE TABLE cut (users)", read_cut, id="empty limit"),
        pytest.param("CREATE TABLE cut AS SELECT 1", read_cut, id="limit without its column"),
    ],
)
def test_rows_of_another_shape_are_an_error(tmp_path, statement, read):
    make_directory(tmp_path, map(make_profile, range(9))).close()
    path = tmp_path / "directory.db"
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute(statement)
    with closing(Directory(path)) as directory, pytest.raises(DatabaseMismatch, match="damaged"):
        read(directory)

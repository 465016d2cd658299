import hashlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.contract import APPLICATION_ID, SCHEMA_VERSION, Profile
from function.database import Directory
from function.errors import DatabaseMismatch
from function.query import ProfileQuery
from tests.factories import ABOUT, ODD, make_directory, make_profile


def ascii_lower(text: str) -> str:
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)


def by_brute_force(query: ProfileQuery) -> tuple[list[Profile], int]:
    """Filter, sort and slice in plain Python, as the promise is worded."""
    found = [
        p
        for p in ODD
        if (query.username is None or ascii_lower(query.username) in ascii_lower(p.username))
        and (query.id is None or p.id == query.id)
        and (query.type is None or ascii_lower(p.type) == ascii_lower(query.type))
    ]
    found.sort(key=lambda p: (p.type, p.id) if query.order_by == "type" else p.id)
    start = (query.page - 1) * query.pagination
    return found[start : start + query.pagination], len(found)


parts_of_names = st.sampled_from(ODD).flatmap(
    lambda p: st.tuples(st.integers(0, len(p.username)), st.integers(1, 5)).map(
        lambda at: p.username[at[0] : at[0] + at[1]]
    )
)
terms = st.one_of(
    st.sampled_from(["-", "--", "%", "_", "\\", "'", '"', "[bot]", "\0", "Ü", "ü", "z" * 5000]),
    parts_of_names,
    parts_of_names.map(str.swapcase),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
).filter(bool)
queries = st.builds(
    ProfileQuery,
    page=st.integers(1, 6) | st.sampled_from([10**18, 2**63, 2**64]),
    pagination=st.integers(1, 8) | st.just(100),
    order_by=st.sampled_from(["id", "type"]),
    username=st.none() | terms,
    id=st.none() | st.sampled_from([p.id for p in ODD] + [0, 2**31, 2**63, 2**63 + 1]),
    type=st.none() | st.sampled_from([p.type for p in ODD] + ["USER", "bot", "a & b <I>", "x"]),
)


@given(query=queries)
def test_a_page_is_what_brute_force_finds(directory, query):
    page = directory.find(query)
    assert (list(page.profiles), page.total) == by_brute_force(query)


def test_the_pages_of_a_list_joined_are_the_list(directory):
    for order_by in ("id", "type"):
        pages = [
            directory.find(ProfileQuery(page=number, pagination=4, order_by=order_by)).profiles
            for number in range(1, 8)
        ]
        assert [p for page in pages for p in page] == list(directory.profiles(order_by))


def test_the_release_is_the_digest_of_the_file(tmp_path):
    directory = make_directory(tmp_path)
    digest = hashlib.sha256((tmp_path / "directory.db").read_bytes()).hexdigest()
    assert directory.release == digest[:16]
    directory.close()


def test_it_says_what_is_listed(directory):
    assert directory.about == ABOUT
    assert directory.users == len(ODD)
    assert directory.types["user"] == 1


def test_it_opens_where_nothing_can_be_written(tmp_path):
    make_directory(tmp_path).close()
    (tmp_path / "directory.db").chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        directory = Directory(tmp_path / "directory.db")
        assert directory.find(ProfileQuery(id=1)).profiles == (ODD[0],)
        directory.close()
    finally:
        tmp_path.chmod(0o700)


def stamped(path: Path, application_id: int, version: int) -> None:
    sql = sqlite3.connect(path)
    sql.execute(f"PRAGMA application_id = {application_id}")
    sql.execute(f"PRAGMA user_version = {version}")
    sql.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda path: None, "cannot read .*No such file", id="no file"),
        pytest.param(lambda path: path.mkdir(), "cannot read .*Is a directory", id="a folder"),
        pytest.param(lambda path: path.write_bytes(b""), "stamped 0x0 version 0", id="empty"),
        pytest.param(
            lambda path: path.write_text("id,login\n" * 200), "not a directory database", id="CSV"
        ),
        pytest.param(lambda path: stamped(path, 1, 1), "stamped 0x1 version 1", id="another's"),
        pytest.param(
            lambda path: stamped(path, APPLICATION_ID, 99), "version 99", id="another version"
        ),
        pytest.param(
            lambda path: stamped(path, APPLICATION_ID, SCHEMA_VERSION),
            "or a damaged one .no such table",
            id="stamped, and empty",
        ),
    ],
)
def test_a_file_that_is_not_a_directory_is_refused_by_name(tmp_path, make, says):
    path = tmp_path / "other.db"
    make(path)
    with pytest.raises(DatabaseMismatch, match=says) as refused:
        Directory(path)
    assert str(path) in str(refused.value)


def test_damage_behind_the_stamps_is_named(tmp_path):
    make_directory(tmp_path, map(make_profile, range(2000))).close()
    path = tmp_path / "directory.db"
    content = path.read_bytes()
    path.write_bytes(content[:20_000] + b"\xff" * 100_000 + content[120_000:])
    directory = Directory(path)
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        list(directory.profiles("id"))
    directory.close()


def test_a_directory_that_does_not_say_what_it_lists_is_damaged(tmp_path):
    make_directory(tmp_path).close()
    sql = sqlite3.connect(tmp_path / "directory.db")
    with sql:
        sql.execute("DELETE FROM about")
    sql.close()
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        Directory(tmp_path / "directory.db")


def test_profiles_come_back_exactly_as_they_were_sent(tmp_path):
    odd = replace(ODD[0], avatar_url="https://example.com/?a=1&b=2#c", html_url="weird: ü\0")
    directory = make_directory(tmp_path, [odd])
    assert directory.find(ProfileQuery()).profiles == (odd,)
    directory.close()

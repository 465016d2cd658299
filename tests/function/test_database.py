import random
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function.contract import Profile, implied_urls
from function.database import Directory
from function.errors import DatabaseMismatch
from function.query import ProfileQuery
from generator.bake import index
from generator.reading import read_columns, read_profiles
from tests.factories import ABOUT, ODD, make_directory, make_profile


def ascii_lower(text: str) -> str:
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)


def by_brute_force(profiles, query: ProfileQuery) -> tuple[list[Profile], int]:
    """Filter, sort and slice in plain Python, as the promise is worded."""
    found = [
        p
        for p in profiles
        if (query.username is None or ascii_lower(query.username) in ascii_lower(p.username))
        and (query.id is None or p.id == query.id)
        and (query.type is None or ascii_lower(p.type) == ascii_lower(query.type))
    ]
    found.sort(
        key=lambda p: (p.type, p.id) if query.order_by.endswith("type") else p.id,
        reverse=query.order_by.startswith("-"),
    )
    start = (query.page - 1) * query.pagination
    return found[start : start + query.pagination], len(found)


def terms_among(profiles):
    """Give terms that some of *profiles* have, in one case or another, and some that none has."""
    parts = st.sampled_from(profiles).flatmap(
        lambda p: st.tuples(st.integers(0, len(p.username)), st.integers(1, 8)).map(
            lambda at: p.username[at[0] : at[0] + at[1]]
        )
    )
    odd = ["-", "--", "%", "_", "\\", "'", '"', "[bot]", "\0", "Ü", "ü", "=1", "_00", "z" * 5000]
    return st.one_of(
        st.sampled_from(odd),
        parts,
        parts.map(str.swapcase),
        parts.map(lambda part: part[::-1]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    ).filter(bool)


def queries_among(profiles, last_page=6):
    ids = [p.id for p in profiles]
    types = sorted({p.type for p in profiles})
    return st.builds(
        ProfileQuery,
        page=st.integers(1, last_page) | st.sampled_from([10**18, 2**63, 2**64]),
        pagination=st.integers(1, 8) | st.sampled_from([25, 64, 100]),
        order_by=st.sampled_from(["id", "type", "-id", "-type"]),
        username=st.none() | terms_among(profiles),
        id=st.none() | st.sampled_from([*ids, 0, 2**31, 2**63, 2**63 + 1]),
        type=st.none() | st.sampled_from([*types, *map(str.swapcase, types), "x"]),
    )


@given(query=queries_among(ODD))
def test_a_page_is_what_brute_force_finds(directory, query):
    page = directory.find(query)
    assert (list(page.profiles), page.total) == by_brute_force(ODD, query)


def many_odd(count: int) -> list[Profile]:
    """Return users with names of few characters and odd ones, of several types, some alike."""
    chance = random.Random(7)
    parts = ["ann", "Bo", "an", "-", "--", "x", "jo", "[bot]", "%", "_", '"', "\\", "\0", "ü", "é"]
    types = ["User"] * 30 + ["Organization"] * 8 + ["user", "USER", "Bot", "A & B", "Ünit", ""]
    found = []
    for number in range(count):
        name = "".join(
            chance.choices(parts, [9, 9, 9, 5, 1, 5, 5, *[1] * 8], k=chance.choice((1, 2, 3, 4)))
        )
        plain = make_profile(number * 3 + 1, name, type=chance.choice(types))
        if number % 11 == 0:
            plain = plain._replace(html_url=f"https://ghe.test/{number}")
        found.append(plain)
    return found


MANY = many_odd(3000)


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    found = make_directory(tmp_path_factory.mktemp("many"), MANY)
    yield found
    found.close()


@pytest.mark.slow
@settings(max_examples=300)
@given(query=queries_among(MANY, last_page=130))
def test_a_page_of_a_large_directory_is_what_brute_force_finds(many, query):
    page = many.find(query)
    assert (list(page.profiles), page.total) == by_brute_force(MANY, query)


@pytest.mark.parametrize("order_by", ["id", "type", "-id", "-type"])
@pytest.mark.parametrize("type", [None, "user", "organization", "bot", ""])
@pytest.mark.parametrize("username", [None, "a", "an", "ann", "annan", "bo-", "-", "[BOT]", "\0"])
def test_every_page_of_a_list_is_what_brute_force_finds(many, order_by, type, username):
    query = ProfileQuery(1, 97, order_by, username, type=type)
    found, total = by_brute_force(MANY, query._replace(pagination=10**6))
    for page in range(1, -(-total // 97) + 2):
        answer = many.find(query.on_page(page))
        assert (list(answer.profiles), answer.total) == (found[(page - 1) * 97 : page * 97], total)


@given(
    order_by=st.sampled_from(["id", "type", "-id", "-type"]),
    type=st.sampled_from([None, "user", "Organization", "BOT", "", "none of these"]),
    start=st.integers(0, len(MANY) + 9),
    count=st.integers(0, 300) | st.just(len(MANY)),
)
def test_columns_are_what_brute_force_finds(many, order_by, type, start, count):
    expected, _ = by_brute_force(MANY, ProfileQuery(1, 10**6, order_by, type=type))
    found = read_columns(many, order_by, type, start, start + count)
    rows = [found.row(number) for number in range(len(found.ids))]
    addresses = many.explicit_urls(rows)
    assert [
        (
            *row[:1],
            row[2],
            many.type_names[row[1] >> 1],
            *(addresses.get(row[0]) or implied_urls(row[0], row[2])),
        )
        for row in rows
    ] == expected[start : start + count]


names = st.text(st.sampled_from('aAbB-_%"[]\0ü😀'), min_size=1, max_size=6)
some_profiles = st.lists(
    st.builds(
        Profile,
        st.integers(0, 300),
        names,
        st.sampled_from(["User", "user", "Bot", "x y"]),
        *[st.sampled_from(["https://a.test/1", "javascript:x", ""])] * 2,
    ),
    min_size=1,
    max_size=120,
    unique_by=lambda profile: profile.id,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(profiles=some_profiles, data=st.data())
def test_any_directory_answers_what_brute_force_finds(
    tmp_path_factory, monkeypatch, profiles, data
):
    # So that few users have terms that many have, and are no stretch to go through.
    monkeypatch.setattr(index, "MIN_FREQUENT", 2)
    monkeypatch.setattr(index, "MAX_GAP", data.draw(st.sampled_from([0, 2, 8, 768])))
    monkeypatch.setattr(
        "generator.bake.index.SPARSE_SHARE", data.draw(st.sampled_from([1, 5, 250]))
    )
    monkeypatch.setattr(
        "generator.bake.index.MAX_NEGATED_TYPES", data.draw(st.sampled_from([0, 1, 4]))
    )
    ordered = sorted(profiles, key=lambda profile: profile.id)
    with closing(make_directory(tmp_path_factory.mktemp("any"), ordered)) as directory:
        for query in data.draw(st.lists(queries_among(profiles), min_size=5, max_size=20)):
            page = directory.find(query)
            assert (list(page.profiles), page.total) == by_brute_force(profiles, query)


def test_a_term_longer_than_any_login_is_found_however_many_have_it(tmp_path):
    long = "a-very-long-name-that-no-login-could-be-as-long-as"
    profiles = [make_profile(number, f"{long}-{number}") for number in range(1, 501)]
    directory = make_directory(tmp_path, profiles)
    page = directory.find(ProfileQuery(page=20, username=long[1:]))
    assert (page.total, list(page.profiles)) == (500, profiles[475:])
    directory.close()


def test_every_page_of_a_list_of_few_among_many_is_what_brute_force_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "generator.bake.index.MIN_FREQUENT", 10
    )  # so that a small directory has such lists
    profiles = [
        make_profile(
            n, f"{'rare' if n % 600 == 0 else 'user'}-{n}", type="Bot" if n % 3 else "User"
        )
        for n in range(1, 12_001)
    ]
    directory = make_directory(tmp_path, profiles)
    for order_by in ("id", "-id", "type"):
        query = ProfileQuery(1, 3, order_by, "rare")
        found, total = by_brute_force(profiles, query._replace(pagination=100))
        assert total == 20
        for page in range(1, 9):
            answer = directory.find(query.on_page(page))
            assert list(answer.profiles) == found[(page - 1) * 3 : page * 3]
    directory.close()


def test_the_plain_table_is_there_for_people(many, tmp_path):
    make_directory(tmp_path, MANY).close()
    with closing(sqlite3.connect(tmp_path / "directory.db")) as sql:
        rows = sql.execute("SELECT * FROM github_users ORDER BY id").fetchall()
    assert rows == MANY


@pytest.mark.parametrize("order_by", ["id", "type", "-id", "-type"])
def test_the_pages_of_a_list_joined_are_the_list(many, order_by):
    expected, _ = by_brute_force(MANY, ProfileQuery(1, 10**6, order_by))
    assert list(read_profiles(many, order_by)) == expected


def test_it_says_what_is_listed(directory):
    assert directory.about == ABOUT
    assert directory.users == len(ODD)
    assert directory.types["user"] == 1


@pytest.mark.parametrize(
    "read",
    [
        lambda directory: list(read_profiles(directory, "id")),
        lambda directory: read_columns(directory, "id", None, 0, 2000),
    ],
)
def test_damage_behind_the_stamps_is_named(tmp_path, read):
    make_directory(tmp_path, map(make_profile, range(2000))).close()
    path = tmp_path / "directory.db"
    with closing(sqlite3.connect(path)) as sql:
        (page,) = sql.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'users'").fetchone()
        (size,) = sql.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)
    directory = Directory(path)
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        read(directory)
    directory.close()


def test_columns_of_a_directory_that_has_lost_users_are_refused(tmp_path):
    make_directory(tmp_path, map(make_profile, range(120))).close()
    path = tmp_path / "directory.db"
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("DELETE FROM users WHERE id >= 30")
        sql.commit()
    with closing(Directory(path)) as directory:
        assert len(read_columns(directory, "id", None, 0, 30).ids) == 30
        for start in (20, 90):
            with pytest.raises(DatabaseMismatch, match="users where there are"):
                read_columns(directory, "id", None, start, start + 20)


@pytest.mark.parametrize("table", ["about", "lists"])
def test_a_directory_that_does_not_say_what_it_lists_is_damaged(tmp_path, table):
    make_directory(tmp_path).close()
    sql = sqlite3.connect(tmp_path / "directory.db")
    with sql:
        sql.execute(f"DELETE FROM {table}")
    sql.close()
    with pytest.raises(DatabaseMismatch, match="damaged one"):
        Directory(tmp_path / "directory.db")


def test_profiles_come_back_exactly_as_they_were_sent(tmp_path):
    odd = ODD[0]._replace(avatar_url="https://example.com/?a=1&b=2#c", html_url="weird: ü\0")
    directory = make_directory(tmp_path, [odd])
    assert directory.find(ProfileQuery()).profiles == (odd,)
    directory.close()

import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function.contract import Profile
from function.query import ORDERS, ProfileQuery
from generator.bake import index, terms
from tests.factories import ABOUT, ODD, make_directory, make_profile
from tests.oracle import VARIED, expected_exact, expected_page


def assert_answers(directory, query, profiles):
    page = directory.find(query)
    assert (list(page.profiles), page.total) == expected_page(profiles, query)
    assert page.exact == expected_exact(profiles, query)


def terms_among(profiles):
    """Return a strategy of terms: usernames, their parts, in any case or reversed, and odd ones."""
    parts = st.sampled_from(profiles).flatmap(
        lambda p: st.tuples(st.integers(0, len(p.username)), st.integers(1, 8)).map(
            lambda at: p.username[at[0] : at[0] + at[1]]
        )
    )
    whole = st.sampled_from(profiles).map(lambda p: p.username)
    odd = ["-", "--", "%", "_", "\\", "'", '"', "[bot]", "\0", "Ü", "ü", "=1", "_00", "z" * 5000]
    return st.one_of(
        st.sampled_from(odd),
        parts,
        parts.map(str.swapcase),
        whole,
        whole.map(str.swapcase),
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
        order_by=st.sampled_from(ORDERS),
        username=st.none() | terms_among(profiles),
        id=st.none() | st.sampled_from([*ids, 0, 2**31, 2**63 - 1]),
        type=st.none() | st.sampled_from([*types, *map(str.swapcase, types), "x"]),
    )


@given(query=queries_among(ODD))
def test_a_page_is_what_brute_force_finds(directory, query):
    assert_answers(directory, query, ODD)


@pytest.mark.slow
@settings(max_examples=300)
@given(query=queries_among(VARIED, last_page=130))
def test_a_page_of_a_large_directory_is_what_brute_force_finds(varied_directory, query):
    assert_answers(varied_directory, query, VARIED)


@pytest.mark.parametrize("order_by", ORDERS)
@pytest.mark.parametrize("type_", [None, "user", "organization", "bot", ""])
@pytest.mark.parametrize("username", [None, "a", "an", "ann", "annan", "bo-", "-", "[BOT]", "\0"])
def test_every_page_of_a_list_is_what_brute_force_finds(
    varied_directory, order_by, type_, username
):
    query = ProfileQuery(1, 97, order_by, username, type=type_)
    expected, total = expected_page(VARIED, query._replace(pagination=10**6))
    exact = expected_exact(VARIED, query)
    for page in range(1, -(-total // 97) + 2):
        answer = varied_directory.find(query.on_page(page))
        assert answer.exact == exact
        assert list(answer.profiles) == expected[(page - 1) * 97 : page * 97]
        assert answer.total == total


usernames = st.text(st.sampled_from('aAbB-_%"[]\0ü😀'), min_size=1, max_size=6)
profile_lists = st.lists(
    st.builds(
        Profile,
        st.integers(0, 300),
        usernames,
        st.sampled_from(["User", "user", "Bot", "x y"]),
        *[st.sampled_from(["https://a.test/1", "javascript:x", ""])] * 2,
    ),
    min_size=1,
    max_size=120,
    unique_by=lambda profile: profile.id,
)


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(profiles=profile_lists, data=st.data())
def test_any_directory_answers_what_brute_force_finds(
    tmp_path_factory, monkeypatch, profiles, data
):
    # Limits so low that a small directory has every kind of list.
    monkeypatch.setattr(terms, "MIN_FREQUENT", 2)
    monkeypatch.setattr(index, "MAX_GAP", data.draw(st.sampled_from([0, 2, 8, 768])))
    monkeypatch.setattr(index, "SPARSE_SHARE", data.draw(st.sampled_from([1, 5, 250])))
    monkeypatch.setattr(index, "MAX_NEGATED_TYPES", data.draw(st.sampled_from([0, 1, 4])))
    ordered = sorted(profiles, key=lambda profile: profile.id)
    with closing(make_directory(tmp_path_factory.mktemp("any"), ordered)) as directory:
        for query in data.draw(st.lists(queries_among(profiles), min_size=5, max_size=20)):
            assert_answers(directory, query, ordered)


@pytest.mark.parametrize(
    "text",
    [
        *("' OR '1'='1", '" OR "', "x'; DROP TABLE users; --", "a UNION SELECT 1", "?", ":1"),
        *("an*", "an OR bo", "NEAR(an bo)", "gram:an", "^an", '"=1"', "=1"),
    ],
)
@pytest.mark.parametrize("name", ["username", "type"])
def test_sql_and_search_syntax_are_ordinary_text(varied_directory, name, text):
    assert_answers(varied_directory, ProfileQuery(**{name: text}), VARIED)


def test_a_term_longer_than_any_login_is_found(tmp_path):
    """Such a term has no list, even if so many users have it that a shorter one would."""
    name = "a-very-long-name-that-no-login-could-be-as-long-as"
    profiles = [make_profile(number, f"{name}-{number}") for number in range(1, 151)]
    with closing(make_directory(tmp_path, profiles)) as directory:
        page = directory.find(ProfileQuery(page=6, username=name[1:]))
    assert (page.total, list(page.profiles)) == (150, profiles[125:])


def test_a_sparse_frequent_term_is_what_brute_force_finds(tmp_path, monkeypatch):
    # A limit so low that 20 of 6,000 users make a term frequent.
    monkeypatch.setattr(terms, "MIN_FREQUENT", 10)
    profiles = [
        make_profile(
            n, f"{'rare' if n % 300 == 0 else 'user'}-{n}", type="Bot" if n % 3 else "User"
        )
        for n in range(1, 6001)
    ]
    with closing(make_directory(tmp_path, profiles)) as directory:
        for order_by in ("id", "-id", "type"):
            query = ProfileQuery(1, 3, order_by, "rare")
            expected, total = expected_page(profiles, query._replace(pagination=100))
            assert total == 20
            for page in range(1, 9):
                answer = directory.find(query.on_page(page))
                assert list(answer.profiles) == expected[(page - 1) * 3 : page * 3]


@pytest.mark.parametrize(
    ("query", "exact"),
    [
        pytest.param(ProfileQuery(username="ANN"), 604, id="highest id, in another case"),
        pytest.param(ProfileQuery(username="ann", page=9), 604, id="past the end"),
        pytest.param(ProfileQuery(username="ann", order_by="-type"), 604, id="by type"),
        pytest.param(ProfileQuery(username="ann", type="bot"), 602, id="of a type"),
        pytest.param(ProfileQuery(username="ann", type="user"), 604, id="of two types at once"),
        pytest.param(ProfileQuery(username="ann", type="Organization"), None, id="of no type"),
        pytest.param(ProfileQuery(username="ann", id=601), 601, id="of an id"),
        pytest.param(ProfileQuery(username="ann", id=1), None, id="of another id"),
        pytest.param(ProfileQuery(username="ann", id=601, type="bot"), None, id="of id and type"),
        pytest.param(ProfileQuery(username="an"), None, id="a part of names"),
        pytest.param(ProfileQuery(username="rare"), 606, id="a rare term"),
        pytest.param(ProfileQuery(username="rar", type="user"), None, id="a part of a rare name"),
        pytest.param(ProfileQuery(), None, id="no term"),
    ],
)
def test_the_newest_user_whose_whole_name_is_the_term_is_exact(tmp_path, query, exact):
    names = ["Ann", "ann", "aNN", "ann", "rare", "Rare", "RARE-1"]
    types = ["User", "Bot", "user", "User", "User", "Organization", "User"]
    same = map(make_profile, range(601, 608), names)
    profiles = [
        *(make_profile(number, f"ann-{number}") for number in range(1, 601)),
        *(profile._replace(type=type_) for profile, type_ in zip(same, types, strict=True)),
    ]
    with closing(make_directory(tmp_path, profiles)) as directory:
        page = directory.find(query)
    assert page.exact == (exact and profiles[exact - 1])
    assert page.exact == expected_exact(profiles, query)


def test_a_profile_is_exactly_what_was_baked(tmp_path):
    odd = ODD[0]._replace(avatar_url="https://example.com/?a=1&b=2#c", html_url="weird: ü\0")
    with closing(make_directory(tmp_path, [odd])) as directory:
        assert directory.find(ProfileQuery()).profiles == (odd,)


def test_the_view_github_users_has_every_profile(varied_directory):
    with closing(sqlite3.connect(varied_directory.path)) as sql:
        rows = sql.execute("SELECT * FROM github_users ORDER BY id").fetchall()
    assert rows == VARIED


def test_a_directory_says_which_users_it_lists(directory):
    assert directory.about == ABOUT
    assert directory.users == len(ODD)
    assert directory.types["user"] == 1

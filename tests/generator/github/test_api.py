import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.contract import Profile
from generator.errors import UnexpectedRecord, UnexpectedReply
from generator.github import (
    int_parameter,
    list_url,
    read_search,
    read_user,
    read_users,
    web_url,
    with_parameter,
)
from generator.github.api import smaller_page
from tests.factories import make_reply
from tests.fake_github import user

URL = "https://api.github.com/users?since=0&per_page=100"


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("https://a.test/users?per_page=100&since=135", 135),
        ("https://a.test/users?page=2", None),
        ("https://a.test/?since=x", None),
    ],
)
def test_an_integer_parameter_is_read_from_a_url(url, value):
    assert int_parameter(url, "since") == value


def test_setting_a_parameter_leaves_the_other_parameters():
    assert with_parameter("https://a.test/u?per_page=100&since=5&q=a%26b", "per_page", 50) == (
        "https://a.test/u?since=5&q=a%26b&per_page=50"
    )


@pytest.mark.parametrize("base", ["https://ghe.test/api/v3", "https://ghe.test/api/v3/"])
def test_list_url_starts_with_the_base_address_of_an_enterprise_server(base):
    assert list_url(base, "users", since=7) == "https://ghe.test/api/v3/users?since=7"


def test_a_name_in_a_path_is_quoted():
    url = list_url("https://a.test", "orgs", "a/../b?x#y", "members")
    assert url == "https://a.test/orgs/a%2F..%2Fb%3Fx%23y/members"


@pytest.mark.parametrize(
    ("url", "smaller"),
    [
        ("https://a.test/users?since=5&per_page=100", "https://a.test/users?since=5&per_page=50"),
        ("https://a.test/users?since=5&per_page=2", "https://a.test/users?since=5&per_page=1"),
        ("https://a.test/users?since=5&per_page=1", "https://a.test/users?since=5&per_page=1"),
        ("https://a.test/x?per_page=100", "https://a.test/x?per_page=50"),
        ("https://a.test/x?per_page=100&page=3", "https://a.test/x?per_page=50&page=5"),
        ("https://a.test/x?per_page=25&page=1", "https://a.test/x?per_page=12&page=1"),
        ("https://a.test/x?per_page=25&page=2", "https://a.test/x?per_page=5&page=6"),
        ("https://a.test/x?per_page=7&page=2", "https://a.test/x?per_page=1&page=8"),
        ("https://a.test/x?page=2", "https://a.test/x?page=2"),
    ],
)
def test_a_smaller_page_has_at_most_half_the_size(url, smaller):
    assert smaller_page(url) == smaller


@given(st.integers(1, 100), st.integers(1, 10**6))
def test_a_smaller_page_starts_at_the_same_user(size, page):
    smaller = smaller_page(f"https://a.test/x?per_page={size}&page={page}")
    new_size, new_page = int_parameter(smaller, "per_page"), int_parameter(smaller, "page")
    assert (new_page - 1) * new_size == (page - 1) * size
    assert new_size <= max(1, size // 2)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"<html>", "not JSON, and starts with '<html>'", id="HTML"),
        pytest.param(b'[{"id": 1', "not JSON", id="cut off"),
        pytest.param(b"[" * 100_000, "not JSON", id="too deep"),
        pytest.param(b'[{"id": ' + b"9" * 5000 + b"}]", "not JSON", id="too long a number"),
        pytest.param(b"\xff\xfe", "not JSON", id="invalid UTF-8"),
        pytest.param({"message": "Moved"}, "Moved", id="an object with a message"),
        pytest.param({}, "a JSON object", id="an object"),
        pytest.param("x", "a JSON string", id="a string"),
    ],
)
def test_a_body_that_is_not_a_list_of_users_is_an_error_that_names_the_url(body, says):
    with pytest.raises(UnexpectedReply, match=says) as refused:
        read_users(make_reply(body))
    assert URL in str(refused.value)


def test_users_are_read_in_order_and_null_records_are_skipped():
    body = [user(1, "mojombo"), None, user(44, "errfree", "Organization", extra=[1])]
    assert [(p.id, p.username, p.type) for p in read_users(make_reply(body)).users] == [
        (1, "mojombo", "User"),
        (44, "errfree", "Organization"),
    ]


def test_the_largest_id_that_sqlite_stores_is_read():
    batch = read_users(make_reply([user(2**63 - 1, "the-last")]))
    assert [profile.id for profile in batch.users] == [2**63 - 1]


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in user(7, "seven").items() if key != name}


@pytest.mark.parametrize(
    ("record", "says"),
    [
        *[
            pytest.param(without(name), f"it has no {name}", id=f"no {name}")
            for name in ("id", "login")
        ],
        pytest.param(user(7, "seven") | {"id": None}, r"no id \(login 'seven'\)", id="id null"),
        pytest.param(user(7, "seven") | {"type": 8}, "type is not a text", id="type a number"),
        pytest.param(user(7, "seven") | {"id": "7"}, "id is not a whole number", id="id in quotes"),
        pytest.param(user(7, "seven") | {"id": True}, "id is not a whole number", id="id true"),
        pytest.param(user(7, "seven") | {"id": 7.0}, "id is not a whole number", id="id a float"),
        pytest.param(user(7, "seven") | {"id": -7}, "not from 0", id="id negative"),
        pytest.param(user(7, "seven") | {"id": 2**63}, "not from 0", id="id beyond SQLite's"),
        pytest.param(user(7, "seven") | {"login": 8}, "login is not a text", id="login a number"),
        pytest.param(user(7, " "), "it has no login", id="a blank login"),
        pytest.param(user(7, "\ud800"), "half a surrogate pair", id="half a surrogate pair"),
        pytest.param([1], "a JSON list, not a user object", id="a list"),
    ],
)
def test_an_invalid_record_is_an_error_that_names_its_place(record, says):
    with pytest.raises(UnexpectedRecord, match=says) as refused:
        read_users(make_reply([user(1, "ok"), record]))
    assert f"{URL}, record 2" in str(refused.value)


@pytest.mark.parametrize("name", ["type", "avatar_url", "html_url"])
def test_members_that_github_leaves_out_are_empty(name):
    for record in (without(name), user(7, "seven") | {name: None}):
        (profile,) = read_users(make_reply([record])).users
        assert (profile.username, getattr(profile, name)) == ("seven", "")


def test_records_without_an_account_are_left_out_and_counted():
    batch = read_users(make_reply([None, user(1, "one"), user(7, "seven") | {"login": None}]))
    assert ([p.id for p in batch.users], batch.records) == ([1], 3)


def test_204_is_an_empty_list():
    assert read_users(make_reply(b"", 204)).records == 0


def test_anonymous_contributors_are_skipped():
    anonymous = {"email": "a@b.test", "name": "A", "type": "Anonymous", "contributions": 3}
    batch = read_users(make_reply([anonymous, user(1, "one", contributions=2)]))
    assert ([p.username for p in batch.users], batch.records) == (["one"], 2)


def search_reply(total, incomplete=False):
    results = {"total_count": total, "incomplete_results": incomplete, "items": [user(1, "one")]}
    return make_reply(results)


def test_the_items_of_a_search_are_its_users():
    assert [p.username for p in read_search(search_reply(1)).users] == ["one"]


def test_a_search_has_githubs_count_and_whether_it_is_complete():
    cut, incomplete = (
        read_search(search_reply(45321)),
        read_search(search_reply(1, incomplete=True)),
    )
    assert (cut.total, cut.complete) == (45321, True)
    assert (incomplete.total, incomplete.complete) == (1, False)


@pytest.mark.parametrize("body", [[user(1, "one")], {"message": "Moved"}, {"items": 5}, b"<html>"])
def test_a_body_that_is_not_a_search_result_is_an_error(body):
    with pytest.raises(UnexpectedReply):
        read_search(make_reply(body))


@pytest.mark.parametrize(
    ("login", "server", "members"),
    [
        (
            *("seven", "https://github.com"),
            ("User", "https://avatars.githubusercontent.com/u/7?v=4", "https://github.com/seven"),
        ),
        (
            *("seven[bot]", "https://github.com"),
            (
                "Bot",
                "https://avatars.githubusercontent.com/u/7?v=4",
                "https://github.com/apps/seven",
            ),
        ),
        ("seven", "https://ghe.test", ("User", "", "https://ghe.test/seven")),
        ("seven", None, ("", "", "")),
    ],
)
def test_missing_members_become_what_the_server_has(login, server, members):
    profile = read_user({"id": 7, "login": login}, "here", server=server)
    assert profile == Profile(7, login, *members)


@pytest.mark.parametrize(
    ("api_url", "url"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.test:8443/api/v3", "https://ghe.test:8443"),
        ("https://api.acme.ghe.com/", "https://acme.ghe.com"),
    ],
)
def test_a_server_has_an_address_for_people(api_url, url):
    assert web_url(api_url) == url

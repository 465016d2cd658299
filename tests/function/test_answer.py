import json
from urllib.parse import parse_qsl

import pytest

from function.answer import answer_profiles
from tests.factories import ODD


def ask(directory, query):
    answer = answer_profiles(directory, parse_qsl(query, keep_blank_values=True))
    return answer.status, json.loads(answer.body)


def test_an_answer_has_the_promised_fields_in_order(directory):
    status, body = ask(directory, "username=mojombo")
    assert status == 200
    assert list(body) == [
        *("profiles", "exact", "page", "pagination", "total", "pages", "links"),
        *("release", "source"),
    ]
    profile = {
        "id": 1,
        "username": "mojombo",
        "type": "User",
        "avatar_url": "https://avatars.githubusercontent.com/u/1?v=4",
        "html_url": "https://github.com/mojombo",
    }
    assert (body["profiles"], body["exact"]) == ([profile], profile)
    assert list(body["links"]) == ["self", "first", "prev", "next", "last"]
    assert (body["page"], body["pagination"], body["total"], body["pages"]) == (1, 25, 1, 1)
    assert (body["release"], body["source"]) == (directory.release, "users")


@pytest.mark.parametrize(
    ("query", "exact"),
    [
        pytest.param("username=MOJOMBO&page=9", 1, id="past the end"),
        pytest.param("username=copperkettle&order_by=id", 1025, id="the newest of that name"),
        pytest.param("username=+%40mojombo+", 1, id="blanks and an at sign"),
        pytest.param("username=mojombo&type=bot", None, id="of another type"),
        pytest.param("username=mojomb", None, id="a part of a name"),
    ],
)
def test_a_search_names_the_user_whose_whole_name_is_the_term(directory, query, exact):
    _, body = ask(directory, query)
    assert (body["exact"] and body["exact"]["id"]) == exact


@pytest.mark.parametrize("query", ["", "id=1", "username=", "username=+%40+", "type=user&page=2"])
def test_an_answer_without_a_term_has_no_exact_user(directory, query):
    assert "exact" not in ask(directory, query)[1]


LAST = -(-len(ODD) // 5)


@pytest.mark.parametrize(
    ("query", "links"),
    [
        pytest.param("page=1&pagination=5", (1, 1, None, 2, LAST), id="the first page"),
        pytest.param("page=2&pagination=5", (2, 1, 1, 3, LAST), id="a middle page"),
        pytest.param(
            f"page={LAST}&pagination=5", (LAST, 1, LAST - 1, None, LAST), id="the last page"
        ),
        pytest.param("page=99&pagination=5", (99, 1, LAST, None, LAST), id="past the end"),
        pytest.param("username=nobody&pagination=5", (1, None, None, None, None), id="no match"),
    ],
)
def test_links_lead_to_the_pages_around(directory, query, links):
    _, body = ask(directory, query)
    pages = tuple(
        link and int(dict(parse_qsl(link.removeprefix("?")))["page"])
        for link in body["links"].values()
    )
    assert pages == links


def test_links_have_the_filters_of_the_query(directory):
    _, body = ask(directory, "username=%3Ci%26&type=A+%26+B&order_by=type&id=3&pagination=2")
    assert dict(parse_qsl(body["links"]["self"].removeprefix("?"))) == {
        **{"page": "1", "pagination": "2", "order_by": "type"},
        **{"username": "<i&", "id": "3", "type": "A & B"},
    }


def test_links_have_the_term_alone(directory):
    _, body = ask(directory, "username=+%40jo+")
    assert body["links"]["self"] == "?page=1&pagination=25&username=jo"


def test_following_next_reaches_every_user_once(directory):
    link, ids = "?pagination=4&order_by=type", []
    while link:
        _, body = ask(directory, link.removeprefix("?"))
        ids += [profile["id"] for profile in body["profiles"]]
        link = body["links"]["next"]
    assert sorted(ids) == sorted(profile.id for profile in ODD)


def test_a_page_past_the_end_is_empty_and_has_the_total(directory):
    status, body = ask(directory, f"page={10**18}")
    assert (status, body["profiles"], body["total"]) == (200, [], len(ODD))


def test_a_value_that_is_not_allowed_is_an_error_that_names_the_parameter(directory):
    assert ask(directory, "pagination=101") == (
        400,
        {
            "error": "pagination must be a whole number from 1 to 100, not '101'",
            "parameter": "pagination",
        },
    )


def test_an_error_has_the_value_as_it_was_sent(directory):
    answer = answer_profiles(directory, [("pagination", "\N{CYRILLIC SMALL LETTER YU}")])
    assert answer.body.decode().startswith('{"error":"pagination must be')
    assert ", not '\N{CYRILLIC SMALL LETTER YU}'\"" in answer.body.decode()

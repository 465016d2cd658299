import os

import pytest

from generator.errors import UnknownSource
from generator.seed import joined_title, local_files
from generator.seed.sources import FORMS, SOURCES, parse_source

API = "https://api.github.com"


def test_users_is_githubs_list_of_all_users():
    source = parse_source("users", API)
    assert (source.name, source.url) == ("users", f"{API}/users?since=0")


def test_missing_members_of_a_files_records_are_filled_in(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("id,login,type\n2,two,Bot\n1,one,\n")
    source = parse_source(f"file:{path}", API)
    assert source.name == "file:list.csv"
    assert [(p.id, p.username, p.type) for _, p in source.records()] == [
        (2, "two", "Bot"),
        (1, "one", "User"),
    ]


def test_null_records_of_a_file_are_skipped(tmp_path):
    path = tmp_path / "list.json"
    path.write_text('[null, {"id": 1, "login": "one", "x": null}]')
    assert [p.id for _, p in parse_source(f"file:{path}", API).records()] == [1]


def test_a_folder_is_no_error_before_it_is_read():
    assert parse_source("file:.", API).records


def test_the_public_name_of_a_file_is_utf_8():
    assert parse_source("file:/x/\udcff.csv", API).name == "file:\ufffd.csv"


@pytest.mark.parametrize(
    ("spec", "path", "title"),
    [
        ("users", "/users?since=0", "GitHub users"),
        ("org:python", "/orgs/python/members?per_page=100", "members of python"),
        (
            "repo:encode/httpx",
            "/repos/encode/httpx/contributors?per_page=100",
            "contributors to encode/httpx",
        ),
        ("stargazers:a/b.c", "/repos/a/b.c/stargazers?per_page=100", "stargazers of a/b.c"),
        ("followers:torvalds", "/users/torvalds/followers?per_page=100", "followers of torvalds"),
        (
            "followers:dependabot[bot]",
            "/users/dependabot%5Bbot%5D/followers?per_page=100",
            "followers of dependabot[bot]",
        ),
        (
            "search:location:iceland a&b",
            "/search/users?q=location%3Aiceland+a%26b&per_page=100",
            "GitHub users matching “location:iceland a&b”",
        ),
    ],
)
def test_a_list_on_github_has_its_address_and_title(spec, path, title):
    source = parse_source(spec, API)
    assert (source.name, source.url, source.title) == (spec, f"{API}{path}", title)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("org:@python", "org:python"),
        ("followers:@octocat", "followers:octocat"),
        ("repo:psf/requests.git", "repo:psf/requests"),
        ("repo:@psf/requests/", "repo:psf/requests"),
        ("stargazers:https://github.com/psf/requests.git", "stargazers:psf/requests"),
        ("org:github.com/python", "org:python"),
        ("https://github.com/orgs/python", "org:python"),
        ("https://github.com/orgs/python/people?page=2", "org:python"),
        ("http://www.GitHub.com/psf/requests/", "repo:psf/requests"),
        ("github.com/psf/requests.git#readme", "repo:psf/requests"),
        ("https://github.com/psf/requests/graphs/contributors", "repo:psf/requests"),
        ("https://github.com/psf/requests/stargazers", "stargazers:psf/requests"),
        ("https://github.com/octocat?page=2&tab=followers", "followers:octocat"),
        ("https://github.com/search?q=location%3Aoslo+x&type=users", "search:location:oslo x"),
    ],
)
def test_names_and_addresses_as_people_copy_them_are_understood(spec, name):
    assert parse_source(spec, API) == parse_source(name, API)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("https://ghe.test/orgs/python", "org:python"),
        ("ghe.test/a/b/stargazers", "stargazers:a/b"),
        ("repo:https://GHE.test/a/b.git", "repo:a/b"),
    ],
)
def test_the_addresses_of_an_enterprise_server_are_understood(spec, name):
    api_url = "https://ghe.test/api/v3"
    assert parse_source(spec, api_url) == parse_source(name, api_url)


def test_an_address_of_another_server_than_that_of_the_api_is_an_unknown_source():
    with pytest.raises(UnknownSource, match="there is no source"):
        parse_source("https://github.com/orgs/python", "https://ghe.test/api/v3")


def test_the_address_of_an_account_is_refused_with_both_lists_that_it_may_mean():
    for tab in ("", "?tab=stars", "/"):
        with pytest.raises(UnknownSource, match=r"name org:octocat .* or followers:octocat"):
            parse_source(f"https://github.com/octocat{tab}", API)


@pytest.mark.parametrize(
    "spec",
    [
        "https://github.com/",
        "https://github.com/search?q=x",
        "https://github.com/orgs/python/followers",
        "https://gist.github.com/a/b",
        "https://example.org/a/b",
        "git@github.com:a/b.git",
        "github.com///[x",
        "github.com/%ff/\udcff",
    ],
)
def test_another_address_is_an_unknown_source(spec):
    with pytest.raises(UnknownSource):
        parse_source(spec, API)


@pytest.mark.parametrize(
    "spec",
    [
        "org:python repo:psf/requests",
        "https://github.com/orgs/python https://github.com/psf/requests",
        "users sample",
        "auto org:python",
        "org:python\torg:pypa",
        "file:a.csv file:b.csv",
        "search:location:iceland search:location:norway",
        "search:location:iceland repo:psf/requests",
    ],
)
def test_several_sources_in_one_argument_are_refused_with_advice(spec):
    with pytest.raises(UnknownSource, match="looks like several sources: each is an argument"):
        parse_source(spec, API)


@pytest.mark.parametrize(
    "spec",
    [
        'search:location:"new york"',
        "search:tom followers:>1000 repos:>42",
        "search:type:org org:python",
        "file:my users.csv",
        "file:users sample.csv",
    ],
)
def test_a_query_or_file_name_may_contain_blanks(spec):
    assert parse_source(spec, API).name == spec


def test_an_existing_file_is_one_source_even_if_its_name_looks_like_several(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users sample").touch()
    assert parse_source("file:users sample", API).name == "file:users sample"


def test_only_the_list_of_all_users_is_read_by_id():
    sources = [
        parse_source(form.replace("OWNER/NAME", "a/b").replace(":PATH", ":a"), API)
        for form in FORMS
    ]
    assert [source.name for source in sources if source.is_by_id] == ["users"]


def test_a_source_names_the_limits_of_githubs_list():
    assert "500 author addresses" in parse_source("repo:a/b", API).caveat
    search = parse_source("search:x", API)
    assert ("first 1,000" in search.caveat, search.max_users) == (True, 1000)
    assert search.resource == "search"


def test_the_form_of_a_source_starts_with_its_kind():
    assert all(form.partition(":")[0] == kind for kind, (form, *_) in SOURCES.items())


@pytest.mark.parametrize(
    ("titles", "joined"),
    [
        (["GitHub users"], "GitHub users"),
        (["members of a", "members of a"], "Members of a"),
        (["members of a", "followers of b"], "Members of a and followers of b"),
        (["GitHub users", "x", "y"], "GitHub users, x and y"),
    ],
)
def test_the_title_of_several_lists_names_each_once(titles, joined):
    assert joined_title(titles) == joined


def test_different_lists_have_different_identities():
    specs = [
        *(("users", API), ("users", "https://ghe.test/api/v3"), ("sample", API), ("file:a", API)),
        *(("org:a", API), ("followers:a", API), ("repo:a/b", API), ("stargazers:a/b", API)),
    ]
    assert len({parse_source(*spec).identity for spec in specs}) == len(specs)


@pytest.mark.parametrize(
    "spec",
    [
        *("", "nobody", "users:", "users:x", "file", "file:", "sample:1", "org", "org:", "search:"),
        *("followers: ", "nobody:x"),
    ],
)
def test_an_unknown_or_incomplete_source_is_refused(spec):
    with pytest.raises(UnknownSource, match="there is no source"):
        parse_source(spec, API)


@pytest.mark.parametrize(
    "spec",
    [
        *("org:..", "org:a/b", "org:a b", "followers:.", "repo:httpx", "repo:a/..", "repo:/a"),
        *("repo:a/", "repo:a/b/c", "stargazers:../x", "org:a\tb"),
    ],
)
def test_an_invalid_name_is_refused(spec):
    with pytest.raises(UnknownSource, match=r"is not a (name|repository) like"):
        parse_source(spec, API)


@pytest.mark.parametrize(
    ("spec", "suggestion"),
    [
        ("user", "users"),
        ("Users", "users"),
        ("sampel", "sample"),
        ("Auto", "auto"),
        ("orgs:python", "org:python"),
        ("FILE:users.csv", "file:users.csv"),
        ("org", "org:NAME"),
        ("followers:", "followers:LOGIN"),
        ("users.csv", "file:users.csv"),
        ("here.csv", "file:here.csv"),
        ("here", "file:here"),
        ("my/list.JSON", "file:my/list.JSON"),
        ("python/cpython", "repo:python/cpython"),
    ],
)
def test_a_misspelt_source_is_an_error_with_a_suggestion(spec, suggestion, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("here.csv", "here"):
        (tmp_path / name).touch()
    with pytest.raises(UnknownSource) as error:
        parse_source(spec, API)
    assert str(error.value) == f"there is no source {spec!r}; did you mean {suggestion!r}?"


@pytest.mark.parametrize("spec", ["", ":", "nobody", "--refresh", "nobody:x", "x" * 5000, "tree"])
def test_an_unknown_source_is_an_error_that_lists_all_forms(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree").mkdir()
    with pytest.raises(UnknownSource, match="there are auto, users, org:NAME, repo:OWNER/NAME, "):
        parse_source(spec, API)


def test_local_files_are_those_of_the_sources_the_sample_included(tmp_path):
    (tmp_path / "list.csv").touch()
    list_csv, sample = local_files([f"file:{tmp_path}/list.csv", "sample"], API)
    assert (list_csv, sample.name) == (tmp_path / "list.csv", "sample.csv")


@pytest.mark.parametrize(
    "specs",
    [(), ("auto",), ("sample", "users"), ("file:-",), ("file:missing.csv",), ("file:fifo",)],
)
def test_no_local_files_if_a_source_is_elsewhere_or_can_be_read_only_once(
    specs, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    assert local_files(specs, API) is None

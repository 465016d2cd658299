import pytest

from generator.errors import UnknownSource
from generator.seed import joined_title
from generator.seed.sources import FORMS, SOURCES, parse, world

API = "https://api.github.com"


def test_users_are_githubs_own_list():
    source = parse("users", API)
    assert (source.name, source.url) == ("users", f"{API}/users?since=0")


def test_a_file_is_read_with_what_is_left_out_filled_in(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("id,login,type\n2,two,Bot\n1,one,\n")
    source = parse(f"file:{path}", API)
    assert source.name == "file:list.csv"
    assert [(p.id, p.username, p.type) for p in source.profiles()] == [
        (2, "two", "Bot"),
        (1, "one", "User"),
    ]


def test_a_files_null_members_are_survived(tmp_path):
    path = tmp_path / "list.json"
    path.write_text('[null, {"id": 1, "login": "one", "x": null}]')
    assert [p.id for p in parse(f"file:{path}", API).profiles()] == [1]


def test_a_file_name_that_is_not_utf_8_has_a_public_name_that_is():
    assert parse("file:/x/\udcff.csv", API).name == "file:\ufffd.csv"


@pytest.mark.parametrize(
    ("spec", "path", "called"),
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
def test_a_list_on_github_has_its_address_and_its_title(spec, path, called):
    source = parse(spec, API)
    assert (source.name, source.url, source.title) == (spec, f"{API}{path}", called)


@pytest.mark.parametrize(
    "spec",
    [
        "org:python repo:psf/requests",
        "users sample",
        "auto org:python",
        "org:python\torg:pypa",
        "file:a.csv file:b.csv",
        "search:location:iceland search:location:norway",
        "search:location:iceland repo:psf/requests",
    ],
)
def test_what_looks_like_several_sources_is_refused_with_advice(spec):
    with pytest.raises(UnknownSource, match="looks like several sources: each is an argument"):
        parse(spec, API)


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
def test_a_source_may_contain_blanks(spec):
    assert parse(spec, API).name == spec


def test_a_file_that_is_there_is_one_source_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users sample").touch()
    assert parse("file:users sample", API).name == "file:users sample"


def test_only_the_list_of_all_users_is_read_by_id():
    made = [parse(form.replace("OWNER/NAME", "a/b").replace(":PATH", ":a"), API) for form in FORMS]
    assert [source.name for source in made if source.by_id] == ["users"]


def test_what_github_does_not_give_is_said():
    assert "500 author addresses" in parse("repo:a/b", API).caveat
    search = parse("search:x", API)
    assert ("first 1,000" in search.caveat, search.most) == (True, 1000)
    assert search.resource == "search"


def test_every_source_says_how_it_is_named():
    assert all(form.partition(":")[0] == kind for kind, (form, _) in SOURCES.items())


@pytest.mark.parametrize(
    ("titles", "joined"),
    [
        (["GitHub users"], "GitHub users"),
        (["members of a", "members of a"], "Members of a"),
        (["members of a", "followers of b"], "Members of a and followers of b"),
        (["GitHub users", "x", "y"], "GitHub users, x and y"),
    ],
)
def test_a_directory_of_several_lists_names_them_all(titles, joined):
    assert joined_title(titles) == joined


def test_lists_of_one_server_are_of_one_world():
    def of(*specs, api=API):
        return world([parse(spec, api) for spec in specs], api)

    assert of("users") == of("org:a", "file:x.csv") == of("search:q")
    others = [of("users"), of("users", api="https://ghe.test/api/v3"), of("sample"), of("file:x")]
    assert len(set(others)) == 4


def test_lists_that_differ_are_known_apart():
    specs = [
        *(("users", API), ("users", "https://ghe.test/api/v3"), ("sample", API), ("file:a", API)),
        *(("org:a", API), ("followers:a", API), ("repo:a/b", API), ("stargazers:a/b", API)),
    ]
    assert len({parse(*spec).identity for spec in specs}) == len(specs)


@pytest.mark.parametrize(
    "spec",
    [
        *("", "nobody", "users:", "users:x", "file", "file:", "sample:1", "org", "org:", "search:"),
        *("followers: ", "nobody:x"),
    ],
)
def test_a_source_that_is_unknown_or_not_whole_is_refused(spec):
    with pytest.raises(UnknownSource, match="there is no source"):
        parse(spec, API)


@pytest.mark.parametrize(
    "spec",
    [
        *("org:..", "org:a/b", "org:a b", "followers:.", "repo:httpx", "repo:a/..", "repo:/a"),
        *("repo:a/", "repo:a/b/c", "stargazers:../x", "org:a\tb"),
    ],
)
def test_what_cannot_be_a_name_is_refused(spec):
    with pytest.raises(UnknownSource, match=r"is not a (name|repository) like"):
        parse(spec, API)


@pytest.mark.parametrize(
    ("spec", "meant"),
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
def test_a_misspelt_source_is_an_error_that_says_which_may_be_meant(
    spec, meant, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("here.csv", "here"):
        (tmp_path / name).touch()
    with pytest.raises(UnknownSource) as error:
        parse(spec, API)
    assert str(error.value) == f"there is no source {spec!r}; did you mean {meant!r}?"


@pytest.mark.parametrize("spec", ["", ":", "nobody", "--refresh", "nobody:x", "x" * 5000, "tree"])
def test_a_source_like_no_other_is_an_error_that_lists_them(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree").mkdir()
    with pytest.raises(UnknownSource, match="there are auto, users, org:NAME, repo:OWNER/NAME, "):
        parse(spec, API)

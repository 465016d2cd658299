"""Files as spreadsheets, GitHub's tools and this program write them. All names are invented."""

import gzip
import io
import json
import sys
from contextlib import closing

import pytest

from function.contract import Profile
from generator.errors import SourceError
from generator.render.downloads import write_downloads
from generator.seed import files, json_files
from generator.seed.sources import parse_source
from tests.factories import make_directory, make_profile

API = "https://api.github.com"
ANNA = {"id": 101, "login": "anna-p", "type": "User", "url": f"{API}/users/anna-p"}
BEA = {"id": 102, "login": "bea-q", "type": "User", "url": f"{API}/users/bea-q"}
TWO = [(101, "anna-p"), (102, "bea-q")]


@pytest.fixture
def seed(tmp_path):
    """A function that returns the users of a file with the given content."""

    def seed(content, api_url=API):
        path = tmp_path / "users.txt"
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [user for _, user in parse_source(f"file:{path}", api_url).records()]

    return seed


def graphql(user):
    return {
        "__typename": "User",
        "databaseId": user["id"],
        "id": "U_kgDOAA",
        "login": user["login"],
        "avatarUrl": f"https://pictures.test/{user['id']}",
        "url": f"https://github.com/{user['login']}",
    }


def organization(**members):
    return {"data": {"organization": {"login": "acme", **members}, "rateLimit": {"cost": 1}}}


def event(number, user):
    actor = {**user, "display_login": user["login"], "gravatar_id": ""}
    return {"id": str(number), "type": "WatchEvent", "actor": actor, "repo": {"id": 7, "name": "a"}}


def _gzip(content):
    """Return *content*, compressed without the time: workers must agree on what a form contains."""
    return gzip.compress(content, mtime=0)


PAGE = {"hasNextPage": False, "endCursor": None}
CSV = "id,login\n101,anna-p\n102,bea-q\n"
FORMS = {
    # names of columns
    "username": "id,username\n101,anna-p\n102,bea-q\n",
    "User name": "ID,User name\n101,anna-p\n102,bea-q\n",
    "handle": "handle,name,id\nanna-p,A,101\nbea-q,B,102\n",
    "columns without a name": "id,login,,\n101,anna-p,,\n102,bea-q,,\n",
    # GitHub's answers
    "an answer of this API": {"profiles": [ANNA, BEA], "page": 1, "types": {"User": 2}},
    "gh api --paginate": json.dumps([ANNA]) + json.dumps([BEA]),
    "gh api --paginate, no users on a page": "[]" + json.dumps([ANNA, BEA]),
    "gh api --slurp": [[ANNA], [], [BEA]],
    "a search": {"total_count": 2, "incomplete_results": False, "items": [ANNA, BEA]},
    "searches": "\n".join(json.dumps({"total_count": 2, "items": [user]}) for user in (ANNA, BEA)),
    "stargazers with dates": [
        {"starred_at": "2026-01-01T00:00:00Z", "user": u} for u in (ANNA, BEA)
    ],
    "a deleted stargazer": [{"user": None}, {"user": ANNA}, None, {"user": BEA}],
    "GraphQL nodes": organization(
        membersWithRole={"totalCount": 2, "pageInfo": PAGE, "nodes": [graphql(ANNA), graphql(BEA)]}
    ),
    "GraphQL edges": organization(
        id="O_kg", members={"edges": [{"role": "A", "node": graphql(u)} for u in (ANNA, BEA)]}
    )["data"],
    "GraphQL nodes alone": [graphql(ANNA), graphql(BEA)],
    "GH Archive": "\n".join(json.dumps(event(n, u)) for n, u in enumerate((ANNA, BEA))),
    # encodings and tables
    "UTF-16": CSV.encode("utf-16"),
    "UTF-16, the other byte order": "\ufeff".encode("utf-16-be") + CSV.encode("utf-16-be"),
    "UTF-16 JSON": json.dumps([ANNA, BEA]).encode("utf-16"),
    "semicolons": CSV.replace(",", ";"),
    "tabs": CSV.replace(",", "\t"),
    "sep=;": "sep=;\r\n" + CSV.replace(",", ";").replace("\n", "\r\n"),
    "sep=|": "\ufeffsep=|\n" + CSV.replace(",", "|"),
    "rows of commas": "id,login\n,\n101,anna-p\n , \n102,bea-q\n,,,\n",
    "surplus empty values": "id,login\n101,anna-p,,\n102,bea-q, \n",
    "blanks before quotes": 'id, login, name\n101, "anna-p", "P, Anna"\n102, "bea-q", "Q; Bea"\n',
    "a field of 200 kB": f"id,login,bio\n101,anna-p,{'x' * 200_000}\n102,bea-q,\n",
    "a JSON field of 200 kB": [ANNA | {"bio": "x" * 200_000}, BEA],
    "gzip": _gzip(CSV.encode()),
    "gzip, two parts": _gzip(CSV[:12].encode()) + _gzip(CSV[12:].encode()),
    "gzip, UTF-16": _gzip(json.dumps([ANNA, BEA]).encode("utf-16")),
    "a list of texts beside": {"meta": {"tags": ["x", 1]}, "data": [ANNA, BEA]},
    # values
    "ids with .0": "id,login\n101.0,anna-p\n102.0,bea-q\n",
    "JSON ids with .0": '[{"id": 101.0, "login": "anna-p"}, {"id": "102", "login": "bea-q"}]',
    "@ and addresses": "id,login\n101,@anna-p\n102,https://github.com/bea-q\n",
    "addresses": "id,login\n101,github.com/anna-p/\n102,http://github.com/bea-q?tab=stars\n",
    "zero-width characters": "id,login\n101,\u200banna-p\n102,bea\u2060-q\ufeff\n",
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_the_users_of_a_file_are_read(seed, content):
    users = seed(content)
    assert [(user.id, user.username) for user in users] == TWO
    assert {user.type for user in users} == {"User"}
    assert [user.html_url for user in users] == [f"https://github.com/{name}" for _, name in TWO]


@pytest.mark.parametrize("form", [name for name, content in FORMS.items() if "{" in str(content)])
def test_a_wrapper_that_is_longer_than_a_record_is_read_part_by_part(seed, form, monkeypatch):
    monkeypatch.setattr(json_files, "MAX_RECORD", 230)  # characters; one user has fewer
    monkeypatch.setattr(json_files, "CHUNK", 20)
    content = FORMS[form]
    if "bio" not in str(content):
        assert [(user.id, user.username) for user in seed(content)] == TWO


def test_a_wrapper_of_more_than_a_million_characters_is_read(seed):
    users = [graphql(user) | {"bio": "x" * 100} for user in (ANNA, BEA)] * 5000
    answer = organization(members={"pageInfo": PAGE, "nodes": users, "totalCount": 10_000})
    assert len(json.dumps(answer)) > 2 << 20
    assert len(seed(answer)) == 10_000


def test_a_bad_user_in_a_long_wrapper_is_named_by_its_place(seed):
    users = "".join(f"{json.dumps(ANNA)},\n" for _ in range(30_000))
    with pytest.raises(SourceError, match=r"line 30001, column 1: it has no login \(id '5'\)"):
        seed(f'{{"items": [{users}{{"id": 5}}]}}')


def test_a_user_that_is_longer_than_a_record_is_refused_by_the_limit(seed):
    texts = {name: "x" * 700_000 for name in "abc"}
    with pytest.raises(SourceError, match="longer than 1,048,576 characters"):
        seed([ANNA | texts | {"plan": {"name": "free"}, "topics": []}])


def test_an_error_of_graphql_in_a_long_answer_is_shown(seed):
    answer = organization(members={"nodes": [graphql(ANNA)] * 10_000})
    with pytest.raises(SourceError, match="an error of GitHub: 'Something timed out'"):
        seed(answer | {"errors": [{"message": "Something timed out", "type": "TIMEOUT"}]})


REFUSED = {
    "two logins": (
        "id,login,handle\n",
        r"line 1: the columns login and handle both mean the login",
    ),
    "a column twice": ("id,login,Type,TYPE\n", r"line 1: two columns are named type"),
    "two logins in JSON": (
        [ANNA | {"username": "x"}],
        "line 1, column 2: the columns login and us",
    ),
    "GitHub's error": (
        {"message": "Bad credentials", "status": "401"},
        "line 1, column 1: it is not a list but an error of GitHub: 'Bad credentials'",
    ),
    "an error of GraphQL": (
        {"data": None, "errors": [{"message": "Field 'x' is unknown"}]},
        "an error of GitHub: \"Field 'x' is unknown\"",
    ),
    "Windows-1252": (
        b"id,login,name\n101,anna-p,Ren\xe9\n",
        'line 2, column 15: the byte 0xE9 is not UTF-8; the file may be in Windows-1252, .* "é"',
    ),
    "Windows-1252 in JSON": (b'[\n{"id": 101,\n"name": "Ren\xe9"}]', "line 3, column 13: the byte"),
    "Windows-1252 on line 5,000": (
        "id,login\n" + "101,zoé\n" * 4998 + "102,caf\udce9\n" + "103,x\n" * 1000,
        "line 5000, column 8: the byte 0xE9",
    ),
    "UTF-8, cut off": (b"id,login\n101,caf\xc3", "line 2, column 8: the byte 0xC3 is not UTF-8"),
    "UTF-32": (CSV.encode("utf-32"), "is text in UTF-32: save it as UTF-8"),
    "UTF-16 without BOM": (CSV.encode("utf-16-le"), "seems to be in UTF-16 without a byte order"),
    "UTF-16, cut off": (CSV.encode("utf-16")[:-1], "is not utf-16.* text: truncated data"),
    "an Excel workbook": (b"PK\3\4\x14\0", "is a ZIP file or an Excel workbook: save it as UTF-8"),
    "gzip, cut off": (gzip.compress(CSV.encode())[:-9], "the gzip file is incomplete or damaged"),
    "a rounded id": ("id,login\n1.02E+08,anna-p\n", "line 2: the id 1.02E.08 .* Excel rounded it"),
    "a rounded id in JSON": ('[{"id": 1.02e+08, "login": "a"}]', "1.02e.08 .* Excel rounded it"),
    "a rounded German id": ("id;login\n1,02E+08;a\n", "line 2: the id 1,02E.08 .* rounded it"),
    "a grouped id": ('id,login\n"1,234",anna-p\n', "line 2: the id 1,234 .* grouped its digits"),
    "a grouped German id": ("id,login\n1.234.567,a\n", "line 2: the id 1.234.567 .* grouped"),
    "NUL in a login": ("id,login\n101,anna\0p\n", r"line 2: 'anna\\x00p' is not a login"),
    "NUL in a JSON login": (r'[{"id": 1, "login": "a\u0000"}]', "line 1, column 2: .* not a login"),
    "an address in a login": ("id,login\n1,https://x.test/a/b\n", "line 2: .* is not a login"),
    "a record without a login": ([BEA, {"id": 5, "tags": []}], "column 94: it has no login"),
    "a record without an id": ([{"login": "x", "orgs": [{"id": 1}]}], "column 2: it has no id"),
    "a user of a search": ({"items": [ANNA, {"id": 5}]}, "column 106: it has no login"),
    "a user of GraphQL": (
        organization(members={"nodes": [graphql(ANNA), graphql(BEA) | {"login": None}]}),
        r"column 225: it has no login \(id '102'\)",
    ),
    "a text": (["anna-p"], "column 2: 'anna-p' is not a user object"),
    "an object of values": ({"page": 1}, "column 1: it has no id"),
    "nested objects": (
        '{"a":' * 900 + "[]" + "}" * 900,
        "1, column [0-9]+: it (has no id|is not JSON)",
    ),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED)
def test_a_file_is_refused_with_its_place_and_advice(seed, content, says):
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogateescape")
    with pytest.raises(SourceError, match=says) as refused:
        seed(content)
    assert "users.txt" in str(refused.value)


@pytest.mark.parametrize("absent", ["NULL", "nan", "None", "null", " NaN ", ""])
def test_optional_values_that_mean_nothing_are_left_out(seed, absent):
    values = {name: absent for name in ("type", "avatar_url", "html_url")}
    expected = seed([{"id": 101, "login": "null"}])
    assert seed([{"id": 101, "login": "null", **values}]) == expected
    assert seed(f"id,login,type,html_url,avatar_url\n101,null{f',{absent}' * 3}\n") == expected
    assert seed('[{"id": 101, "login": "null", "type": NaN}]') == expected


def test_a_bot_without_a_type_is_a_bot(seed):
    (bot,) = seed("id,login\n49699333,dependabot[bot]\n")
    assert (bot.type, bot.html_url) == ("Bot", "https://github.com/apps/dependabot")


def test_graphql_has_addresses_of_its_own(seed):
    (anna,) = seed([graphql(ANNA)])
    assert anna == Profile(
        101, "anna-p", "User", "https://pictures.test/101", "https://github.com/anna-p"
    )


def test_a_user_of_another_server_links_there_and_has_no_picture(seed):
    users = seed(
        "id,login,avatar_url,html_url\n1,anna,,\n2,bea,https://p.test/2,https://w.test/bea\n",
        "https://ghe.test/api/v3",
    )
    assert users == [
        Profile(1, "anna", "User", "", "https://ghe.test/anna"),
        Profile(2, "bea", "User", "https://p.test/2", "https://w.test/bea"),
    ]


def test_downloads_of_a_site_have_the_same_users(tmp_path):
    users = [
        make_profile(1),
        make_profile(2, "dependabot[bot]"),
        Profile(3, "carl", "Organization", "", "https://ghe.test/carl"),
        # A spreadsheet computes these. They are not protected, or reading them would change them.
        make_profile(4, "-"),
        Profile(5, '=SUM(1,"2")', "+1", "", "https://ghe.test/5"),
        Profile(6, "+dora", "@x\n=1", "", "https://ghe.test/6"),
    ]
    keys = {}
    with closing(make_directory(tmp_path, users)) as directory:
        write_downloads(directory, tmp_path, keys.__setitem__)
    for key in ("data/profiles.csv", "data/profiles.ndjson"):
        records = parse_source(f"file:{keys[key]}", API).records()
        assert [user for _, user in records] == users


def test_a_file_that_unzips_to_more_than_the_limit_is_refused(seed, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNZIPPED", 1 << 20)
    with pytest.raises(SourceError, match="more than 1,048,576 bytes"):
        seed(gzip.compress(CSV.encode() + b"103,carl\n" * 500_000))


@pytest.mark.parametrize(
    "content", [CSV.encode(), gzip.compress(CSV.encode())], ids=["plain", "gzip"]
)
def test_a_dash_is_standard_input(content, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    source = parse_source("file:-", API)
    assert (source.name, source.identity) == ("file:-", "file:-")
    places, users = zip(*source.records(), strict=True)
    assert [(user.id, user.username) for user in users] == TWO
    assert places[0] == "standard input, line 2"


def test_a_file_named_dash_can_be_read_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").write_text(CSV)
    source = parse_source("file:./-", API)
    assert source.identity == f"file:{tmp_path}/-"
    assert [user.id for _, user in source.records()] == [101, 102]


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "users.csv").write_text(CSV)
    source = parse_source("file:~/users.csv", API)
    assert [user.id for _, user in source.records()] == [101, 102]
    assert source.name == "file:users.csv"

import pytest

from generator.sources import parse

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


def test_lists_that_differ_have_stores_that_differ():
    specs = [("users", API), ("users", "https://ghe.test/api/v3"), ("sample", API), ("file:a", API)]
    assert len({parse(*spec).identity for spec in specs}) == len(specs)


@pytest.mark.parametrize("spec", ["", "nobody", "users:", "users:x", "file", "file:", "sample:1"])
def test_an_unknown_source_is_refused_with_those_there_are(spec):
    with pytest.raises(ValueError, match="there are auto, users, file:PATH, sample"):
        parse(spec, API)

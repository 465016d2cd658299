import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import SourceError, UnexpectedRecord
from generator.seed import files
from generator.seed.files import read_records


@pytest.fixture
def read(tmp_path):
    def read(content: str | bytes) -> list[tuple[object, object]]:
        path = tmp_path / "users.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [(record["id"], record["login"]) for _, record in read_records(path)]

    return read


TWO = [(1, "one"), (2, "two")]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("id,login\n1,one\n2,two\n", id="CSV"),
        pytest.param("id,login\r\n1,one\r\n2,two", id="CSV, Windows"),
        pytest.param("\ufeffID , Login\n1,one\n\n2,two\n\n", id="CSV, BOM and blank lines"),
        pytest.param('login,type,id\n"one",User,1\ntwo,,2\n', id="CSV, other columns and quotes"),
        pytest.param("id,login\n 1 , one\n2,two \n", id="CSV, blanks around values"),
        pytest.param('[{"id": 1, "login": "one"}, {"id": 2, "login": "two"}]', id="JSON"),
        pytest.param(
            '\ufeff \n[{"id":1,"login":"one"}\n,{"id":2,"login":"two"}]\n', id="JSON, BOM"
        ),
        pytest.param('{"id": 1, "login": "one"}\n{"id": 2, "login": "two"}\n', id="NDJSON"),
        pytest.param('{"id": 1,\n "login": "one"}\n\n\n{"id": 2, "login": "two"}', id="JSON texts"),
    ],
)
def test_a_list_is_read_whatever_its_form(read, content):
    assert read(content) == TWO


@pytest.mark.parametrize("content", ["[]", " [ ] ", "id,login\n"])
def test_a_list_may_be_empty(read, content):
    assert read(content) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("", "must name the columns id and login", id="an empty file"),
        pytest.param("1,one\n2,two\n", "must name the columns id and login", id="CSV, no header"),
        pytest.param("id,name\n1,one\n", "it lacks login", id="CSV, no login"),
        pytest.param(
            "id,login\n1,one\n2,two,3\n", "line 3: it has more values", id="CSV, too wide"
        ),
        pytest.param('id,login\n1,"one\n', "line 2: it is not CSV", id="CSV, open quote"),
        pytest.param('[{"id": 1, "login": "one"}', "the list is cut off", id="JSON, cut off"),
        pytest.param(
            '[{"id": 1, "login": "one"},', "the list is cut off", id="JSON, cut at a comma"
        ),
        pytest.param(
            '[{"id": 1, "login": "one"},]', "record 2: it is not JSON", id="JSON, a comma"
        ),
        pytest.param(
            '[{"id": 1, "login": "o', "record 1: it is not JSON", id="JSON, cut in a record"
        ),
        pytest.param(
            '[{"id": 1, "login": "one"} {}]', "comma is missing before it", id="JSON, no comma"
        ),
        pytest.param("[] []", "more after the list", id="JSON, two lists"),
        pytest.param('{"id": 1, "login": "one"}\n{"id"', "record 2: it is not JSON", id="NDJSON"),
        pytest.param("[" * 100_000, "record 1: it is not JSON", id="JSON, too deep"),
        pytest.param(b"id,login\n1,\xff\n", "is not UTF-8 text", id="Latin-1"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_place(read, content, says):
    with pytest.raises((SourceError, UnexpectedRecord), match=says) as refused:
        read(content)
    assert "users.txt" in str(refused.value)


def test_a_pipe_is_a_file_too():
    reading, writing = os.pipe()
    os.write(writing, b"id,login\n1,one\n")
    os.close(writing)
    assert [record["login"] for _, record in read_records(Path(f"/dev/fd/{reading}"))] == ["one"]
    os.close(reading)


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SourceError, match=r"cannot read .*none\.csv: No such file"):
        list(read_records(tmp_path / "none.csv"))


def test_an_id_that_is_no_number_is_left_for_the_reader_to_refuse(tmp_path):
    (tmp_path / "a.csv").write_text("id,login\nx1,one\n,two\n")
    assert [r["id"] for _, r in read_records(tmp_path / "a.csv")] == ["x1", None]


@given(
    users=st.lists(
        st.fixed_dictionaries({"id": st.integers(), "login": st.text(max_size=30)}), max_size=20
    ),
    lines=st.booleans(),
    chunk=st.integers(1, 50),
)
def test_json_is_read_the_same_wherever_the_reading_is_cut(tmp_path_factory, users, lines, chunk):
    path = tmp_path_factory.mktemp("json") / "users.json"
    texts = [json.dumps(user) for user in users]
    path.write_text("\n".join(texts) if lines and users else f"[{', '.join(texts)}]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", chunk)
        assert [record for _, record in read_records(path)] == users

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import SourceError, UnexpectedRecord
from generator.seed import json_files
from generator.seed.files import read_records


@pytest.fixture
def read(tmp_path):
    def read(content: str | bytes) -> list[tuple[object, object]]:
        path = tmp_path / "users.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [(record["id"], record["login"]) for _, record in read_records(str(path))]

    return read


TWO = [(1, "one"), (2, "two")]
LOGINS = st.text('aé\u4e2d\U0001f600"\\[]{},: -', min_size=1, max_size=30).map(str.strip)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("id,login\n1,one\n2,two\n", id="CSV"),
        pytest.param("id,login\r\n1,one\r\n2,two", id="CSV, Windows line ends"),
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
def test_each_form_of_a_list_is_read(read, content):
    assert read(content) == TWO


def test_blank_lines_are_no_part_of_a_csv_record(read):
    assert read("id,login\n" + "\n" * (1 << 21) + "1,one\n2,two\n") == TWO


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
            "id,login\n1,one\n2,two,3\n",
            "line 3: it has 3 values, but the file has 2 columns",
            id="CSV, too wide",
        ),
        pytest.param('id,login\n1,"one\n', "line 2: it is not CSV", id="CSV, open quote"),
        pytest.param(
            f"id,login\n1,one\n2,{'x' * (1 << 20)}",
            "line 3: the record is longer than 1,048,576 characters",
            id="CSV, too long a line",
        ),
        pytest.param(
            "id,login\n" + f'"{"x" * 100_000}\n",' * 11,
            "line 2: the record is longer than 1,048,576 characters",
            id="CSV, too long a record of many lines",
        ),
        pytest.param("", "line 1: the first line must name the columns", id="empty"),
        pytest.param(
            'id,login,name\n\n1,one,"a\nb"\n2,"t\nwo","a\nb",x\n',
            "line 5: it has 4 values, but the file has 3 columns",
            id="CSV, after a record of two lines",
        ),
        pytest.param(
            '[{"id": 1, "login": "one"}', "column 27: .* the file ends early", id="JSON, cut off"
        ),
        pytest.param(
            '[{"id": 1, "login": "one"},',
            "line 1, column 28: .* the file ends early",
            id="JSON, cut at a comma",
        ),
        pytest.param(
            '[{"id": 1, "login": "one"},]', "column 28: it is not JSON", id="JSON, a comma"
        ),
        pytest.param(
            '[{"id": 1, "login": "o',
            "line 1, column 21: it is not JSON",
            id="JSON, cut in a record",
        ),
        pytest.param(
            '[{"id": 1, "login": "one"} {}]',
            r"column 28: .* Expecting ',' or '\]'",
            id="JSON, no comma",
        ),
        pytest.param("[] x", "line 1, column 4: it is not JSON", id="JSON, text after a list"),
        pytest.param('{"id": 1, "login": "one"}\n{"id"', "line 2, column 6: ", id="NDJSON"),
        pytest.param("[" * 100_000, "line 1, column 9: it is not JSON", id="JSON, too deep"),
        pytest.param(
            f'[{{"id": {"9" * 5000}}}]',
            "line 1, column 2: it is not JSON",
            id="JSON, too long a number",
        ),
        pytest.param(
            f'[{{"id": 1, "login": "{"x" * 3_000_000}"}}]',
            "line 1, column 21: .* or the record is longer than 1,048,576 characters",
            id="JSON, too long a record",
        ),
    ],
)
def test_an_invalid_file_is_an_error_that_names_the_place(read, content, says):
    with pytest.raises((SourceError, UnexpectedRecord), match=says) as refused:
        read(content)
    assert "users.txt" in str(refused.value)


@pytest.mark.parametrize("before", [0, 5000])
def test_an_error_in_json_names_the_line_in_the_file(read, before):
    content = (
        '{"id": 1, "login": "one"}\n' * before + '\n{"id": 1,\n "login" "one"}\n' + "\n" * 10**6
    )
    place = rf"line {before + 3}, column 10: it is not JSON: Expecting ':'"
    with pytest.raises(UnexpectedRecord, match=place):
        read(content)


def test_a_pipe_can_be_read():
    reading, writing = os.pipe()
    os.write(writing, b"id,login\n1,one\n")
    os.close(writing)
    assert [record["login"] for _, record in read_records(f"/dev/fd/{reading}")] == ["one"]
    os.close(reading)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SourceError, match=r"cannot read .*none\.csv: there is no such file"):
        list(read_records(str(tmp_path / "none.csv")))


def test_a_csv_id_that_is_not_a_number_stays_a_text_or_none(tmp_path):
    (tmp_path / "a.csv").write_text("id,login\nx1,one\n,two\n")
    assert [r.get("id") for _, r in read_records(str(tmp_path / "a.csv"))] == ["x1", None]


@given(
    users=st.lists(st.fixed_dictionaries({"id": st.integers(), "login": LOGINS}), max_size=20),
    form=st.sampled_from(["list", "lines", "object"]),
    chunk=st.integers(1, 50),
)
def test_json_is_read_the_same_at_any_chunk_size(tmp_path_factory, users, form, chunk):
    path = tmp_path_factory.mktemp("json") / "users.json"
    text = json.dumps(users)
    if form == "lines" and users:
        text = "\n".join(map(json.dumps, users))
    elif form == "object" and users:
        text = f'{{"total_count": 123456, "data": {{"users": {text}, "page": {{"end": 10.5}}}}}}'
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_files, "CHUNK", chunk)
        patch.setattr(json_files, "MAX_RECORD", 500)  # characters; a user has fewer
        assert [record for _, record in read_records(str(path))] == users

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.cli import types


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90", 90), (" 90 s", 90), ("15m", 900), ("2h", 7200)]
)
def test_a_duration_is_in_seconds(text, seconds):
    assert types.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5h", "1d", "1000000"])
def test_other_text_is_not_a_duration(text):
    with pytest.raises(ValueError, match="is not a duration like"):
        types.duration(text)


@pytest.mark.parametrize(
    ("text", "path"), [("", "/"), ("/", "/"), ("people", "/people/"), ("/a/b.c/", "/a/b.c/")]
)
def test_a_base_path_starts_and_ends_with_a_slash(text, path):
    assert types.base_path(text) == path


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Example.org/", "https://example.org"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_origin_is_scheme_and_host(text, origin):
    assert types.origin(text) == origin


@pytest.mark.parametrize("text", ["https://a.org/b", "https://u@a.org", "a.org", "https://a b"])
def test_other_text_is_not_an_origin(text):
    with pytest.raises(ValueError, match="is not an origin like"):
        types.origin(text)


def test_a_url_has_no_slash_at_its_end():
    assert types.url("https://HOST/api/v3/") == "https://host/api/v3"


@pytest.mark.parametrize(
    "prefix", ["", "?", "/x?", "a/b?", "http://127.0.0.1:5000/api/users/profiles?"]
)
@given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="&+%;#")))
def test_a_query_is_the_part_of_a_url_after_the_question_mark(prefix, value):
    assert types.query(f"{prefix}a={value}&b=%3F") == [("a", value), ("b", "?")]


def test_a_query_may_have_a_question_mark_in_a_value():
    assert types.query("username=a/b?c") == [("username", "a/b?c")]


def test_bytes_that_are_not_utf_8_are_decoded_as_by_the_api():
    assert types.query("username=\udcff") == [("username", "\ufffd")]


def test_a_path_is_not_empty_and_not_of_the_other_kind(tmp_path):
    (tmp_path / "file").touch()
    assert types.FOLDER(str(tmp_path)) == tmp_path
    assert types.FILE(str(tmp_path / "new")) == tmp_path / "new"
    for type_, text in (
        (types.FILE, ""),
        (types.FILE, str(tmp_path)),
        (types.FOLDER, str(tmp_path / "file")),
    ):
        with pytest.raises(click.BadParameter):
            type_(text)

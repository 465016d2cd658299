import os

import pytest

from generator.site import FileCounts, Writer


def test_counts_are_added():
    assert FileCounts(1, 2, 3) + FileCounts(10, 20, 30) == FileCounts(11, 22, 33)


@pytest.mark.parametrize("is_new", [True, False], ids=["new folder", "existing folder"])
def test_files_are_written_into_subfolders(tmp_path, is_new):
    writer = Writer(tmp_path / "site", is_new=is_new)
    assert writer.put("build.json", b"{}") == FileCounts(written=1)
    files = [("1.html", b"first"), ("2.html", b"second")]
    assert writer.put_all("users/by-id/10/", files) == FileCounts(written=2)
    assert (tmp_path / "site/users/by-id/10/2.html").read_bytes() == b"second"


def test_file_with_the_same_content_is_not_written(tmp_path):
    writer = Writer(tmp_path, is_new=False)
    writer.put_all("users/", [("1.html", b"text"), ("2.html", b"text")])
    before = (tmp_path / "users/1.html").stat().st_mtime_ns
    counts = writer.put_all("users/", [("1.html", b"text"), ("2.html", b"edit")])
    assert counts == FileCounts(written=1, unchanged=1)
    assert (tmp_path / "users/1.html").stat().st_mtime_ns == before
    assert (tmp_path / "users/2.html").read_bytes() == b"edit"


@pytest.fixture
def usual_umask():
    """New files may be read by everybody: a web server is another user."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_file_is_replaced_in_one_step_and_stays_readable_for_all(tmp_path, usual_umask):
    writer = Writer(tmp_path, is_new=False)
    writer.put("users/1.html", b"text")
    with (tmp_path / "users/1.html").open("rb") as reader:
        writer.put("users/1.html", b"another")
        assert reader.read() == b"text"
    assert (tmp_path / "users/1.html").stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("link", [os.symlink, os.link])
@pytest.mark.parametrize(("is_new", "name"), [(True, "1.html"), (False, "1.html.part")])
def test_a_link_to_another_file_is_replaced_and_that_file_stays(tmp_path, link, is_new, name):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "users").mkdir()
    link(tmp_path / "precious", tmp_path / "users" / name)
    Writer(tmp_path, is_new=is_new).put("users/1.html", b"text")
    assert (tmp_path / "precious").read_text() == "precious"
    assert (tmp_path / "users/1.html").read_bytes() == b"text"
    assert not (tmp_path / "users/1.html").is_symlink()


def test_draft_replaces_a_file_with_other_content_only(tmp_path):
    writer = Writer(tmp_path, is_new=False)
    counts = FileCounts()
    for content in (b"one", b"one", b"two", b"owt"):
        (tmp_path / "draft").write_bytes(content)
        counts += writer.put_file("data/profiles.csv", tmp_path / "draft")
        assert not (tmp_path / "draft").exists()
    assert counts == FileCounts(written=3, unchanged=1)
    assert (tmp_path / "data/profiles.csv").read_bytes() == b"owt"

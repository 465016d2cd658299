import os

import pytest

from generator.errors import BuildError
from generator.site import (
    Build,
    SiteFile,
    Update,
    Written,
    keys,
    read_build,
    sealed,
)
from generator.site.files import MARKER
from generator.site.seal import SEAL

BUILD = Build("0" * 16, 60, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")
INFO = SiteFile("build.json", BUILD.to_json())


def page(number: int, text: bytes = b"text") -> SiteFile:
    return SiteFile(f"users/{number}.html", text)


def write(folder, files, is_page, inputs="these"):
    with Update(folder) as update:
        others = set()
        for file in files:
            update.writer.put(file.key, file.content)
            if not is_page(file.key):
                others.add(file.key)
        return update.finish(lambda key: is_page(key) or key in others, inputs, Written())


def tree(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*.*")
        if p.name != SEAL
    }


def test_a_folder_comes_to_hold_exactly_the_files(tmp_path):
    files = [page(1), page(2), SiteFile("assets/a.css", b"css"), INFO]
    assert write(tmp_path / "site", files, BUILD.has_page) == Written(4, 0, 0)
    assert tree(tmp_path / "site") == {file.key: file.content for file in files}


def test_what_is_the_same_is_not_written_again(tmp_path):
    write(tmp_path, [page(1), page(2), INFO], BUILD.has_page)
    before = (tmp_path / "users/1.html").stat().st_mtime_ns
    assert write(tmp_path, [page(1), page(2, b"new"), INFO], BUILD.has_page) == Written(1, 2, 0)
    assert (tmp_path / "users/1.html").stat().st_mtime_ns == before
    assert (tmp_path / "users/2.html").read_bytes() == b"new"


def test_what_a_build_no_longer_has_goes_and_nothing_else_does(tmp_path):
    old = Build("0" * 16, 60, (25,), ("id", "type"), (), "users", "2026-11-24T12:00:00Z")
    stale = SiteFile("users/by-type/25/1.html", b"")
    write(
        tmp_path,
        [page(1), page(2), page(3), stale, SiteFile("assets/old.css", b""), INFO],
        old.has_page,
    )
    for name in ("CNAME", ".git/config", "users/.keep"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("theirs")
    new = Build("1" * 16, 30, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")
    written = write(
        tmp_path, [page(1), page(2), SiteFile("build.json", new.to_json())], new.has_page
    )
    assert written.removed == 4
    assert not (tmp_path / "users/by-type").exists()
    assert (tmp_path / "CNAME").exists()
    assert (tmp_path / ".git/config").exists()


@pytest.mark.parametrize("name", ["thesis.doc", "build.json", "users"])
def test_a_folder_of_something_else_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("{}")
    with pytest.raises(BuildError, match=r"holds files that are not a site's"):
        write(tmp_path, [page(1)], BUILD.has_page)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_lies_behind_a_link_is_not_removed(tmp_path):
    write(tmp_path / "site", [INFO], BUILD.has_page)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").touch()
    (tmp_path / "site" / "assets").symlink_to(tmp_path / "photos")
    write(tmp_path / "site", [INFO], BUILD.has_page)
    assert (tmp_path / "photos" / "one.jpg").exists()


def test_an_interrupted_site_is_known_as_such_and_the_next_write_mends_it(tmp_path):
    def interrupted():
        yield page(1)
        raise KeyboardInterrupt

    write(tmp_path, [page(1, b"old"), page(2, b"old"), INFO], BUILD.has_page)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, interrupted(), BUILD.has_page)
    with pytest.raises(BuildError, match="interrupted"):
        read_build(tmp_path)
    assert (tmp_path / "users/2.html").read_bytes() == b"old"
    write(tmp_path, [page(1), page(2), INFO], BUILD.has_page)
    assert read_build(tmp_path) == BUILD
    assert not (tmp_path / MARKER).exists()


def test_what_a_killed_write_left_goes(tmp_path):
    write(tmp_path, [page(1), INFO], BUILD.has_page)
    for name in ("build.json.part", "users/1.html.part"):
        (tmp_path / name).touch()
    write(tmp_path, [page(1), INFO], BUILD.has_page)
    assert not list(tmp_path.rglob("*.part"))


def test_a_first_write_that_was_interrupted_can_be_finished(tmp_path):
    def interrupted():
        yield page(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "site", interrupted(), BUILD.has_page)
    write(tmp_path / "site", [page(1), INFO], BUILD.has_page)
    assert sorted(keys(tmp_path / "site")) == ["build.json", "users/1.html"]


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff"])
def test_a_folder_without_a_site_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "build.json").write_bytes(content)
    with pytest.raises(BuildError, match=str(tmp_path)):
        read_build(tmp_path)


def test_a_site_is_sealed_as_what_it_was_rendered_from(tmp_path):
    write(tmp_path, [page(1), INFO], BUILD.has_page)
    assert sealed(tmp_path, "these") == 2
    assert sealed(tmp_path, "others") is None


def test_a_sealed_site_can_be_moved(tmp_path):
    write(tmp_path / "site", [page(1), INFO], BUILD.has_page)
    (tmp_path / "site").rename(tmp_path / "other")
    assert sealed(tmp_path / "other", "these") == 2


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "users/1.html").write_bytes(b"another text"),
        lambda folder: (folder / "users/1.html").unlink(),
        lambda folder: (folder / "users/9.html").touch(),
        lambda folder: (folder / "users/1.html").rename(folder / "users/9.html"),
        lambda folder: os.utime(folder / "users/1.html", ns=(1, 1)),
        lambda folder: (folder / MARKER).touch(),
        lambda folder: (folder / SEAL).unlink(),
        lambda folder: (folder / SEAL).write_text("[]"),
        lambda folder: (folder / SEAL).write_text("{"),
    ],
    ids=[
        "write",
        "remove",
        "add",
        "rename",
        "an older time",
        "interrupt",
        "unseal",
        "another seal",
        "half a seal",
    ],
)
def test_a_seal_is_broken_by_whatever_is_done_to_the_files(tmp_path, harm):
    write(tmp_path, [page(1), INFO], BUILD.has_page)
    harm(tmp_path)
    assert sealed(tmp_path, "these") is None


def test_one_writes_a_site_at_a_time(tmp_path):
    with Update(tmp_path) as update:
        with (
            pytest.raises(BuildError, match="another process is writing the site"),
            Update(tmp_path),
        ):
            pass
        update.writer.put(INFO.key, INFO.content)
        update.finish(lambda key: True, "these", Written())
    with Update(tmp_path):
        pass


def test_a_file_is_replaced_at_once_and_keeps_what_others_may_read(tmp_path):
    write(tmp_path, [page(1), INFO], BUILD.has_page)
    with (tmp_path / "users/1.html").open("rb") as reader:
        write(tmp_path, [page(1, b"another"), INFO], BUILD.has_page)
        assert reader.read() == b"text"
    mode = (tmp_path / "users/1.html").stat().st_mode
    assert mode & 0o444 == 0o444


def test_a_draft_takes_the_place_of_another_file_only(tmp_path):
    with Update(tmp_path) as update:
        for content in (b"one", b"one", b"two", b"owt"):
            (tmp_path / "draft").write_bytes(content)
            update.writer.take("data/profiles.csv", tmp_path / "draft")
        assert update.writer.written == Written(3, 1)
    assert (tmp_path / "data/profiles.csv").read_bytes() == b"owt"

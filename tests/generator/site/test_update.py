import pytest

from generator.errors import BuildError
from generator.site import Build, FileCounts, SiteFile, Update, keys, read_build
from generator.site.folder import MARKER
from generator.site.seal import RENDERED
from tests.generator.site.sites import BUILD, BUILD_JSON, interrupted, make_page, write_site


def read_files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.*")
        if path.name != RENDERED
    }


def test_new_folder_has_exactly_the_files(tmp_path):
    files = [make_page(1), make_page(2), SiteFile("assets/a.css", b"css"), BUILD_JSON]
    assert write_site(tmp_path / "site", files) == FileCounts(written=4)
    assert read_files(tmp_path / "site") == {file.key: file.content for file in files}


def test_only_files_that_differ_are_written(tmp_path):
    write_site(tmp_path, [make_page(1), make_page(2), BUILD_JSON])
    before = (tmp_path / "users/1.html").stat().st_mtime_ns
    counts = write_site(tmp_path, [make_page(1), make_page(2, b"new"), BUILD_JSON])
    assert counts == FileCounts(written=1, unchanged=2)
    assert (tmp_path / "users/1.html").stat().st_mtime_ns == before
    assert (tmp_path / "users/2.html").read_bytes() == b"new"


def test_files_of_an_older_build_are_removed_and_other_files_stay(tmp_path):
    old = Build("0" * 16, 60, (25,), ("id", "type"), (), "users", "2026-11-24T12:00:00Z")
    stale = [make_page(3), SiteFile("users/by-type/25/1.html", b""), SiteFile("assets/a.css", b"")]
    write_site(tmp_path, [make_page(1), make_page(2), *stale, BUILD_JSON], old)
    for name in ("CNAME", ".git/config", "users/.keep"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("not the site's")
    new = Build("1" * 16, 30, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")
    files = [make_page(1), make_page(2), SiteFile("build.json", new.to_json())]
    assert write_site(tmp_path, files, new).removed == 4
    assert not (tmp_path / "users/by-type").exists()
    assert (tmp_path / "CNAME").exists()
    assert (tmp_path / ".git/config").exists()


@pytest.mark.parametrize("name", ["thesis.doc", "build.json", "users"])
def test_folder_with_other_files_is_an_error_and_stays_as_it_is(tmp_path, name):
    (tmp_path / name).write_text("{}")
    with pytest.raises(BuildError, match=r"has files that are not a site's"):
        write_site(tmp_path, [make_page(1)])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_files_behind_a_symbolic_link_are_not_removed(tmp_path):
    write_site(tmp_path / "site", [BUILD_JSON])
    (tmp_path / "photos/empty").mkdir(parents=True)
    (tmp_path / "photos/first.jpg").touch()
    (tmp_path / "site/assets").symlink_to(tmp_path / "photos")
    write_site(tmp_path / "site", [BUILD_JSON])
    assert (tmp_path / "photos/first.jpg").exists()
    assert (tmp_path / "photos/empty").exists()


def test_interrupted_update_is_an_error_to_readers_and_the_next_completes_it(tmp_path):
    write_site(tmp_path, [make_page(1, b"old"), make_page(2, b"old"), BUILD_JSON])
    with pytest.raises(KeyboardInterrupt):
        write_site(tmp_path, interrupted())
    with pytest.raises(BuildError, match="interrupted"):
        read_build(tmp_path)
    assert (tmp_path / "users/2.html").read_bytes() == b"old"
    write_site(tmp_path, [make_page(1), make_page(2), BUILD_JSON])
    assert read_build(tmp_path) == BUILD
    assert not (tmp_path / MARKER).exists()


def test_interrupted_first_update_is_completed_by_the_next(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_site(tmp_path / "site", interrupted())
    write_site(tmp_path / "site", [make_page(1), BUILD_JSON])
    assert sorted(keys(tmp_path / "site")) == ["build.json", "users/1.html"]


def test_drafts_of_a_killed_process_are_removed(tmp_path):
    write_site(tmp_path, [make_page(1), BUILD_JSON])
    for name in ("build.json.part", "users/1.html.part"):
        (tmp_path / name).touch()
    write_site(tmp_path, [make_page(1), BUILD_JSON])
    assert not list(tmp_path.rglob("*.part"))


def test_only_one_process_at_a_time_updates_a_site(tmp_path):
    with Update(tmp_path) as update:
        with (
            pytest.raises(BuildError, match="another process is writing the site"),
            Update(tmp_path),
        ):
            pass
        update.writer.put(*BUILD_JSON)
        update.finish(lambda key: True, "inputs")
    with Update(tmp_path):
        pass

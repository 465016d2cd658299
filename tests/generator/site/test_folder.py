import errno
from pathlib import Path

import pytest

from generator.errors import BuildError
from generator.site import keys, read_build


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="no members"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_error_names_a_folder_without_a_readable_build_json(tmp_path, content):
    if content is not None:
        (tmp_path / "build.json").write_bytes(content)
    with pytest.raises(BuildError, match=str(tmp_path)):
        read_build(tmp_path)


def test_error_names_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)  # root may read every folder
    with pytest.raises(BuildError, match=f"cannot read the site {tmp_path}: Permission denied"):
        read_build(tmp_path)


def test_keys_are_those_of_the_files_that_a_site_has(tmp_path):
    files = (
        *("404.html", "about.html", "build.json", "changes.html", "changes.xml"),
        *("index.html", "robots.txt", "sitemap-1.xml"),
        *("assets/a.css", "data/profiles.csv", "users/1.html", "users/by-id/10/1.html"),
    )
    for name in (*files, "CNAME", "data/thesis.doc", "notes/1.html", ".rendered"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(keys(tmp_path)) == list(files)


def test_keys_of_a_linked_folder_are_those_of_the_folder(tmp_path):
    (tmp_path / "site/users").mkdir(parents=True)
    for name in ("index.html", "users/1.html"):
        (tmp_path / "site" / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "site")
    assert list(keys(tmp_path / "link")) == ["index.html", "users/1.html"]

import os

import pytest

from generator.site import sealed
from generator.site.folder import MARKER
from generator.site.seal import RENDERED
from tests.generator.site.sites import BUILD_JSON, make_page, write_site


@pytest.fixture
def folder(tmp_path):
    write_site(tmp_path / "site", [make_page(1), BUILD_JSON], inputs="inputs")
    return tmp_path / "site"


def test_sealed_site_gives_its_number_of_files_for_the_same_inputs(folder):
    assert sealed(folder, "inputs") == 2
    assert sealed(folder, "other inputs") is None


def test_sealed_site_can_be_moved(folder):
    folder.rename(folder.with_name("moved"))
    assert sealed(folder.with_name("moved"), "inputs") == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda f: (f / "users/1.html").write_bytes(b"another text"), id="edit"),
        pytest.param(lambda f: (f / "users/1.html").unlink(), id="remove"),
        pytest.param(lambda f: (f / "users/9.html").touch(), id="add"),
        pytest.param(lambda f: (f / "users/1.html").rename(f / "users/9.html"), id="rename"),
        pytest.param(lambda f: os.utime(f / "users/1.html", ns=(1, 1)), id="older time"),
        pytest.param(lambda f: (f / MARKER).touch(), id="interrupted"),
        pytest.param(lambda f: (f / RENDERED).unlink(), id="no seal"),
        pytest.param(lambda f: (f / RENDERED).write_text("[]"), id="another JSON as seal"),
        pytest.param(lambda f: (f / RENDERED).write_text("{"), id="half a seal"),
    ],
)
def test_any_change_breaks_the_seal(folder, change):
    change(folder)
    assert sealed(folder, "inputs") is None

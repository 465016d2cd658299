import hashlib

import pytest

from generator import assets
from generator.assets import BOOTSTRAP, read_assets
from generator.errors import BuildError
from generator.render import STATIC


def test_bootstraps_own_stylesheet_and_ours_are_named_by_their_bytes():
    found = read_assets(STATIC)
    assert {BOOTSTRAP, "site.css", "icon.svg"} <= set(found)
    for name, file in found.items():
        digest = hashlib.sha256(file.content).hexdigest()[:12]
        stem, _, suffix = name.partition(".")
        assert file.key == f"assets/{stem}-{digest}.{suffix}"


def test_a_bootstrap_that_is_not_the_official_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / BOOTSTRAP).write_text("body { display: none }")
    monkeypatch.setattr(assets, "get_bootstrap_css_dir", lambda: tmp_path)
    with pytest.raises(BuildError, match=r"not Bootstrap 5\.3\.8's own file"):
        read_assets(STATIC)

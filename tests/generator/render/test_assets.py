import hashlib

import brotli
import pytest

from generator.errors import BuildError
from generator.render import assets, site
from generator.render.assets import BOOTSTRAP, DESCRIPTION, SHEET, read_assets
from generator.render.pages import Renderer
from generator.site import STATIC, TEMPLATES, Listing
from tests.factories import make_profile


def test_bootstraps_own_stylesheet_and_ours_are_named_by_their_bytes():
    found = read_assets(TEMPLATES, STATIC)
    assert {SHEET, DESCRIPTION, "icon.svg", "icon.png", "search.html", "search.js"} == set(found)
    for name, file in found.items():
        digest = hashlib.sha256(file.content).hexdigest()[:12]
        stem, _, suffix = name.partition(".")
        assert file.key == f"assets/{stem}-{digest}.{suffix}"


def test_the_stylesheet_has_what_pages_use_of_bootstrap_and_then_ours():
    sheet = read_assets(TEMPLATES, STATIC)[SHEET].content.decode()
    assert sheet.index(".table{") < sheet.index(".users")
    assert ".carousel" not in sheet


def test_a_first_visit_is_at_most_20_kb_as_brotli(directory):
    """A page of 25 users with the longest names that GitHub allows, its stylesheet and script."""
    users = [make_profile(10**8 + n, f"{n}" + "x" * 37) for n in range(25)]
    assets = read_assets(TEMPLATES, STATIC)
    build = site.make_build(directory, (10, 25, 50, 100), ("id", "-id", "type"))
    renderer = Renderer(build, directory.about, assets, "/", origin="https://example.org")
    page = renderer.page(Listing(), 1, [renderer.row(user) for user in users])
    parts = [page, assets[SHEET].content, assets["search.js"].content]
    assert sum(len(brotli.compress(part, quality=5)) for part in parts) <= 20_000


def test_a_bootstrap_that_is_not_the_official_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / BOOTSTRAP).write_text("body { display: none }")
    monkeypatch.setattr(assets, "get_bootstrap_css_dir", lambda: tmp_path)
    with pytest.raises(BuildError, match=r"not Bootstrap 5\.3\.8's own file"):
        read_assets(TEMPLATES, STATIC)

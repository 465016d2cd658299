import hashlib

import brotli
import pytest

from generator.errors import BuildError
from generator.render import assets as assets_module
from generator.render import site
from generator.render.assets import BOOTSTRAP, DESCRIPTION, SHEET, read_assets
from generator.render.pages import Renderer
from generator.render.templates import STATIC, TEMPLATES
from generator.site import Listing
from tests.factories import make_profile


def test_keys_of_assets_have_a_digest_of_their_bytes():
    assets = read_assets(TEMPLATES, STATIC)
    names = {SHEET, DESCRIPTION, "card.png", "icon.svg", "icon.png", "search.html", "search.js"}
    assert names == set(assets)
    for name, file in assets.items():
        digest = hashlib.sha256(file.content).hexdigest()[:12]
        stem, _, suffix = name.partition(".")
        assert file.key == f"assets/{stem}-{digest}.{suffix}"


def test_the_stylesheet_has_the_used_rules_of_bootstrap_then_our_own():
    sheet = read_assets(TEMPLATES, STATIC)[SHEET].content.decode()
    assert sheet.index(".table{") < sheet.index(".users")
    assert ".carousel" not in sheet


def test_a_first_visit_is_at_most_20_kb_as_brotli(directory):
    """A page of 25 users with the longest names that GitHub allows, its stylesheet and script."""
    users = [make_profile(10**8 + n, f"{n}" + "x" * 37) for n in range(25)]
    assets = read_assets(TEMPLATES, STATIC)
    build = site.make_build(directory, (10, 25, 50, 100), ("id", "-id", "type"))
    renderer = Renderer(build, directory.about, assets, origin="https://example.org")
    page = renderer.page(Listing(), 1, [renderer.row(user) for user in users])
    parts = [page, assets[SHEET].content, assets["search.js"].content]
    assert sum(len(brotli.compress(part, quality=5)) for part in parts) <= 20_000


def test_a_bootstrap_that_is_not_the_official_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / BOOTSTRAP).write_text("body { display: none }")
    monkeypatch.setattr(assets_module, "get_bootstrap_css_dir", lambda: tmp_path)
    with pytest.raises(BuildError, match=r"not the file that Bootstrap 5\.3\.8 published"):
        read_assets(TEMPLATES, STATIC)

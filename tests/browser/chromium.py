"""Chromium, and playwright to steer it. A test module that imports this is skipped without them."""

import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
expect.set_options(timeout=15_000)

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
if not CHROMIUM:
    pytest.skip(
        "Chromium is not installed (on Debian, apt-get install chromium)", allow_module_level=True
    )

"""Takes the README's pictures of the site: `.venv/bin/python docs/pictures.py`.

The pages are those of `build/site`, as `make serve` shows them. Run `make install build-site`
first. It needs Debian's `chromium`.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
# The name of a picture: the page's path, the size of the window and the colours.
PAGES = {
    "desktop": ("/", (1280, 900), "light"),
    "phone": ("/?q=jo", (420, 900), "dark"),
}


def main() -> None:
    """Serve the site, and write a picture of each page in `PAGES`."""
    command = [sys.executable, "-m", "generator", "serve", "--port=0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        address = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for name, (path, (width, height), colours) in PAGES.items():
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=colours
                )
                page.goto(address + path)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=PICTURES / f"{name}.png")
        server.terminate()


if __name__ == "__main__":
    main()

"""A site as the command line builds it, served by `serve`, and Chromium to look at it with.

These fixtures end with this folder, because an event loop runs in them: no other test's
asyncio.run() would work.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from function.contract import Profile, fold
from tests.factories import ODD, make_profile

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
# In the order of their ids, as pages and answers have them.
USERS = sorted(
    [
        *ODD,
        *(
            make_profile(
                2000 + number,
                f"member-{number:03}",
                type="Bot" if number % 20 == 7 else "Organization" if number % 4 == 1 else "User",
            )
            for number in range(280)
        ),
    ],
    key=lambda profile: profile.id,
)
# What GitHub's pictures are replaced by: nothing here leaves the machine.
AVATAR_SIZE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"/>'
OTHER_HOSTS = re.compile(r"https?://(?!127\.0\.0\.1:)")


def named(term: str) -> list[Profile]:
    """Return the users who have *term* in their names."""
    return [user for user in USERS if fold(term) in fold(user.username)]


@pytest.fixture(scope="package")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site of `USERS`, without a slash at its end; built if it can be seen."""
    folder = tmp_path_factory.mktemp("browser")
    records = [
        {"id": id_, "login": login, "type": type_, "avatar_url": avatar, "html_url": html}
        for id_, login, type_, avatar, html in USERS
    ]
    (folder / "users.json").write_text(json.dumps(records))
    command = [sys.executable, "-m", "generator"]
    database, site = f"--database={folder / 'directory.db'}", folder / "site"
    source = [f"file:{folder / 'users.json'}", f"--total={len(USERS)}"]
    build = ["build", *source, database, f"--store={folder / 'users.db'}", f"--output={site}"]
    subprocess.run([*command, *build], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    serve = ["serve", "--port=0", database, f"--site={site}"]
    served = subprocess.Popen([*command, *serve], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with served:
        try:
            said = served.stdout.readline()
            yield re.search(r"http://127\.0\.0\.1:\d+", said)[0]
        finally:
            served.terminate()


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium, where it and playwright are installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("there is no Chromium here (on Debian, apt-get install chromium)")
    playwright.expect.set_options(timeout=15_000)
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@dataclass
class Seen:
    """What a test's pages did that no page should, and whom else they asked."""

    wrong: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Fails the test whose pages throw an error, break their own policy, or open a dialog."""
    found = Seen()
    yield found
    assert found.wrong == []


@pytest.fixture
def new_page(site: str, browser: Any, seen: Seen) -> Iterator[Any]:
    """Opens pages: `new_page(color_scheme="dark")` and whatever else a browser context takes."""
    with ExitStack() as contexts:

        def new_page(**options: Any) -> Any:
            context = contexts.enter_context(browser.new_context(base_url=site, **options))

            def answer(route: Any) -> None:
                if route.request.url.startswith("https://avatars.githubusercontent.com/"):
                    route.fulfill(content_type="image/svg+xml", body=AVATAR_SIZE)
                else:
                    seen.strangers.append(route.request.url)
                    route.abort()

            context.route(OTHER_HOSTS, answer)
            page = context.new_page()
            page.on("pageerror", lambda error: seen.wrong.append(f"error: {error}"))
            page.on("console", lambda line: _note_violation(line.text, seen))
            page.on("dialog", lambda dialog: (seen.wrong.append("a dialog"), dialog.dismiss()))
            return page

        yield new_page


def _note_violation(line: str, seen: Seen) -> None:
    if "Content Security Policy" in line:
        seen.wrong.append(line)


@pytest.fixture
def page(new_page: Any) -> Any:
    """An ordinary page, at no address yet."""
    return new_page()

"""A site that the command line builds and serves, and Chromium to open its pages.

These fixtures have the scope of this folder. An event loop runs in them, and while it runs, the
asyncio.run() of another test would fail.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from function.contract import About, Profile, fold
from generator.bake import bake
from tests.factories import ABOUT, ODD, make_profile

ROOT = Path(__file__).parents[2]
AVATAR = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"/>'
# In the order of their ids, as listings have them. The avatars of the members are in the pages,
# because each request that a test answers takes time.
USERS = sorted(
    [
        *ODD,
        *(
            make_profile(
                2000 + number,
                f"member-{number:03}",
                avatar_url=f"data:image/svg+xml,{quote(AVATAR)}",
                type="Bot" if number % 20 == 7 else "Organization" if number % 4 == 1 else "User",
            )
            for number in range(280)
        ),
    ],
    key=lambda profile: profile.id,
)
OTHER_HOSTS = re.compile(r"https?://(?!127\.0\.0\.1:)")


def wait_for_pictures(pictures: Any) -> None:
    """Wait until each of *pictures*, a locator, is loaded or has failed to load.

    `page.wait_for_function` cannot: from its second try on, it needs a policy that allows eval.
    """
    pictures.evaluate_all(
        """(images) => Promise.all(images.map((image) => image.complete || new Promise((done) => {
          image.addEventListener("load", () => done());
          image.addEventListener("error", () => done());
        })))"""
    )


def users_named(term: str) -> list[Profile]:
    """Return the users with *term* in their names."""
    return [user for user in USERS if fold(term) in fold(user.username)]


@pytest.fixture(scope="package")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site of `USERS`, without a slash at its end."""
    folder = tmp_path_factory.mktemp("browser")
    # Not from a file: seeding refuses some of these names.
    bake(USERS, About("file:users.json", "GitHub users", ABOUT.seeded_at), folder / "directory.db")
    command = [sys.executable, "-m", "generator"]
    database, site = f"--database={folder / 'directory.db'}", folder / "site"
    render = ["render", database, f"--output={site}"]
    subprocess.run([*command, *render], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    serve = ["serve", "--port=0", database, f"--site={site}"]
    server = subprocess.Popen([*command, *serve], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with server:
        try:
            first_line = server.stdout.readline()
            yield re.search(r"http://127\.0\.0\.1:\d+", first_line)[0]
        finally:
            server.terminate()


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium, started."""
    # An import at the head of this file would skip the tests of all folders.
    from tests.browser.chromium import CHROMIUM, sync_api

    with sync_api.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@dataclass
class Activity:
    """What the pages of a test did.

    Attributes:
        errors: uncaught errors, violations of the Content Security Policy, and dialogs.
        other_hosts: the addresses that were requested from other hosts, avatars aside.
    """

    errors: list[str] = field(default_factory=list)
    other_hosts: list[str] = field(default_factory=list)


@pytest.fixture
def activity() -> Iterator[Activity]:
    """What the pages of the test did. An error in a page fails the test."""
    activity = Activity()
    yield activity
    assert activity.errors == []


@pytest.fixture(scope="package")
def contexts(site: str, browser: Any) -> Callable[..., Any]:
    """A function that returns the browser context with options: `color_scheme="dark"`.

    An empty page of it stays open, so Chromium opens all its pages in one process. A context for
    each test, and a process with it, would take half as long again.
    https://playwright.dev/python/docs/api/class-browser#browser-new-context
    """

    @cache
    def context(options: str) -> Any:
        made = browser.new_context(base_url=site, **json.loads(options))
        made.new_page().goto("/404.html")
        return made

    return lambda **options: context(json.dumps(options, sort_keys=True))


@pytest.fixture
def new_page(contexts: Callable[..., Any], activity: Activity) -> Iterator[Callable[..., Any]]:
    """A function that opens a page in the browser context with options."""
    with ExitStack() as cleanup:

        def new_page(**options: Any) -> Any:
            context = contexts(**options)
            cleanup.callback(_close_pages, context)
            return _open_page(context, activity)

        yield new_page


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """An empty page."""
    return new_page()


@pytest.fixture
def page_with_clock(site: str, browser: Any, activity: Activity) -> Iterator[Any]:
    """An empty page in a context of its own, whose clock the test sets."""
    with browser.new_context(base_url=site) as context:
        page = _open_page(context, activity)
        page.clock.install()
        yield page


def _open_page(context: Any, activity: Activity) -> Any:
    """Open a page, and note in *activity* what it does. No request leaves this machine."""

    def answer(route: Any) -> None:
        if route.request.url.startswith("https://avatars.githubusercontent.com/"):
            route.fulfill(content_type="image/svg+xml", body=AVATAR)
        else:
            activity.other_hosts.append(route.request.url)
            route.abort()

    context.route(OTHER_HOSTS, answer)
    page = context.new_page()
    page.on("pageerror", lambda error: activity.errors.append(f"error: {error}"))
    page.on("console", lambda line: _note_violation(line.text, activity))
    page.on("dialog", lambda dialog: (activity.errors.append("a dialog"), dialog.dismiss()))
    return page


def _close_pages(context: Any) -> None:
    """Close the pages of a test."""
    for page in context.pages[1:]:
        page.close()
    context.unroute_all()


def _note_violation(line: str, activity: Activity) -> None:
    if "Content Security Policy" in line:
        activity.errors.append(line)

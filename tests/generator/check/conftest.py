"""A site of 472 users, which tests damage and restore."""

from collections.abc import Iterator

import pytest

from function.database import Directory
from generator.changes import Change
from generator.render import make_build, render_site
from tests.factories import ODD, make_directory, make_profile
from tests.generator.check.sites import EditedSite

ORIGIN = "https://example.org"
USERS = sorted(
    [
        *ODD,
        *(make_profile(number) for number in range(2000, 2390)),
        *(make_profile(number, type="Organization") for number in range(3000, 3060)),
    ]
)


CHANGES = (
    Change("2026-11-24T12:00:00Z", "new", 2001, None, "user-2001"),
    Change("2026-11-23T12:00:00Z", "renamed", 3000, "before", "user-3000"),
)


@pytest.fixture(scope="package")
def users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """The directory of the site."""
    directory = make_directory(tmp_path_factory.mktemp("users"), USERS)
    yield directory
    directory.close()


@pytest.fixture(scope="package")
def rendered(users: Directory, tmp_path_factory: pytest.TempPathFactory) -> EditedSite:
    """The site as it was rendered."""
    folder = tmp_path_factory.mktemp("rendered") / "site"
    build = make_build(users, (10, 25), ("id", "-id", "type"), base_path="/directory/")
    render_site(users, build, folder, ORIGIN, changes=CHANGES, jobs=1)
    return EditedSite(folder)


@pytest.fixture
def site(rendered: EditedSite) -> Iterator[EditedSite]:
    """The site, restored after the test."""
    yield rendered
    rendered.restore()

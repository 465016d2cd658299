"""Fixtures that several tests share."""

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from function.database import Directory
from generator.render import css
from tests.factories import make_directory
from tests.oracle import VARIED

# A test never fails for being slow, and each run tries the same examples.
settings.register_profile("all", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("quick", settings.get_profile("all"), max_examples=30)

# Files of tests are in memory if it has 2 GiB of room. On a disk, the tests take twice as long.
# Pytest makes a private folder in it.
_MEMORY, _ROOM = Path("/dev/shm"), 2 << 30  # noqa: S108
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples of each property in a run without slow tests."""
    settings.load_profile("quick" if config.option.markexpr == "not slow" else "all")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest tests, so that at the end no core waits for the other."""
    items.sort(key=lambda item: ("test_deployed" not in item.nodeid, not _is_slow(item)))


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


@pytest.fixture(scope="session", autouse=True)
def no_proxy() -> Iterator[None]:
    """Unset the proxy of this machine: requests to loopback must not use it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def bootstrap_is_pruned_once() -> Iterator[None]:
    """Reuse the stylesheet of a site: pruning Bootstrap takes 80 ms of a render's 150."""
    with pytest.MonkeyPatch.context() as patch:
        prune = cache(css.prune)
        patch.setattr(css, "prune", lambda sheet, used: prune(sheet, frozenset(used)))
        yield


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """The profiles `ODD`, baked once."""
    directory = make_directory(tmp_path_factory.mktemp("directory"))
    yield directory
    directory.close()


@pytest.fixture(scope="session")
def varied_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """The profiles `VARIED`, baked once."""
    directory = make_directory(tmp_path_factory.mktemp("varied"), VARIED)
    yield directory
    directory.close()


@pytest.fixture(scope="session")
def real_users() -> Path:
    """A file of a thousand real accounts. Without it, the test is skipped."""
    path = Path(__file__).parents[2] / "shared/data/github_users_first.csv"
    if not path.exists():
        pytest.skip(f"{path.name}, a file of real accounts, does not exist here")
    return path

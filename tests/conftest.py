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

# A slow machine is no failure, and a failure is the same on every machine.
settings.register_profile("suite", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("suite")


# In memory where there is room: half of the suite's time is waiting for a disk.
_MEMORY, _ROOM = Path("/dev/shm"), 2 << 30  # noqa: S108  (a place, and a folder of our own in it)
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no core waits for it at the end."""
    items.sort(key=lambda item: ("test_deployed" not in item.nodeid, not _is_slow(item)))


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


@pytest.fixture(scope="session", autouse=True)
def no_proxy() -> Iterator[None]:
    """Keep the machine's proxy out of the way of servers on loopback."""
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
    """A thousand real accounts, where they are at hand."""
    path = Path(__file__).parents[2] / "shared/data/github_users_first.csv"
    if not path.exists():
        pytest.skip(f"the real accounts are not at hand ({path.name})")
    return path

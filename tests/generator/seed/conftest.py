"""Fixtures of the tests of seeding."""

import pytest

from tests.generator.seed.runs import Run


@pytest.fixture
def run(tmp_path):
    """A function that crawls a list of a fake GitHub into one store."""
    return Run(tmp_path / "users.db")

import pytest

from tests.generator.github.clients import Waits


@pytest.fixture
def waits():
    return Waits()

"""Fixtures for tests of deploying."""

from pathlib import Path

import pytest

from tests.infra.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture
def four(rig: Rig) -> Rig:
    """A stack with four deployments: 1, 2, 3 and the live 4."""
    rig.retained = 4
    for digit in "1234":
        rig.deploy(digit)
    return rig

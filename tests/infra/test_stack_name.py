import subprocess
import sys
from pathlib import Path

import pytest

from infra.stack_name import why_not


@pytest.mark.parametrize("name", ["a", "People-2", "a" * 28])
def test_a_stack_can_be_called_that(name):
    assert why_not(name) is None


@pytest.mark.parametrize("name", ["", "a" * 29, "my_users", "1-users", "a b", "é"])
def test_no_stack_can_be_called_that(name):
    assert why_not(name)


def test_as_a_command_it_ends_with_the_reason():
    done = subprocess.run(
        [sys.executable, "-m", "infra.stack_name", "a" * 40],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "has 40 characters, and 28 is the most" in done.stderr) == (2, True)

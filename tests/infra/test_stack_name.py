import subprocess
import sys
from pathlib import Path

import pytest

from infra.errors import ParametersError
from infra.stack_name import check_stack_name


@pytest.mark.parametrize("name", ["a", "People-2", "a" * 28])
def test_valid_name_is_accepted(name):
    check_stack_name(name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a" * 29, "has 29 characters, at most 28"),
        ("", "is no stack name"),
        ("my_users", "is no stack name"),
        ("1-users", "is no stack name"),
        ("a b", "is no stack name"),
        ("é", "is no stack name"),
    ],
)
def test_invalid_name_is_refused(name, problem):
    with pytest.raises(ParametersError, match=problem):
        check_stack_name(name)


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [("people", 0, ""), ("a" * 40, 2, "has 40 characters, at most 28")],
)
def test_command_checks_a_name(name, status, error):
    completed = subprocess.run(
        [sys.executable, "-m", "infra.stack_name", name],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == status
    assert error in completed.stderr

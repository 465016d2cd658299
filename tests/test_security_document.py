"""SECURITY.md: each threat has a test that exists, or says that nothing stops it."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
THREATS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (TESTS.parent / "SECURITY.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| who "))
]
NAMED = sorted({name for *_, tests in THREATS for name in re.findall(r"`(.+?)`", tests)})


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_exists(name):
    path, test = name.split("::")
    tree = ast.parse((TESTS / path).read_text())
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_threat_has_a_test_or_says_that_nothing_stops_it():
    assert len(THREATS) > 50
    for threat, defence, tests in THREATS:
        assert "::" in tests or "Nothing" in defence, threat

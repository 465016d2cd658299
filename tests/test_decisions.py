"""The pages in docs/decisions have one form, and their index lists them all."""

import re
from datetime import date
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs/decisions"
INDEX = (FOLDER / "README.md").read_text()
PAGES = sorted(set(FOLDER.iterdir()) - {FOLDER / "README.md"})
HEAD = re.compile(r"# (?P<number>\d{3})\. (?P<title>.+)\n\nDate: (?P<date>\d{4}-\d\d-\d\d)\n\n")
SECTIONS = ["Decision", "Alternatives", "Figure"]


def test_decisions_have_consecutive_numbers():
    assert [page.name[:4] for page in PAGES] == [f"{n:03}-" for n in range(1, len(PAGES) + 1)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_has_its_number_title_and_date_and_all_sections(page):
    text = page.read_text()
    head = HEAD.match(text)
    assert head, text[:80]
    assert head["number"] == page.name[:3]
    date.fromisoformat(head["date"])
    sections = re.findall(r"^## (.+)\n\n\S", text, re.MULTILINE)
    assert sections in (SECTIONS, [*SECTIONS, "Consequences"])


def test_the_index_lists_every_decision_with_its_title_and_date():
    expected = []
    for page in PAGES:
        head = HEAD.match(page.read_text())
        expected.append((head["number"], page.name, head["title"], head["date"]))
    row = r"^\| \[(\d{3})\]\((.+?)\) \| (.+?) \| (.+?) \| .+\. \|$"
    assert re.findall(row, INDEX, re.MULTILINE) == expected

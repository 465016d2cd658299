"""README.md: its length, its pictures, and the example of the API."""

import re
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from function.answer import PATH, answer_profiles
from generator.seed.sample import read_sample
from tests.factories import make_directory

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_readme_has_at_most_120_lines():
    assert len(README.splitlines()) <= 120


def test_every_picture_of_the_readme_exists_and_has_a_description():
    pictures = re.findall(r'<img src="([^"]+)" width="\d+%" alt="[^"]+">', README)
    assert len(pictures) == README.count("<img")
    assert all((ROOT / path).is_file() for path in pictures)


def test_the_sample_gives_the_answer_that_the_readme_shows(tmp_path):
    address, shown = re.search(r"\$ curl '(\S+)'\n(.+)\n", README).groups()
    assert urlsplit(address).path == PATH
    query = parse_qsl(urlsplit(address).query)
    with closing(make_directory(tmp_path, [user for _, user in read_sample()])) as directory:
        body = answer_profiles(directory, query).body.decode()
    # "..." stands for what the README leaves out.
    assert re.fullmatch(".+".join(re.escape(part) for part in shown.split("...")), body)

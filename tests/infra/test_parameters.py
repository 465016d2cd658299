import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.publish import read_site
from generator.render import site
from generator.site import Build, ListedType
from infra.errors import ParametersError
from infra.parameters import parameter_names, site_parameters
from tests.test_template import TEMPLATE, TEXT

ROOT = Path(__file__).parents[2]
SITE_ID = "0123456789abcdef-01234567"
BUILD = Build(
    release="0123456789abcdef",
    users=150,
    page_sizes=(10, 25),
    orders=("id", "-id"),
    types=(ListedType("User", "user", 140), ListedType("A, B: 'c' ${d}", "a-b-c-d-0", 10)),
    source="users",
    seeded_at="2026-11-24T12:00:00Z",
)


def test_site_gives_five_parameters():
    assert site_parameters(BUILD, SITE_ID) == {
        "Release": SITE_ID,
        "Users": "150",
        "PageSizes": "10,25",
        "Orders": "id,-id",
        "Types": "User:user:140,A%2C+B%3A+%27c%27+%24%7Bd%7D:a-b-c-d-0:10",
    }


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_no_type_name_needs_quotes(name):
    value = site_parameters(BUILD._replace(types=(ListedType(name, "x", 1),)), SITE_ID)["Types"]
    assert value.isascii()
    assert not set(value) & set(" \t\n\"'\\$`{}<>;&|*?()#!")
    assert value.count(":") == 2
    assert "," not in value


def test_types_that_exceed_the_routers_room_are_refused():
    types = tuple(ListedType(f"type {n}", f"type-{n}", n) for n in range(200))
    with pytest.raises(ParametersError, match=r"the 200 types .* room for 2,400: render fewer"):
        site_parameters(BUILD._replace(types=types), SITE_ID)


def test_a_site_below_the_root_of_its_host_is_refused():
    with pytest.raises(ParametersError, match=r"built for /people/, .* without --base-path"):
        site_parameters(BUILD._replace(base_path="/people/"), SITE_ID)


def test_command_prints_parameter_overrides(directory, tmp_path):
    build = site.make_build(directory, (25,), ("id",), "User")
    site.render_site(directory, build, tmp_path, jobs=1)
    command = [sys.executable, "-m", "infra.parameters", tmp_path]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert dict(pair.split("=", 1) for pair in completed.stdout.split(" ")) == {
        **site_parameters(build, read_site(tmp_path).site_id),
        "Types": site_parameters(build, SITE_ID)["Types"] + "\n",
    }


def test_names_of_the_templates_parameters_are_read_without_yaml():
    assert parameter_names(TEXT) == TEMPLATE["Parameters"].keys()
    assert parameter_names("Resources: {}\n") == set()

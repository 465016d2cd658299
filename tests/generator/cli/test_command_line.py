import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.cli.command_line import Argument, BadUsage, explained, flag, meant, option, read
from generator.cli.commands import VERBS
from generator.cli.types import whole

OPTIONS = (
    option("-t", "--total", metavar="N", parse=whole(1), default="150", help="How many."),
    option("--title", metavar="TEXT", help="What it is called.", variable="TITLE"),
    flag("--refresh", help="Once more."),
    flag("--data", "--no-data", default=True, help="All of it."),
)
MANY = Argument("sources", "SOURCE", many=True)


def found(*words, argument=MANY, **environment):
    return read(words, OPTIONS, argument, environment)


@given(st.text())
def test_a_value_is_what_was_written_whatever_it_looks_like(value):
    for words in (["--title", value], [f"--title={value}"]):
        assert found("one", *words, "--refresh", "two") == {
            "total": 150,
            "title": value,
            "refresh": True,
            "data": True,
            "sources": ("one", "two"),
        }


@given(st.sampled_from(["--tot", "--titl", "--refres", "--d", "-x"]), st.booleans())
def test_nothing_is_abbreviated(name, is_there):
    with pytest.raises(BadUsage, match="there is no option"):
        found(*["--title", "--title"] * is_there, name, "5", "--total", "5")


@given(st.lists(st.text()))
def test_after_two_hyphens_nothing_is_an_option(words):
    assert found("-t5", "--", *words)["sources"] == tuple(words)


def test_the_last_of_several_counts_and_takes_back_what_was_wrong():
    assert found("-t", "x", "--total=2", "--no-data", "--data")["total"] == 2
    assert found("--data", "--no-data")["data"] is False


def test_the_environment_has_another_default():
    assert found(TITLE="ours")["title"] == "ours"
    assert found("--title", "mine", TITLE="ours")["title"] == "mine"
    assert found(TITLE="")["title"] is None
    with pytest.raises(BadUsage, match="TITLE, which stands for --title: "):
        found(TITLE="\udcff")


def test_help_is_asked_for_wherever_it_stands():
    assert found("one", "--total", "x", "-h") is None
    assert found("--title", "-h")["title"] == "-h"


def test_one_word_may_be_the_most():
    one = Argument("query", "QUERY")
    assert found("x=1", argument=one)["query"] == "x=1"
    assert found(argument=one)["query"] == ""
    for words, argument in ((["x", "y"], one), (["y"], None)):
        with pytest.raises(BadUsage, match="'y' is one word too many"):
            found(*words, argument=argument)


def test_who_mistypes_is_told_what_there_is():
    assert meant("sed", VERBS) == "; there is seed"
    assert meant("nothing-like-it", VERBS) == ""


@pytest.mark.parametrize("verb", VERBS)
@given(width=st.integers(60, 120))
def test_help_fits_its_lines_and_breaks_no_note(verb, width):
    text = explained("What it does.", VERBS[verb].options, width)
    assert max(map(len, text.splitlines())) <= width
    for line in text.splitlines():
        assert line.count("[") == line.count("]")
    for one in VERBS[verb].options:
        assert all(name in text for name in one.names)

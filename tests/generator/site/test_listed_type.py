import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.site import Build, listed_types


def test_spellings_of_a_type_are_one_type_and_the_largest_comes_first():
    types = {"User": 5, "user": 6, "Bot": 20, "": 99, "A & B <i>": 1, "a-b-i": 2}
    listed = listed_types(types)
    assert [(type_.name, type_.users) for type_ in listed] == [
        *[("Bot", 20), ("user", 11), ("a-b-i", 2), ("A & B <i>", 1)]
    ]
    assert [type_.slug for type_ in listed[:3]] == ["bot", "user", "a-b-i"]
    assert re.fullmatch("a-b-i-[0-9a-f]{8}", listed[3].slug)


def test_type_named_like_the_slug_of_another_gets_another_slug():
    (spaced,) = listed_types({"x y": 1})
    slugs = {type_.slug for type_ in listed_types({"x y": 1, spaced.slug: 1})}
    assert len(slugs) == 2
    assert spaced.slug in slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        pytest.param("x" * 40, "x{40}", id="plain and short"),
        pytest.param("x" * 41, "x{30}-[0-9a-f]{8}", id="plain and long"),
        pytest.param("x y" * 30, "(x-y){10}-[0-9a-f]{8}", id="with blanks and long"),
    ],
)
def test_slug_of_a_long_name_is_cut_and_has_a_digest(name, slug):
    (listed,) = listed_types({name: 1})
    assert re.fullmatch(slug, listed.slug)


@given(st.dictionaries(st.text(max_size=50), st.integers(1, 9), max_size=20))
def test_slugs_are_distinct_and_have_plain_characters(types):
    listed = listed_types(types)
    slugs = [type_.slug for type_ in listed]
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch("[a-z0-9-]+", slug) for slug in slugs)
    build = Build("", 9, (25,), ("id",), listed, "", "")
    assert all(build.has_page(listing.key(1)) for listing in build.listings())

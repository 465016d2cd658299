from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.index import ALL_TYPES
from generator.bake.index import (
    IndexTokens,
    ListStatistics,
    frequent_terms,
    least_frequent,
    terms_of,
)

names = st.lists(st.text("ab-ü", max_size=6), max_size=30)


def all_parts(name):
    return {name[i:j] for i in range(len(name)) for j in range(i + 1, len(name) + 1)}


@given(names, st.integers(1, 5))
def test_the_frequent_terms_are_all_parts_that_many_names_have(names, least):
    counts = Counter(part for name in names for part in all_parts(name))
    expected = {part: count for part, count in counts.items() if count >= least}
    assert frequent_terms(lambda length: iter(names), least) == expected


def test_no_term_is_longer_than_any_login():
    found = frequent_terms(lambda length: iter(["x" * 5000] * 9), 5)
    assert max(found, key=len) == "x" * 40


@given(names, st.integers(1, 5))
def test_the_terms_of_a_name_are_its_frequent_parts_each_once(names, least):
    frequent = frequent_terms(lambda length: iter(names), least)
    for name in names:
        assert sorted(terms_of(name, frequent)) == sorted(all_parts(name) & set(frequent))


@pytest.mark.parametrize(
    ("users", "least"), [(1, 100), (66_000, 100), (666_000, 1000), (1_000_000, 1500), (10**8, 1500)]
)
def test_how_many_are_many(users, least):
    assert least_frequent(users) == least


def listed(names, kinds=lambda number: 0, least=2, types=1):
    """Return the lists of *names*, and the words that lead to them."""
    frequent = frequent_terms(lambda length: iter(names), least)
    of = [kinds(number) for number in range(len(names))]
    users = Counter(of)
    main = next((kind for kind in users if users[kind] * 2 > len(names)), None)
    lists = ListStatistics(frequent, {ALL_TYPES: len(names), **users}, main)
    for number, name in enumerate(names):
        lists.add(number, name, (ALL_TYPES, of[number]))
    return lists, IndexTokens(lists, types)


def test_a_list_has_an_anchor_at_every_32nd_user():
    lists, _ = listed(["b", "a"] * 70)
    one = lists.of_kind[ALL_TYPES]["a"]
    assert (one.users, list(one.anchors)) == (70, [1, 65, 129])


def test_a_gram_that_is_everywhere_needs_no_word():
    _, words = listed(["ab"] * 2000)
    assert words.of("ab", [0]) == []
    assert words.match("ab", ALL_TYPES) == (None, False)


@pytest.mark.parametrize("at", [0, 1000, 2000], ids=["start", "middle", "end"])
def test_a_gram_that_is_nowhere_in_a_long_stretch_has_a_word(at):
    names = ["a"] * 2000
    names[at:at] = ["b"] * 1000
    _, words = listed(names)
    assert sorted(words.of("ab", [0])) == ["a", "ab", "b"]
    assert words.match("a", ALL_TYPES) == ('"a"', True)


def test_a_gram_that_few_have_has_a_word():
    _, words = listed(["a"] * 2000)
    assert words.of("xa", [0]) == ["x", "xa"]


def test_a_gram_that_is_everywhere_but_among_those_of_a_kind_has_a_word():
    """Those of one type come first in this order: among all, the gram is in every stretch."""
    names = ["a" if n % 2 else "b" for n in range(4000)]
    _, words = listed(names, lambda n: 0 if n % 2 or n > 2000 else 1, types=2)
    assert words.match("a", ALL_TYPES) == (None, False)
    assert words.match("b", 1) == ('"=1"', False)
    assert words.match("b", 0) == ('"b" NOT "=1"', True)


def test_a_long_term_is_looked_for_by_its_rarest_grams_unless_few_have_it():
    names = ["abcd", *["x"] * 900] * 4 + (["abc", "bcd", *["x"] * 50] * 30)
    _, words = listed(names, least=3)
    assert words.match("abcd", ALL_TYPES) == ('"abcd"', True)
    names += ["abcd", *["x"] * 50] * 60
    _, words = listed(names, least=3)
    assert words.match("abcd", ALL_TYPES) == ('"abc" AND "bcd"', False)


def test_a_long_term_that_no_gram_leads_to_has_a_word():
    names = ["abc", "bcd", "x"] * 1000 + ["abcd"] * 20
    _, words = listed(names)
    assert words.match("abcd", ALL_TYPES) == ('"abcd"', True)
    assert words.of("abcd", [0]) == ["abcd"]


def test_the_commonest_type_has_no_word_unless_it_is_nowhere_in_a_long_stretch():
    mixed, _ = listed(["a"] * 3000, lambda n: n % 3 > 1, types=2)
    assert IndexTokens(mixed, 2).match("", 0) == (None, False)
    assert IndexTokens(mixed, 2).match("", 1) == ('"=1"', True)
    late, _ = listed(["a"] * 3000, lambda n: n >= 2000, types=2)
    assert IndexTokens(late, 2).match("", 0) == ('"=0"', True)

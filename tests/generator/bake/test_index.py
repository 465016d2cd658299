from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.index import ALL_TYPES
from generator.bake.index import (
    IndexTokens,
    ListStatistics,
    frequency_threshold,
    frequent_substrings,
    frequent_terms,
)

some_names = st.lists(st.text("ab-ü", max_size=6), max_size=30)


def all_substrings(name):
    return {name[i:j] for i in range(len(name)) for j in range(i + 1, len(name) + 1)}


@given(some_names, st.integers(1, 5))
def test_frequent_terms_are_the_substrings_of_enough_names(names, threshold):
    counts = Counter(term for name in names for term in all_substrings(name))
    expected = {term: count for term, count in counts.items() if count >= threshold}
    assert frequent_terms(lambda length: iter(names), threshold) == expected


def test_frequent_terms_have_at_most_40_characters():
    terms = frequent_terms(lambda length: iter(["x" * 5000] * 9), 5)
    assert max(terms, key=len) == "x" * 40


@given(some_names, st.integers(1, 5))
def test_frequent_substrings_are_the_frequent_terms_in_a_name(names, threshold):
    frequent = frequent_terms(lambda length: iter(names), threshold)
    for name in names:
        assert frequent_substrings(name, frequent) == all_substrings(name) & set(frequent)


@pytest.mark.parametrize(
    ("users", "threshold"),
    [(1, 100), (66_000, 100), (666_000, 1000), (1_000_000, 1500), (10**8, 1500)],
)
def test_threshold_is_a_share_of_the_users_within_bounds(users, threshold):
    assert frequency_threshold(users) == threshold


def make_index(names, type_at=lambda position: 0, threshold=2, types=1):
    """Return the posting lists and tokens of users with these *names*, whose ids begin at 0."""
    frequent = frequent_terms(lambda length: iter(names), threshold)
    codes = [type_at(position) for position in range(len(names))]
    sizes = Counter(codes)
    main_type = next((code for code in sizes if sizes[code] * 2 > len(names)), None)
    statistics = ListStatistics(frequent, {ALL_TYPES: len(names), **sizes}, main_type)
    for position, name in enumerate(names):
        statistics.add(position, name, (ALL_TYPES, codes[position]))
    return statistics, IndexTokens(statistics, types)


def test_list_has_an_anchor_at_every_32nd_user():
    statistics, _ = make_index(["b", "a"] * 70)
    postings = statistics.lists[ALL_TYPES]["a"]
    assert (postings.users, list(postings.anchors)) == (70, [1, 65, 129])


def test_dense_gram_has_no_token():
    _, tokens = make_index(["ab"] * 2000)
    assert list(tokens.of_user("ab", [0])) == []
    assert tokens.query("ab", ALL_TYPES) == (None, False)


@pytest.mark.parametrize("position", [0, 1000, 2000], ids=["start", "middle", "end"])
def test_gram_with_a_gap_has_a_token(position):
    names = ["a"] * 2000
    names[position:position] = ["b"] * 1000
    _, tokens = make_index(names)
    assert sorted(tokens.of_user("ab", [0])) == ["a", "ab", "b"]
    assert tokens.query("a", ALL_TYPES) == ('"a"', True)


def test_rare_gram_has_a_token():
    _, tokens = make_index(["a"] * 2000)
    assert list(tokens.of_user("xa", [0])) == ["x", "xa"]


def test_gram_with_a_gap_in_one_type_has_a_token():
    """The users of type 1 are all at the start. Among all users, the gram has no gap."""
    names = ["a" if n % 2 else "b" for n in range(4000)]
    _, tokens = make_index(names, lambda n: 0 if n % 2 or n > 2000 else 1, types=2)
    assert tokens.query("a", ALL_TYPES) == (None, False)
    assert tokens.query("b", 1) == ('"=1"', False)
    assert tokens.query("b", 0) == ('"b" NOT "=1"', True)


def test_long_term_is_found_by_its_rarest_grams_unless_it_is_rarer():
    names = ["abcd", *["x"] * 900] * 4 + (["abc", "bcd", *["x"] * 50] * 30)
    _, tokens = make_index(names, threshold=3)
    assert tokens.query("abcd", ALL_TYPES) == ('"abcd"', True)
    names += ["abcd", *["x"] * 50] * 60
    _, tokens = make_index(names, threshold=3)
    assert tokens.query("abcd", ALL_TYPES) == ('"abc" AND "bcd"', False)


def test_long_term_whose_grams_are_dense_has_a_token():
    names = ["abc", "bcd", "x"] * 1000 + ["abcd"] * 20
    _, tokens = make_index(names)
    assert tokens.query("abcd", ALL_TYPES) == ('"abcd"', True)
    assert list(tokens.of_user("abcd", [0])) == ["abcd"]


def test_main_type_has_a_token_only_if_it_has_a_gap():
    _, tokens = make_index(["a"] * 3000, lambda n: n % 3 > 1, types=2)
    assert tokens.query("", 0) == (None, False)
    assert tokens.query("", 1) == ('"=1"', True)
    _, tokens = make_index(["a"] * 3000, lambda n: n >= 2000, types=2)
    assert tokens.query("", 0) == ('"=0"', True)

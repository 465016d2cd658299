from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.contract import fold, gram_word, grams
from generator.terms import (
    Lists,
    frequent_terms,
    is_dense,
    least_frequent,
    match,
    terms_of,
    words_of,
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


def test_a_gram_that_too_many_have_gets_no_posting_list():
    frequent = {"a": 900, "b": 60}
    words = words_of("ab", frequent, users=1000)
    assert sorted(words) == ["ab", "b"]


def test_a_long_term_is_looked_for_by_its_rarest_grams():
    frequent = {"anna": 300, "ann": 400, "nna": 310, "xanna": 290, "xan": 300, "bin": 999}
    assert match("xanna", frequent, users=10_000) == '"xan" AND "nna" AND "ann"'
    assert match("ann", frequent, users=10_000) == '"ann"'
    assert match("bin", frequent, users=10_000 // 100) is None


@pytest.mark.parametrize(
    ("users", "least"), [(1, 100), (100_000, 100), (500_000, 500), (1_000_000, 1000), (10**8, 1000)]
)
def test_how_many_are_many(users, least):
    assert least_frequent(users) == least


def test_one_in_sixteen_is_dense():
    assert (is_dense(10, 160), is_dense(9, 160)) == (True, False)


def test_a_list_has_an_anchor_at_every_32nd_user():
    lists = Lists({"a": 70, "b": 70}, users=1000)
    for identity in range(1000, 1070):
        lists.add("a", (-1, 0), identity)
    assert (lists.users["a", -1], list(lists.anchors["a", 0])) == (70, [1000, 1032, 1064])


def test_a_list_of_few_among_many_has_anchors_close_together():
    lists = Lists({"a": 20}, users=10_001)
    for identity in range(20):
        lists.add("a", (-1, 0), identity)
    assert list(lists.anchors["a", -1]) == [0, 8, 16]
    assert list(lists.anchors["a", 0]) == [0]


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3).map(fold)


@given(texts, texts)
def test_no_two_grams_are_the_same_word(one, other):
    assert (gram_word(one) == gram_word(other)) == (one == other)


@given(texts)
def test_a_word_has_nothing_that_a_query_or_the_tokenizer_would_take_for_another(text):
    word = gram_word(text)
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789-_" or c > "\x7f" for c in word)


def test_grams_are_distinct():
    assert grams("anan", 2) == {"an", "na"}
    assert grams("a", 2) == set()

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.bake.terms import Usernames, frequency_threshold

some_names = st.lists(st.text("ab-ü𝔘\0", max_size=6), max_size=30)


def frequent_terms(names, threshold):
    """Return the frequent terms of all characters, by their text."""
    usernames = Usernames(iter(names))
    return {
        term.text: term
        for character, occurrences in usernames.characters().items()
        for term in usernames.frequent_terms(character, occurrences, threshold)
    }


def all_substrings(name):
    return {name[i:j] for i in range(len(name)) for j in range(i + 1, len(name) + 1)}


@given(some_names, st.integers(1, 5))
def test_frequent_terms_are_the_substrings_of_enough_names(names, threshold):
    users = defaultdict(list)
    for user, name in enumerate(names):
        for term in all_substrings(name):
            users[term].append(user)
    terms = frequent_terms(names, threshold)
    assert {text: list(term.users) for text, term in terms.items()} == {
        text: numbers for text, numbers in users.items() if len(numbers) >= threshold
    }


@given(some_names)
def test_namesakes_of_a_term_are_the_users_with_that_whole_name(names):
    for text, term in frequent_terms(names, 1).items():
        assert list(term.namesakes) == [user for user, name in enumerate(names) if name == text]


def test_frequent_terms_have_at_most_40_characters():
    terms = frequent_terms(["x" * 5000] * 9, 5)
    assert max(terms, key=len) == "x" * 40


def test_a_name_counts_once_for_a_term_that_it_has_several_times():
    term = frequent_terms(["anan", "b", "an"], 2)["an"]
    assert list(term.users) == [0, 2]


@pytest.mark.parametrize(
    ("users", "threshold"),
    [(1, 100), (66_000, 100), (666_000, 1000), (1_000_000, 1500), (10**8, 1500)],
)
def test_threshold_is_a_share_of_the_users_within_bounds(users, threshold):
    assert frequency_threshold(users) == threshold

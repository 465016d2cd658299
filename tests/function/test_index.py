from hypothesis import given
from hypothesis import strategies as st

from function.contract import fold
from function.index import ALL_TYPES, substrings, term_token, type_groups

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3).map(fold)


@given(texts, texts)
def test_two_terms_never_have_the_same_token(term, other):
    assert (term_token(term) == term_token(other)) == (term == other)


@given(texts)
def test_a_token_has_no_character_that_fts5_would_split_or_fold(text):
    token = term_token(text)
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789-_" or c > "\x7f" for c in token)


def test_substrings_are_distinct():
    assert substrings("anan", 2) == {"an", "na"}
    assert substrings("a", 2) == set()


def test_each_type_is_a_group_and_types_that_differ_in_case_alone_are_one_more():
    types = dict(enumerate(["User", "Bot", "user", "b", "B", "USER"]))
    assert type_groups(types) == {
        ALL_TYPES: (4, 1, 5, 0, 3, 2),
        **{code: (code,) for code in types},
        6: (5, 0, 2),
        7: (4, 3),
    }

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.index import ALL_TYPES, ANCHOR_INTERVAL, MAX_GRAM, term_token
from generator.bake.index import IndexTokens, ListMaker
from generator.bake.terms import Usernames

some_names = st.lists(st.text("ab-ü_", max_size=6), min_size=1, max_size=30)


def substrings_of(name):
    return {name[i:j] for i in range(len(name)) for j in range(i + 1, len(name) + 1)}


def make_index(names, type_at=lambda position: 0, threshold=2, types=1):
    """Return the posting lists and tokens of users with these *names*, whose ids begin at 0."""
    codes = [type_at(position) for position in range(len(names))]
    groups = {ALL_TYPES: range(types), **{code: (code,) for code in range(types)}}
    maker = ListMaker(range(len(names)), codes, groups)
    usernames = Usernames(names)
    lists = maker.all_users()
    for character, occurrences in usernames.characters().items():
        for term in usernames.frequent_terms(character, occurrences, threshold):
            lists |= maker.lists(term)
    return lists, IndexTokens(lists, maker.main_type, types)


@given(some_names, st.lists(st.integers(0, 2), min_size=30, max_size=30), st.integers(1, 5))
def test_lists_are_those_that_brute_force_finds(names, codes, threshold):
    lists, _ = make_index(names, codes.__getitem__, threshold, types=3)
    counts = Counter(term for name in names for term in substrings_of(name))
    ids, exact_ids = defaultdict(list), {}
    for identity, (name, code) in enumerate(zip(names, codes, strict=False)):
        terms = {term for term in substrings_of(name) if counts[term] >= threshold}
        for group in (ALL_TYPES, code):
            for term in {"", *terms}:
                ids[term, group].append(identity)
            exact_ids[name, group] = identity
    assert {key: (postings.users, list(postings.anchors)) for key, postings in lists.items()} == {
        key: (len(users), users[::ANCHOR_INTERVAL]) for key, users in ids.items()
    }
    for (term, group), postings in lists.items():
        assert postings.exact_id == (exact_ids.get((term, group)) if term else None)


@given(some_names, st.integers(1, 5))
def test_tokens_of_a_name_are_its_rare_grams_and_the_frequent_terms_with_a_token(names, threshold):
    lists, tokens = make_index([*names, *["x"] * 1000], threshold=threshold)

    def has_token(term):
        if (term, ALL_TYPES) not in lists:
            return len(term) <= MAX_GRAM
        return tokens.query(term, ALL_TYPES) == (f'"{term_token(term)}"', True)

    for name in names:
        assert sorted(tokens.of_name(name)) == sorted(
            term_token(term) for term in substrings_of(name) if has_token(term)
        )


def test_a_list_has_the_last_user_whose_whole_name_is_the_term():
    lists, _ = make_index(["an", "ana", "an", "an"], [0, 0, 0, 1].__getitem__, types=2)
    assert {key: postings.exact_id for key, postings in lists.items() if key[0] in ("an", "a")} == {
        **{("an", ALL_TYPES): 3, ("an", 0): 2, ("an", 1): 3},
        **{("a", ALL_TYPES): None, ("a", 0): None, ("a", 1): None},
    }


def test_list_has_an_anchor_at_every_32nd_user():
    lists, _ = make_index(["b", "a"] * 70)
    postings = lists["a", ALL_TYPES]
    assert (postings.users, list(postings.anchors)) == (70, [1, 65, 129])


def test_dense_gram_has_no_token():
    _, tokens = make_index(["ab"] * 2000)
    assert list(tokens.of_name("ab")) == []
    assert tokens.query("ab", ALL_TYPES) == (None, False)


@pytest.mark.parametrize("position", [0, 1000, 2000], ids=["start", "middle", "end"])
def test_gram_with_a_gap_has_a_token(position):
    names = ["a"] * 2000
    names[position:position] = ["b"] * 1000
    _, tokens = make_index(names)
    assert sorted(tokens.of_name("ab")) == ["a", "ab", "b"]
    assert tokens.query("a", ALL_TYPES) == ('"a"', True)


def test_rare_gram_has_a_token():
    _, tokens = make_index(["a"] * 2000)
    assert sorted(tokens.of_name("xa")) == ["x", "xa"]


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
    assert list(tokens.of_name("abcd")) == ["abcd"]


def test_main_type_has_a_token_only_if_it_has_a_gap():
    _, tokens = make_index(["a"] * 3000, lambda n: n % 3 > 1, types=2)
    assert tokens.query("", 0) == (None, False)
    assert tokens.query("", 1) == ('"=1"', True)
    assert (tokens.of_groups([ALL_TYPES, 0]), tokens.of_groups([ALL_TYPES, 1])) == ([], ["=1"])
    _, tokens = make_index(["a"] * 3000, lambda n: n >= 2000, types=2)
    assert tokens.query("", 0) == ('"=0"', True)
    assert tokens.of_groups([ALL_TYPES, 0]) == ["=0"]

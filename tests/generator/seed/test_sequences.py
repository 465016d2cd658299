"""Random sequences of seedings; `python -m tests.store_sequences COUNT` runs more of them."""

import pytest

from tests.store_sequences import run_sequence


@pytest.mark.parametrize("seed", range(25))
def test_a_random_sequence_of_seedings_ends_like_a_fresh_store(seed):
    run_sequence(seed)

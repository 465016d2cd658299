"""Prints measurements with their limits: the project promises to stay within them."""


def print_header() -> None:
    """Print the head of a table of limits."""
    print(f"\n{'limit':<62}{'at least':>10}{'at most':>10}{'measured':>10}")


def print_limit(
    quantity: str, measured: float, *, at_least: float | None = None, at_most: float | None = None
) -> None:
    """Print one row, marked MISSED outside the limits. Without limits, the row is for information.

    Args:
        quantity: what was measured, often "one time / another".
        measured: the value.
        at_least: the lower limit.
        at_most: the upper limit.
    """
    is_missed = (at_least is not None and measured < at_least) or (
        at_most is not None and measured > at_most
    )
    limits = "".join(
        f"{'' if limit is None else f'{limit:.3g}':>10}" for limit in (at_least, at_most)
    )
    print(f"{quantity:<62}{limits}{measured:>10.3g}{'  MISSED' if is_missed else ''}")

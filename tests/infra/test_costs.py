from pathlib import Path

import pytest

from infra.costs import (
    DESIGNS,
    HOURS,
    MILLION,
    SECONDS,
    beyond,
    dollars,
    flood,
    month,
    table,
    traces,
)

README = (Path(__file__).parents[2] / "infra/README.md").read_text()
TEMPLATE = (Path(__file__).parents[2] / "template.yaml").read_text()


def test_readme_has_the_table():
    assert table() in README, "`python -m infra.costs` prints it"


def test_readme_has_the_costs_of_a_flood():
    assert f"all month, past all caches, cost {dollars(flood(100))} USD" in README
    assert f"`ApiRequestsPerSecond=5`, {flood(5):.0f}." in README


def test_readme_has_the_break_even_of_api_gateways_cache():
    _, _, cached, uncached = DESIGNS
    (millions,) = (
        visits
        for visits in range(1, 100)
        if month(cached, visits * MILLION) <= month(uncached, visits * MILLION)
        and month(cached, (visits - 1) * MILLION) > month(uncached, (visits - 1) * MILLION)
    )
    assert f"pays for itself from {millions} million such requests on" in README


def test_template_has_the_costs_of_tracing():
    all_traced = month(DESIGNS[3], SECONDS, tracing=True) - month(DESIGNS[3], SECONDS)
    assert f"One request a second all month is {all_traced:.2f} USD" in TEMPLATE


def test_cache_is_billed_without_any_request():
    assert f"{month(DESIGNS[0], 0):.2f}" == f"{HOURS * 0.02:.2f}" == "14.60"


@pytest.mark.parametrize("design", DESIGNS)
def test_more_visits_never_cost_less(design):
    costs = [month(design, visits) for visits in (0, 1, 10**3, 10**6, 10**8, 10**9)]
    assert costs == sorted(costs)


def test_free_allowance_is_not_billed():
    assert (beyond(5, 10, 2), beyond(12, 10, 2)) == (0, 4)


def test_one_request_a_second_is_traced_and_a_twentieth_of_the_rest():
    assert traces(SECONDS) == SECONDS
    assert traces(3 * SECONDS) == pytest.approx(1.1 * SECONDS)

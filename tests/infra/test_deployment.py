from datetime import UTC, datetime, timedelta

import pytest

from generator.publish import StoredObject
from infra.deployment import HISTORY_KEY, deployment_name, site_id_of, surplus_prefixes

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_names_sort_by_time():
    early, late = datetime(2026, 1, 2, 3, 4, 5), datetime(2026, 10, 2)
    assert deployment_name("f" * 16, early) < deployment_name("0" * 16, late)
    assert deployment_name("0-1", early) == "20260102T030405Z-0-1"
    assert site_id_of("20260102T030405Z-0-1") == "0-1"


@pytest.mark.parametrize(
    ("keys", "surplus"),
    [
        pytest.param([], [], id="empty bucket"),
        pytest.param(
            ["releases/a/index.html", "releases/ab/x", "releases/ab/y"],
            ["releases/ab/"],
            id="the site of a deployment",
        ),
        pytest.param(["releases/b/x", "releases/c/x"], ["releases/c/"], id="the live site"),
        pytest.param(
            ["deployments/t-a.json", "deployments/s-a.json"],
            ["deployments/s-a.json"],
            id="another deployment's record",
        ),
        pytest.param(
            [HISTORY_KEY, "somebody/elses", "releases/stray"], [], id="neither site nor record"
        ),
    ],
)
def test_surplus_is_what_no_deployment_needs(keys, surplus):
    objects = [StoredObject(key, 1, "", LONG_AGO) for key in keys]
    before = LONG_AGO + timedelta(seconds=1)
    assert surplus_prefixes(objects, ["t-a"], ["b"], before) == surplus


@pytest.mark.parametrize("order", [1, -1])
def test_site_is_as_young_as_its_youngest_object(order):
    later = LONG_AGO + timedelta(minutes=1)
    objects = [
        StoredObject("releases/c/x", 1, "", LONG_AGO),
        StoredObject("releases/c/y", 1, "", later),
    ][::order]
    assert surplus_prefixes(objects, [], [], before=later) == []
    assert surplus_prefixes(objects, [], [], later + timedelta(seconds=1)) == ["releases/c/"]

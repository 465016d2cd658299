import pytest

from infra.deployment import HISTORY_KEY, Deployment, History
from infra.errors import DeployError
from infra.records import Records
from tests.fake_bucket import FakeBucket

DEPLOYMENT = Deployment("20260102T030405Z-0-1", {"Release": "0-1"}, "Resources: {}\n")


@pytest.fixture
def records():
    return Records(FakeBucket())


def test_deployment_and_history_are_read_back(records):
    assert records.history() == History([])
    records.put_deployment(DEPLOYMENT)
    records.put_history(History([DEPLOYMENT.name], is_under_way=True))
    assert records.deployment(DEPLOYMENT.name) == DEPLOYMENT
    assert records.history() == History([DEPLOYMENT.name], is_under_way=True)


def test_names_are_listed_newest_first_without_the_history(records):
    records.put_history(History([]))
    for name in ("1-a", "3-a", "2-a"):
        records.put_deployment(DEPLOYMENT._replace(name=name))
    assert records.names() == ["3-a", "2-a", "1-a"]


def test_records_are_json_that_no_cache_stores(records):
    records.put_deployment(DEPLOYMENT)
    stored = records.bucket.objects[f"deployments/{DEPLOYMENT.name}.json"]
    assert (stored.content_type, stored.cache_control) == ("application/json", "no-store")


def test_missing_record_is_an_error(records):
    with pytest.raises(DeployError, match=r"no s3://bucket/deployments/x\.json; --list"):
        records.deployment("x")


@pytest.mark.parametrize("text", [b"x", b"[]", b"1", b'{"parameters": {}}'])
def test_unreadable_record_is_an_error(records, text):
    records.bucket.store("deployments/x.json", text)
    records.bucket.store(HISTORY_KEY, text)
    with pytest.raises(DeployError, match=r"deployments/x\.json is not readable; delete it"):
        records.deployment("x")
    with pytest.raises(DeployError, match=r"deployments/history\.json is not readable; delete it"):
        records.history()

"""Which sites and records a deployment deletes."""

import pytest

from infra.deployer import MIN_AGE_TO_DELETE
from infra.errors import DeployError


def fail_to_deploy(rig, digit):
    rig.break_site(digit)
    with pytest.raises(DeployError):
        rig.deploy(digit)


def test_last_deployments_are_kept(rig):
    rig.retained = 2
    for digit in "1234":
        rig.deploy(digit)
    assert rig.history == "34"
    assert rig.cloud.complete_sites() == {rig.site_id("3"), rig.site_id("4")}
    records = [key for key in rig.cloud.site_bucket.objects if key.startswith("deployments/")]
    assert len(records) == 3  # two deployments and the history


def test_live_deployment_and_the_one_before_are_always_kept(rig):
    rig.retained = 0
    for digit in "123":
        rig.deploy(digit)
    assert rig.cloud.complete_sites() == {rig.site_id("2"), rig.site_id("3")}
    rig.rollback()
    assert rig.live == "2"


def test_failed_deployment_is_deleted_when_another_succeeds(rig):
    rig.deploy("1")
    fail_to_deploy(rig, "2")
    assert rig.site_id("2") in rig.cloud.complete_sites()
    rig.deploy("3")
    assert rig.cloud.complete_sites() == {rig.site_id("1"), rig.site_id("3")}


def test_site_of_two_deployments_is_kept_with_either(rig):
    rig.retained = 2
    for digit in "1213":
        rig.deploy(digit)
    assert rig.cloud.complete_sites() == {rig.site_id("1"), rig.site_id("3")}
    assert rig.history == "13"


def test_site_that_another_deployer_may_use_is_kept_for_an_hour(rig):
    rig.deploy("1")
    rig.cloud.site_bucket.now = rig.now
    # Uploaded and not live: as if another deployer were about to move the stack to it.
    fail_to_deploy(rig, "2")
    rig.time += MIN_AGE_TO_DELETE.total_seconds() - 600
    rig.deploy("3")
    assert rig.site_id("2") in rig.cloud.complete_sites()
    rig.time += MIN_AGE_TO_DELETE.total_seconds()
    rig.deploy("4")
    assert rig.site_id("2") not in rig.cloud.complete_sites()


def test_old_site_that_is_deployed_again_counts_as_new(rig):
    rig.deploy("1")
    fail_to_deploy(rig, "2")
    rig.cloud.site_bucket.now = rig.now
    fail_to_deploy(rig, "2")  # uploads only the manifest, which renews its date
    rig.deploy("3")
    assert rig.site_id("2") in rig.cloud.complete_sites()

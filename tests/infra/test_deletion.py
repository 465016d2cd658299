import pytest

from infra.deletion import destroy
from infra.errors import DeployError


@pytest.fixture
def deployed(rig):
    rig.deploy("1")
    rig.cloud.calls.clear()
    rig.reports.clear()
    return rig


def test_nothing_is_deleted_without_confirmation(deployed):
    with pytest.raises(DeployError, match="nothing was deleted"):
        destroy(deployed.cloud, deployed.report, lambda name: False)
    assert deployed.cloud.calls == []
    assert deployed.reports[0].startswith("Stack: users (CREATE_COMPLETE)")
    assert deployed.reports[1].startswith("Bucket: s3://bucket: 7 objects of 1 site and")


def test_bucket_is_emptied_before_the_stack_is_deleted(deployed):
    destroy(deployed.cloud, deployed.report, lambda name: name == "users")
    assert deployed.cloud.calls == ["delete-objects ", "delete"]
    assert not deployed.cloud.site_bucket.objects
    assert "aws-sam-cli-managed-default" in deployed.reports[-1]


def test_stack_without_a_bucket_is_deleted(rig):
    rig.cloud.status = "ROLLBACK_COMPLETE"
    destroy(rig.cloud, rig.report, lambda name: True)
    assert rig.cloud.calls == ["delete"]
    with pytest.raises(DeployError, match="no stack users"):
        destroy(rig.cloud, rig.report, lambda name: True)

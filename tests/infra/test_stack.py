import botocore.session
import pytest

from infra.errors import DeployError
from tests.infra.fake_cloud import fail

STATUSES = (
    botocore.session.get_session().get_service_model("cloudformation").shape_for("StackStatus").enum
)
FAILED = [status for status in STATUSES if status.endswith("_FAILED")]
IN_PROGRESS = [
    status
    for status in STATUSES
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("UPDATE_IN_PROGRESS", "in progress"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "in progress"),
        ("DELETE_IN_PROGRESS", "in progress"),
        ("ROLLBACK_FAILED", "make destroy"),
        ("CREATE_FAILED", "make destroy"),
        ("DELETE_FAILED", "make destroy"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_stack_that_cannot_be_updated_is_refused_before_anything_changes(rig, status, advice):
    rig.deploy("1")
    rig.cloud.status = status
    for command in (lambda: rig.deploy("2"), rig.rollback):
        with pytest.raises(DeployError, match=rf"stack users is {status}: .*{advice}"):
            command()
        assert rig.cloud.calls == []


@pytest.mark.parametrize("status", FAILED)
def test_every_failed_status_has_advice_of_its_own(rig, status):
    rig.cloud.status = status
    with pytest.raises(DeployError, match=f"stack users is {status}: ") as raised:
        rig.deploy("1")
    assert "another deployment is in progress" not in str(raised.value)
    assert "{name}" not in str(raised.value)


@pytest.mark.parametrize("status", IN_PROGRESS)
def test_stack_in_progress_is_refused(rig, status):
    rig.cloud.status = status
    with pytest.raises(DeployError, match=f"{status}: another deployment is in progress"):
        rig.deploy("1")


@pytest.mark.parametrize(
    ("status", "first_calls"), [("ROLLBACK_COMPLETE", ["delete"]), ("REVIEW_IN_PROGRESS", [])]
)
def test_stack_without_resources_is_created_anew(rig, status, first_calls):
    rig.cloud.status = status
    assert rig.deploy("1")[: len(first_calls) + 1] == [*first_calls, "build"]
    assert rig.live == "1"


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (None, None, "nothing was created; run the same command to try again$"),
        (None, "ROLLBACK_COMPLETE", "nothing was created; run the same command to try again$"),
        (None, "ROLLBACK_FAILED", "stack users is ROLLBACK_FAILED: `make destroy`"),
        ("1", "UPDATE_ROLLBACK_COMPLETE", "as it was before"),
        ("1", "UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_failed_update_names_the_state_of_the_stack(rig, before, after, state):
    if before:
        rig.deploy(before)

    def refuse():
        rig.cloud.status = after
        fail("no room")

    rig.cloud.before["deploy"] = refuse
    with pytest.raises(DeployError, match=rf"no room; .*{state}"):
        rig.deploy("2")

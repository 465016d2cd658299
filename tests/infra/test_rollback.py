import pytest

from generator.errors import PublishError
from infra.errors import DeployError
from tests.infra.fake_cloud import CODE_KEY, fail, interrupt

# ------------------------------------------------------------------- which deployment is next


def test_two_rollbacks_go_back_by_two(four):
    assert four.rollback() == [f"deploy {four.site_id('3')}", "empty-caches"]
    four.rollback()
    assert (four.live, four.history) == ("2", "12")


def test_deployment_after_rollbacks_rolls_back_to_the_one_before_it(four):
    four.rollback()
    four.rollback()
    four.deploy("5")
    four.rollback()
    assert (four.live, four.history) == ("2", "12")


def test_rollback_ends_at_the_first_deployment(four):
    for _ in range(3):
        four.rollback()
    with pytest.raises(DeployError, match="no deployment before the live one"):
        four.rollback()
    assert (four.live, four.history) == ("1", "1")


def test_deployment_that_a_rollback_left_can_be_named(four):
    names = four.history_names
    four.rollback(names[1])
    assert (four.live, four.history) == ("2", "12")
    four.rollback(names[3])
    assert (four.live, four.history) == ("4", "124")
    four.rollback()
    assert four.live == "2"
    with pytest.raises(DeployError, match=r"no s3://bucket/deployments/x\.json; --list"):
        four.rollback("x")


def test_rollback_after_an_interrupted_deployment_goes_to_the_last_that_succeeded(rig):
    rig.deploy("1")
    rig.cloud.before["empty-caches"] = interrupt
    with pytest.raises(KeyboardInterrupt):
        rig.deploy("2")
    rig.cloud.before.clear()
    assert (rig.live, rig.history) == ("2", "1")
    rig.rollback()
    assert (rig.live, rig.history) == ("1", "1")


@pytest.mark.parametrize("step", ["deploy", "empty-caches"])
def test_interrupted_rollback_continues_to_the_same_deployment(four, step):
    four.cloud.before[step] = interrupt
    with pytest.raises(KeyboardInterrupt):
        four.rollback()
    four.cloud.before.clear()
    four.rollback()
    assert (four.live, four.history) == ("3", "123")
    four.rollback()
    assert (four.live, four.history) == ("2", "12")


def test_without_a_stack_or_a_deployment_there_is_no_rollback(rig):
    for command in (rig.rollback, rig.deployer.list_deployments):
        with pytest.raises(DeployError, match="no stack users; `make deploy`"):
            command()
    rig.break_site("1")
    with pytest.raises(DeployError):
        rig.deploy("1")
    with pytest.raises(DeployError, match="no deployment before"):
        rig.rollback()


# --------------------------------------------------------------------------- what is restored


def test_rollback_restores_the_code_and_leaves_the_parameters(rig):
    rig.deploy("1", {"ApiCacheEnabled": "true"})
    rig.cloud.built_template += "# another\n"
    rig.deploy("2", {"ApiCacheEnabled": "false"})
    rig.rollback()
    assert rig.cloud.live_template == f"CodeUri: s3://sam/{CODE_KEY}\n"
    assert rig.cloud.parameters["Release"] == rig.site_id("1")
    assert rig.cloud.parameters["ApiCacheEnabled"] == "false"


def test_rollback_needs_no_rendered_site(four):
    for digit in "1234":
        (four.folder / digit / "build.json").unlink()
    four.rollback()
    assert four.live == "3"


# ------------------------------------------------------------------------------------- failures


def test_rollback_that_the_stack_refuses_changes_nothing(four):
    four.cloud.before["deploy"] = fail
    with pytest.raises(DeployError, match="as it was before"):
        four.rollback()
    assert (four.live, four.history) == ("4", "1234")


def test_site_that_is_no_longer_complete_is_refused(four):
    del four.cloud.site_bucket.objects[f"releases/{four.site_id('3')}/users/2.html"]
    with pytest.raises(PublishError, match="1 file missing"):
        four.rollback()
    assert (four.live, four.history, four.cloud.calls) == ("4", "1234", [])


def test_code_that_no_longer_exists_is_refused(four):
    four.cloud.sam_bucket.objects.clear()
    with pytest.raises(DeployError, match=r"no longer at s3://sam/sam/code"):
        four.rollback()
    assert (four.live, four.history, four.cloud.calls) == ("4", "1234", [])


def test_rollback_that_fails_its_test_is_an_error(four):
    four.break_site("3")
    with pytest.raises(DeployError, match=r"the stack is at .*-3{16}-.*, but .* answers 503"):
        four.rollback()
    four.rollback()
    assert four.live == "2"


# ---------------------------------------------------------------------------------- the listing


def test_deployments_are_listed_with_their_state(four):
    four.rollback()
    four.reports.clear()
    four.deployer.list_deployments()
    assert [(line.split(":")[0], line.split("-")[1][0]) for line in four.reports] == [
        ("left", "4"),
        ("live", "3"),
        ("before", "2"),
        ("before", "1"),
    ]

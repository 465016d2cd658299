import pytest

from generator.errors import PublishError
from infra.cloud import HttpReply
from infra.deployment import HISTORY_KEY
from infra.errors import DeployError, ParametersError
from infra.smoke_test import PAUSE
from tests.fake_bucket import NEVER_FULL
from tests.infra.fake_cloud import ADDRESS

# ---------------------------------------------------------------------------------- deploying


def test_first_deployment_creates_the_bucket_and_then_fills_it(rig):
    def check_bucket_is_empty():
        assert not rig.cloud.site_bucket.objects

    rig.cloud.before["deploy"] = check_bucket_is_empty
    assert rig.deploy("1", {"ApiCacheEnabled": "false"}) == [
        "build",
        f"deploy {rig.site_id('1')}",
    ]
    assert rig.cloud.complete_sites() == {rig.site_id("1")}
    assert rig.cloud.parameters["ApiCacheEnabled"] == "false"
    assert rig.history == "1"
    assert rig.reports[-1] == f"Live: {ADDRESS} (https://users.example.org/)"


def test_later_site_is_complete_in_the_bucket_before_the_stack_moves(rig):
    rig.deploy("1")
    rig.cloud.before["deploy"] = lambda: rig.cloud.calls.append(f"{rig.cloud.complete_sites()}")
    calls = rig.deploy("2")
    assert calls[:2] == ["build", f"deploy {rig.site_id('2')}"]
    assert rig.site_id("2") in calls[2]
    assert calls[3:] == ["empty-caches"]
    assert (rig.live, rig.history) == ("2", "12")


def test_same_deployment_again_is_recorded_once(rig):
    rig.deploy("1")
    before = dict(rig.cloud.site_bucket.objects)
    rig.deploy("1")
    assert rig.cloud.site_bucket.objects == before
    assert "Recorded: before" in "".join(rig.reports)


def test_other_code_for_the_same_site_is_another_deployment(rig):
    rig.deploy("1")
    rig.cloud.built_template += "# another\n"
    rig.deploy("1")
    assert rig.history == "11"


def test_interrupted_upload_continues(rig):
    rig.deploy("1")
    bucket = rig.cloud.site_bucket
    bucket.capacity = len(bucket.keys("put")) + 2
    with pytest.raises(PublishError, match="the bucket is full"):
        rig.deploy("2")
    assert rig.live == "1"
    bucket.capacity = NEVER_FULL
    rig.deploy("2")
    assert rig.live == "2"


# ---------------------------------------------------------------------- what is refused at once


def test_parameter_of_the_site_is_refused(rig):
    with pytest.raises(DeployError, match="Users comes from the site"):
        rig.deploy("1", {"Users": "7"})
    assert rig.cloud.calls == []


def test_invented_accounts_need_allow_sample(rig):
    with pytest.raises(PublishError, match="--allow-sample"):
        rig.deploy("1", source="sample")
    assert rig.cloud.calls == []


def test_invalid_stack_name_is_refused_before_anything_is_built(rig):
    rig.cloud.name = "my_users"
    with pytest.raises(ParametersError, match="is no stack name"):
        rig.deploy("1")
    assert rig.cloud.calls == []


@pytest.mark.parametrize("has_stack", [False, True])
def test_bundle_of_another_directory_is_refused_before_the_stack_moves(rig, has_stack):
    if has_stack:
        rig.deploy("1")
    site = rig.write_site("2")
    rig.cloud.bundled_release = "1" * 16
    rig.cloud.calls.clear()
    with pytest.raises(DeployError, match=r"directory-1{16}\.db: `make build-site`"):
        rig.deployer.deploy(site, rig.folder / "directory.db", {}, 3)
    assert rig.cloud.calls == ["build"]


# --------------------------------------------------------------------------- stack parameters


def test_parameters_that_are_not_given_keep_their_values(rig):
    rig.deploy("1", {"ApiCacheEnabled": "false"})
    rig.deploy("2")
    assert rig.cloud.parameters["ApiCacheEnabled"] == "false"


@pytest.mark.parametrize(
    ("given", "architecture"),
    [
        pytest.param({}, "arm64", id="the cheaper one by default"),
        pytest.param({"Architecture": "x86_64"}, "x86_64", id="the one that was given"),
    ],
)
def test_processor_of_a_new_stack(rig, given, architecture):
    rig.deploy("1", given)
    assert rig.cloud.parameters["Architecture"] == architecture


def test_stack_keeps_its_processor(rig):
    rig.deploy("1", {"Architecture": "x86_64"})
    rig.deploy("2")
    assert rig.cloud.parameters["Architecture"] == "x86_64"


def test_stack_without_the_parameter_keeps_arm64(rig):
    rig.deploy("1")
    del rig.cloud.parameters["Architecture"]
    rig.deploy("2")
    assert rig.cloud.parameters["Architecture"] == "arm64"


# -------------------------------------------------------------------- testing the site, undoing


def test_site_may_appear_late(rig):
    rig.cloud.change_reply = lambda url, reply: (
        HttpReply(404, {}, b"") if rig.time < 4 * PAUSE else reply
    )
    rig.deploy("1")
    assert rig.time >= 4 * PAUSE
    assert rig.history == "1"


def test_first_deployment_that_fails_its_test_stays(rig):
    rig.break_site("1")
    with pytest.raises(DeployError, match="answers 503; no deployment succeeded before"):
        rig.deploy("1")
    assert rig.time == 60 + 1
    assert HISTORY_KEY not in rig.cloud.site_bucket.objects
    rig.break_site("")
    rig.deploy("1")
    assert rig.history == "1"


def test_deployment_that_fails_its_test_is_undone(rig):
    rig.deploy("1")
    rig.break_site("2")
    with pytest.raises(DeployError, match=r"answers 503; .*-1{16}-.* is live again, as before"):
        rig.deploy("2")
    assert rig.cloud.calls == [
        "build",
        f"deploy {rig.site_id('2')}",
        "empty-caches",
        f"deploy {rig.site_id('1')}",
        "empty-caches",
    ]
    assert (rig.live, rig.history) == ("1", "1")


def test_error_names_both_problems_if_the_deployment_before_fails_too(rig):
    rig.deploy("1")
    rig.cloud.change_reply = lambda url, reply: reply._replace(status=500)
    with pytest.raises(DeployError, match=r"back at .*-1{16}-.*, but .* answers 500"):
        rig.deploy("2")


def test_live_deployment_that_stops_working_is_not_repeated(rig):
    rig.deploy("1")
    rig.break_site("1")
    with pytest.raises(DeployError, match="itself, `make rollback` goes back further"):
        rig.deploy("1")

import json
from datetime import UTC, datetime, timedelta

import botocore.session
import pytest

from generator.errors import PublishError
from generator.publish import StoredObject, read_site
from generator.site import Build
from infra.deployer import PAUSE, SPARED, Deployer
from infra.deployment import (
    HISTORY_KEY,
    Answer,
    name_of,
    site_id_of,
    surplus,
)
from infra.errors import DeployError, ParametersError
from tests.infra.fake_cloud import CODE, SITE, FakeCloud, fail

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BUILD = Build("0" * 16, 30, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")


def write(folder, digit, **changes):
    """Make *folder* a site of the release that *digit* repeats."""
    build = BUILD._replace(release=digit * 16, **changes)
    files = {
        "index.html": digit.encode(),
        "users/1.html": digit.encode(),
        "users/2.html": digit.encode(),
        "build.json": build.to_json(),
    }
    for key, content in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    return folder


class Desk:
    """A deployer, its cloud, its clock, and what it told."""

    def __init__(self, folder):
        self.folder, self.cloud, self.told, self.time = folder, FakeCloud(), [], 0.0
        self.keep = 3
        self.deployer = Deployer(
            self.cloud,
            lambda word, text: self.told.append(f"{word}: {text}"),
            threads=2,
            patience=60,
            clock=lambda: self.time,
            sleep=self.sleep,
            now=self.now,
        )

    def sleep(self, seconds):
        self.time += seconds

    def now(self):
        self.time += 1
        return datetime(2026, 11, 25, tzinfo=UTC) + timedelta(seconds=self.time)

    def name(self, digit):
        return read_site(self.folder / digit, allow_sample=True).site_id

    def deploy(self, digit, given=(), **changes):
        """Deploy the release that *digit* repeats, and return what was done."""
        site = write(self.folder / digit, digit, **changes)
        self.cloud.database = digit * 16
        self.cloud.done.clear()
        self.deployer.deploy(site, self.folder / "directory.db", dict(given), self.keep)
        return self.cloud.done

    def rollback(self, to=None):
        self.cloud.done.clear()
        self.deployer.rollback(to)
        return self.cloud.done

    @property
    def live(self):
        return self.cloud.parameters["Release"][0]

    @property
    def history(self):
        names = json.loads(self.cloud.site.objects[HISTORY_KEY].content)["names"]
        return "".join(site_id_of(name)[0] for name in names)

    def broken(self, digit, status=503):
        """Have the address fail as long as the release that *digit* repeats is live."""
        self.cloud.answer = lambda url, answer: (
            answer._replace(status=status) if self.live == digit else answer
        )


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


# ------------------------------------------------------------------------------- going live


def test_a_first_deployment_makes_the_bucket_and_then_fills_it(desk):
    def nothing_yet():
        assert not desk.cloud.site.objects

    desk.cloud.failing["deploy"] = nothing_yet
    assert desk.deploy("1", {"ApiCacheEnabled": "false"}) == [
        "build",
        f"deploy {desk.name('1')}",
    ]
    assert desk.cloud.whole() == {desk.name("1")}
    assert desk.cloud.parameters["ApiCacheEnabled"] == "false"
    assert desk.history == "1"
    assert desk.told[-1] == f"Live: {SITE} (https://users.example.org/)"


def test_a_new_stack_has_the_cheaper_processor(desk):
    desk.deploy("1")
    assert desk.cloud.parameters["Architecture"] == "arm64"


def test_a_new_stack_has_the_processor_that_was_asked_for(desk):
    desk.deploy("1", {"Architecture": "x86_64"})
    assert desk.cloud.parameters["Architecture"] == "x86_64"


def test_a_stack_that_stands_keeps_its_processor(desk):
    desk.deploy("1", {"Architecture": "x86_64"})
    desk.deploy("2")
    assert desk.cloud.parameters["Architecture"] == "x86_64"


def test_a_stack_from_before_there_was_a_choice_keeps_its_processor(desk):
    desk.deploy("1")
    del desk.cloud.parameters["Architecture"]
    desk.deploy("2")
    assert desk.cloud.parameters["Architecture"] == "arm64"


def test_a_later_one_is_whole_in_the_bucket_before_the_stack_moves(desk):
    desk.deploy("1")
    desk.cloud.failing["deploy"] = lambda: desk.cloud.done.append(f"{desk.cloud.whole()}")
    name = desk.name
    done = desk.deploy("2")
    assert done[:2] == ["build", f"deploy {name('2')}"]
    assert name("2") in done[2]
    assert done[3:] == ["empty caches"]
    assert (desk.live, desk.history) == ("2", "12")


def test_the_same_again_is_no_other_deployment(desk):
    desk.deploy("1")
    before = dict(desk.cloud.site.objects)
    desk.deploy("1")
    assert desk.cloud.site.objects == before
    assert "Recorded: before" in "".join(desk.told)


def test_other_code_for_the_same_site_is_one(desk):
    desk.deploy("1")
    desk.cloud.templates["built"] += "# another\n"
    desk.deploy("1")
    assert desk.history == "11"


def test_parameters_that_are_not_given_keep_their_values(desk):
    desk.deploy("1", {"ApiCacheEnabled": "false"})
    desk.deploy("2")
    assert desk.cloud.parameters["ApiCacheEnabled"] == "false"


def test_what_the_site_says_nobody_else_does(desk):
    with pytest.raises(DeployError, match="Users is the site's to say"):
        desk.deploy("1", {"Users": "7"})
    assert desk.cloud.done == []


def test_invented_accounts_go_live_only_if_somebody_says_so(desk):
    with pytest.raises(PublishError, match="--allow-sample"):
        desk.deploy("1", source="sample")
    assert desk.cloud.done == []


@pytest.mark.parametrize("had", ["nothing", "a release"])
def test_another_directorys_bundle_is_refused_before_anything_moves(desk, had):
    if had == "a release":
        desk.deploy("1")
    site = write(desk.folder / "2", "2")
    desk.cloud.database = "1" * 16
    desk.cloud.done.clear()
    with pytest.raises(DeployError, match=r"directory-1{16}\.db: `make build-site`"):
        desk.deployer.deploy(site, desk.folder / "directory.db", {}, 3)
    assert desk.cloud.done == ["build"]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("UPDATE_IN_PROGRESS", "under way"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "under way"),
        ("DELETE_IN_PROGRESS", "under way"),
        ("ROLLBACK_FAILED", "make destroy"),
        ("CREATE_FAILED", "make destroy"),
        ("DELETE_FAILED", "make destroy"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_told_before_anything_is_done(desk, status, says):
    desk.deploy("1")
    desk.cloud.status = status
    for act in (lambda: desk.deploy("2"), desk.rollback):
        with pytest.raises(DeployError, match=rf"stack users is {status}: .*{says}"):
            act()
        assert desk.cloud.done == []


@pytest.mark.parametrize(
    ("status", "first"), [("ROLLBACK_COMPLETE", ["delete"]), ("REVIEW_IN_PROGRESS", [])]
)
def test_what_is_left_of_a_stack_that_was_never_made_is_no_hindrance(desk, status, first):
    desk.cloud.status = status
    assert desk.deploy("1")[: len(first) + 1] == [*first, "build"]
    assert desk.live == "1"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (None, None, "nothing was made; the same command tries again$"),
        (None, "ROLLBACK_COMPLETE", "nothing was made; the same command tries again$"),
        (None, "ROLLBACK_FAILED", "the stack is ROLLBACK_FAILED: `make destroy`"),
        ("1", "UPDATE_ROLLBACK_COMPLETE", "as it was before"),
        ("1", "UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_stack_that_does_not_move_is_told_with_what_is_now(desk, before, after, says):
    if before:
        desk.deploy(before)

    def refuse():
        desk.cloud.status = after
        fail("no room")

    desk.cloud.failing["deploy"] = refuse
    with pytest.raises(DeployError, match=rf"no room; .*{says}"):
        desk.deploy("2")


# -------------------------------------------------------------------- seeing whether it worked


def test_the_edges_may_take_a_while(desk):
    desk.cloud.answer = lambda url, answer: (
        Answer(404, {}, b"") if desk.time < 4 * PAUSE else answer
    )
    desk.deploy("1")
    assert desk.time >= 4 * PAUSE
    assert desk.history == "1"


def test_a_first_one_that_does_not_show_is_left_as_it_is(desk):
    desk.broken("1")
    with pytest.raises(DeployError, match="answers 503; no deployment before it held"):
        desk.deploy("1")
    assert desk.time == 60 + 1
    assert HISTORY_KEY not in desk.cloud.site.objects
    desk.broken("")
    desk.deploy("1")
    assert desk.history == "1"


@pytest.mark.parametrize(
    ("path", "answer", "says"),
    [
        ("/", Answer(503, {}, b""), "/ answers 503"),
        ("/users", Answer(200, {}, b"1"), "/users is not the site's users/1.html"),
        ("/build.json", Answer(200, {}, BUILD.to_json()), "not the site's build.json"),
        ("pagination=1", Answer(502, {}, b""), r"pagination=1 answers 502"),
        (
            "pagination=1",
            Answer(200, {"x-release": "1" * 16}, b""),
            "the API answers of 1{16}, and the pages are of 2{16}",
        ),
        ("pagination=1", Answer(200, {}, b""), "the API answers of None"),
    ],
)
def test_one_that_shows_something_else_is_taken_back(desk, path, answer, says):
    desk.deploy("1")
    desk.cloud.answer = lambda url, found: (
        answer if desk.live == "2" and url.endswith(path) else found
    )
    with pytest.raises(DeployError, match=f"{says}.*; .*-1{{16}}-.* is live again, as before"):
        desk.deploy("2")
    assert desk.cloud.done == [
        "build",
        f"deploy {desk.name('2')}",
        "empty caches",
        f"deploy {desk.name('1')}",
        "empty caches",
    ]
    assert (desk.live, desk.history) == ("1", "1")


def test_one_that_nobody_answers_for_is_taken_back(desk):
    desk.deploy("1")

    def answer(url, found):
        if desk.live == "2":
            raise OSError("no route")
        return found

    desk.cloud.answer = answer
    with pytest.raises(DeployError, match=r"does not answer: no route; .* is live again"):
        desk.deploy("2")


def test_one_whose_release_before_fails_too_says_both(desk):
    desk.deploy("1")
    desk.cloud.answer = lambda url, answer: answer._replace(status=500)
    with pytest.raises(DeployError, match=r"back at .*-1{16}-.*, but .* answers 500"):
        desk.deploy("2")


def test_the_live_one_that_stops_working_is_not_taken_back_to_itself(desk):
    desk.deploy("1")
    desk.broken("1")
    with pytest.raises(DeployError, match="itself, `make rollback` goes back further"):
        desk.deploy("1")


# ----------------------------------------------------------------------------------- going back


@pytest.fixture
def four(desk):
    desk.keep = 4
    for digit in "1234":
        desk.deploy(digit)
    return desk


def test_going_back_twice_goes_back_two(four):
    assert four.rollback() == [f"deploy {four.name('3')}", "empty caches"]
    four.rollback()
    assert (four.live, four.history) == ("2", "12")


def test_what_is_deployed_then_goes_back_to_what_was_live_then(four):
    four.rollback()
    four.rollback()
    four.deploy("5")
    four.rollback()
    assert (four.live, four.history) == ("2", "12")


def test_to_the_first_one_and_no_further(four):
    for _ in range(3):
        four.rollback()
    with pytest.raises(DeployError, match="no deployment before the live one"):
        four.rollback()
    assert (four.live, four.history) == ("1", "1")


def test_what_was_gone_back_from_is_gone_to_by_its_name(four):
    names = json.loads(four.cloud.site.objects[HISTORY_KEY].content)["names"]
    four.rollback(names[1])
    assert (four.live, four.history) == ("2", "12")
    four.rollback(names[3])
    assert (four.live, four.history) == ("4", "124")
    four.rollback()
    assert four.live == "2"
    with pytest.raises(DeployError, match=r"no s3://bucket/deployments/x\.json; --list"):
        four.rollback("x")


def test_going_back_takes_the_code_of_then_and_the_parameters_of_now(desk):
    desk.deploy("1", {"ApiCacheEnabled": "true"})
    desk.cloud.templates["built"] += "# another\n"
    desk.deploy("2", {"ApiCacheEnabled": "false"})
    desk.rollback()
    assert desk.cloud.template() == f"CodeUri: s3://sams/{CODE}\n"
    assert desk.cloud.parameters["Release"] == desk.name("1")
    assert desk.cloud.parameters["ApiCacheEnabled"] == "false"


def test_the_site_need_not_be_at_hand(four):
    for digit in "1234":
        (four.folder / digit / "build.json").unlink()
    four.rollback()
    assert four.live == "3"


def test_after_a_deployment_that_was_ended_halfway_it_goes_back_to_the_last_that_held(desk):
    desk.deploy("1")
    desk.cloud.failing["empty"] = interrupt
    with pytest.raises(KeyboardInterrupt):
        desk.deploy("2")
    desk.cloud.failing.clear()
    assert (desk.live, desk.history) == ("2", "1")
    desk.rollback()
    assert (desk.live, desk.history) == ("1", "1")


@pytest.mark.parametrize("step", ["deploy", "empty"])
def test_a_rollback_that_was_ended_halfway_goes_on_to_the_same(four, step):
    four.cloud.failing[step] = interrupt
    with pytest.raises(KeyboardInterrupt):
        four.rollback()
    four.cloud.failing.clear()
    four.rollback()
    assert (four.live, four.history) == ("3", "123")
    four.rollback()
    assert (four.live, four.history) == ("2", "12")


def interrupt():
    raise KeyboardInterrupt


def test_a_rollback_that_the_stack_refuses_is_none(four):
    four.cloud.failing["deploy"] = fail
    with pytest.raises(DeployError, match="as it was before"):
        four.rollback()
    assert (four.live, four.history) == ("4", "1234")


def test_a_release_that_is_no_longer_whole_is_not_gone_back_to(four):
    del four.cloud.site.objects[f"releases/{four.name('3')}/users/2.html"]
    with pytest.raises(PublishError, match="1 file missing"):
        four.rollback()
    assert (four.live, four.history, four.cloud.done) == ("4", "1234", [])


def test_code_that_is_no_longer_there_is_not_gone_back_to(four):
    four.cloud.sams.objects.clear()
    with pytest.raises(DeployError, match=r"no longer at s3://sams/sam/code"):
        four.rollback()
    assert (four.live, four.history, four.cloud.done) == ("4", "1234", [])


def test_a_rollback_that_does_not_show_says_so(four):
    four.broken("3")
    with pytest.raises(DeployError, match=r"the stack is at .*-3{16}-.*, but .* answers 503"):
        four.rollback()
    four.rollback()
    assert four.live == "2"


def test_without_a_stack_or_a_deployment_there_is_nothing_to_go_back_to(desk):
    for act in (desk.rollback, desk.deployer.show):
        with pytest.raises(DeployError, match="no stack users; `make deploy`"):
            act()
    desk.broken("1")
    with pytest.raises(DeployError):
        desk.deploy("1")
    with pytest.raises(DeployError, match="no deployment before"):
        desk.rollback()


def test_what_there_is_to_go_back_to_is_told(four):
    four.rollback()
    four.told.clear()
    four.deployer.show()
    assert [(line.split(":")[0], line.split("-")[1][0]) for line in four.told] == [
        ("left", "4"),
        ("live", "3"),
        ("before", "2"),
        ("before", "1"),
    ]


# ------------------------------------------------------------------------------ what is kept


def test_the_last_few_are_kept_and_the_rest_is_removed(desk):
    desk.keep = 2
    for digit in "1234":
        desk.deploy(digit)
    assert desk.history == "34"
    assert desk.cloud.whole() == {desk.name("3"), desk.name("4")}
    there = sorted(key for key in desk.cloud.site.objects if key.startswith("deployments/"))
    assert len(there) == 3


def test_the_live_one_and_the_one_before_are_always_kept(desk):
    desk.keep = 0
    for digit in "123":
        desk.deploy(digit)
    assert desk.cloud.whole() == {desk.name("2"), desk.name("3")}
    desk.rollback()
    assert desk.live == "2"


def test_what_failed_is_removed_once_another_holds(desk):
    desk.deploy("1")
    desk.broken("2")
    with pytest.raises(DeployError):
        desk.deploy("2")
    assert desk.name("2") in desk.cloud.whole()
    desk.deploy("3")
    assert desk.cloud.whole() == {desk.name("1"), desk.name("3")}


def test_a_release_of_two_deployments_stays_as_long_as_one_is_kept(desk):
    desk.keep = 2
    for digit in "1213":
        desk.deploy(digit)
    assert desk.cloud.whole() == {desk.name("1"), desk.name("3")}
    assert desk.history == "13"


@pytest.mark.parametrize(
    ("keys", "gone"),
    [
        ([], []),
        (["releases/a/index.html", "releases/ab/x", "releases/ab/y"], ["releases/ab/"]),
        (["releases/b/x", "releases/c/x"], ["releases/c/"]),
        (["deployments/t-a.json", "deployments/s-a.json"], ["deployments/s-a.json"]),
        ([HISTORY_KEY, "somebody/elses", "releases/stray"], []),
    ],
)
def test_surplus(keys, gone):
    objects = [StoredObject(key, 1, "", LONG_AGO) for key in keys]
    assert surplus(objects, ["t-a"], ["b"], before=LONG_AGO + timedelta(seconds=1)) == gone


@pytest.mark.parametrize("order", [1, -1])
def test_a_release_is_as_young_as_its_youngest_object(order):
    later = LONG_AGO + timedelta(minutes=1)
    objects = [
        StoredObject("releases/c/x", 1, "", LONG_AGO),
        StoredObject("releases/c/y", 1, "", later),
    ]
    objects = objects[::order]
    assert surplus(objects, [], [], before=later) == []
    assert surplus(objects, [], [], before=later + timedelta(seconds=1)) == ["releases/c/"]


# ------------------------------------------------------------------------------- two deployers


def test_what_another_deployer_has_just_uploaded_stays(desk):
    desk.deploy("1")
    desk.cloud.site.now = desk.now
    desk.broken("2")
    with pytest.raises(DeployError):
        desk.deploy("2")  # uploaded, and not live: as if another were about to move the stack
    desk.time += SPARED.total_seconds() - 600
    desk.deploy("3")
    assert desk.name("2") in desk.cloud.whole()
    desk.time += SPARED.total_seconds()
    desk.deploy("4")
    assert desk.name("2") not in desk.cloud.whole()


def test_what_was_uploaded_long_ago_stays_from_when_it_is_to_go_live_again(desk):
    desk.deploy("1")
    desk.broken("2")
    with pytest.raises(DeployError):
        desk.deploy("2")
    desk.cloud.site.now = desk.now
    with pytest.raises(DeployError):
        desk.deploy("2")  # nothing is uploaded, as it is all there
    desk.deploy("3")
    assert desk.name("2") in desk.cloud.whole()


# ------------------------------------------------------------------------------ names and states


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a" * 29, "has 29 characters, and 28 is the most"),
        ("my_users", "is no name for a stack"),
        ("1-users", "is no name for a stack"),
        ("", "is no name for a stack"),
    ],
)
def test_a_name_that_no_stack_can_have_is_refused_before_anything_is_built(desk, name, says):
    desk.cloud.name = name
    with pytest.raises(ParametersError, match=says):
        desk.deploy("1")
    assert desk.cloud.done == []


@pytest.mark.parametrize("name", ["a" * 28, "People-2"])
def test_a_name_that_a_stack_can_have_is_taken(desk, name):
    desk.cloud.name = name
    desk.deploy("1")


STATUSES = (
    botocore.session.get_session().get_service_model("cloudformation").shape_for("StackStatus").enum
)


@pytest.mark.parametrize("status", [one for one in STATUSES if one.endswith("_FAILED")])
def test_every_failed_state_has_advice_of_its_own(desk, status):
    desk.cloud.status = status
    with pytest.raises(DeployError, match=f"stack users is {status}: ") as error:
        desk.deploy("1")
    assert "under way" not in str(error.value)
    assert "{name}" not in str(error.value)


@pytest.mark.parametrize(
    "status",
    [one for one in STATUSES if one.endswith("_IN_PROGRESS") and one != "REVIEW_IN_PROGRESS"],
)
def test_a_moving_stack_is_refused(desk, status):
    desk.cloud.status = status
    with pytest.raises(DeployError, match=f"{status}: somebody's deployment is under way"):
        desk.deploy("1")


def test_names_sort_by_time():
    early, late = datetime(2026, 1, 2, 3, 4, 5), datetime(2026, 10, 2)
    assert name_of("f" * 16, early) < name_of("0" * 16, late)
    assert name_of("0-1", early) == "20260102T030405Z-0-1"
    assert site_id_of("20260102T030405Z-0-1") == "0-1"


# -------------------------------------------------------------------------------- all of it


def test_nothing_is_deleted_unless_somebody_says_so(desk):
    desk.deploy("1")
    desk.cloud.done.clear()
    desk.told.clear()
    with pytest.raises(DeployError, match="nothing was deleted"):
        desk.deployer.destroy(lambda name: False)
    assert desk.cloud.done == []
    assert desk.told[0].startswith("Stack: users (CREATE_COMPLETE)")
    assert desk.told[1].startswith("Bucket: s3://bucket: 7 objects, of 1 site and")


def test_all_of_it_is_deleted_the_bucket_first(desk):
    desk.deploy("1")
    desk.cloud.done.clear()
    desk.deployer.destroy(lambda name: name == "users")
    assert desk.cloud.done == ["remove ", "delete"]
    assert not desk.cloud.site.objects
    assert "aws-sam-cli-managed-default" in desk.told[-1]


def test_what_is_left_of_a_stack_without_a_bucket_is_deleted(desk):
    desk.cloud.status = "ROLLBACK_COMPLETE"
    desk.deployer.destroy(lambda name: True)
    assert desk.cloud.done == ["delete"]
    with pytest.raises(DeployError, match="no stack users"):
        desk.deployer.destroy(lambda name: True)


def test_an_upload_that_was_ended_halfway_goes_on(desk):
    desk.deploy("1")
    desk.cloud.site.capacity = len(desk.cloud.site.keys("put")) + 2
    with pytest.raises(PublishError, match="the bucket is full"):
        desk.deploy("2")
    assert desk.live == "1"
    desk.cloud.site.capacity = 10**9
    desk.deploy("2")
    assert desk.live == "2"

import pytest

from generator.publish import Manifest
from generator.publish.manifest import Digests
from infra.cloud import HttpReply
from infra.smoke_test import API_REQUEST, PAGES, PAUSE, SmokeTest, difference

ADDRESS = "https://example.org"
RELEASE = "2" * 16
MANIFEST = Manifest(RELEASE, {key: Digests.of([key.encode()]) for key in PAGES.values()})
RIGHT = {
    **{path: HttpReply(200, {}, key.encode()) for path, key in PAGES.items()},
    API_REQUEST: HttpReply(200, {"x-release": RELEASE}, b"{}"),
}


def replies(changes):
    return lambda url: {**RIGHT, **changes}[url.removeprefix(ADDRESS)]


def test_right_site_has_no_difference():
    assert difference(replies({}), ADDRESS, MANIFEST) is None


@pytest.mark.parametrize(
    ("path", "reply", "problem"),
    [
        ("/", HttpReply(503, {}, b""), f"{ADDRESS}/ answers 503"),
        ("/users", HttpReply(200, {}, b"1"), f"{ADDRESS}/users is not the site's users/1.html"),
        ("/build.json", HttpReply(200, {}, b"{}"), f"{ADDRESS}/build.json is not the site's"),
        (API_REQUEST, HttpReply(502, {}, b""), f"{ADDRESS}{API_REQUEST} answers 502"),
        (
            API_REQUEST,
            HttpReply(200, {"x-release": "1" * 16}, b""),
            f"the API answers from release {'1' * 16}, and the pages are of {RELEASE}",
        ),
        (API_REQUEST, HttpReply(200, {}, b""), "the API answers from release None"),
    ],
)
def test_difference_is_described(path, reply, problem):
    described = difference(replies({path: reply}), ADDRESS, MANIFEST)
    assert described.startswith(problem)


def test_no_reply_is_a_difference():
    def refuse(url):
        raise OSError("no route")

    assert difference(refuse, ADDRESS, MANIFEST) == f"{ADDRESS} does not answer: no route"


@pytest.mark.parametrize(
    ("right_from", "problem", "waited"),
    [
        pytest.param(0, None, 0, id="right at once"),
        pytest.param(4 * PAUSE, None, 4 * PAUSE, id="right within the patience"),
        pytest.param(1000, f"{ADDRESS}/ answers 404", 60, id="wrong for longer"),
    ],
)
def test_site_is_tested_until_it_is_right_or_patience_ends(right_from, problem, waited):
    now = 0.0

    def get(url):
        missing = {"/": HttpReply(404, {}, b"")} if now < right_from else {}
        return replies(missing)(url)

    def sleep(seconds):
        nonlocal now
        now += seconds

    smoke_test = SmokeTest(get, patience=60, clock=lambda: now, sleep=sleep)
    assert smoke_test.run(ADDRESS, MANIFEST) == problem
    assert now == waited

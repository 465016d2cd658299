import hashlib
import json
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import BuildError, PublishError
from generator.publish import Release, Stored, Upload, apply, compare, read_site, verify
from generator.publish.plan import Plan, plan
from generator.publish.release import MANIFEST_KEY, Content
from generator.publish.threads import each
from generator.site import Build, cache_control
from generator.site.files import MARKER
from generator.site.seal import SEAL
from tests.fake_bucket import FakeBucket, Kept, etag

ID = "0123456789abcdef"
BUILD = Build(ID, 60, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")
FILES = {
    "users/1.html": b"one",
    "users/2.html": b"two",
    "users/3.html": b"three",
    "index.html": b"one",
    "assets/site.0123.css": b"css",
    "data/directory.db": b"d" * ((1 << 20) + 1),
    "build.json": BUILD.to_json(),
}
NAME = Release(ID, {key: Content.of([content]) for key, content in FILES.items()}).name
PREFIX = f"releases/{NAME}/"
MANIFEST = PREFIX + MANIFEST_KEY


def write(folder, files):
    for key, content in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, FILES)
    return tmp_path


@pytest.fixture
def bucket():
    return FakeBucket()


def publish(folder, bucket, *, threads=4):
    """Publish, and return what was planned and how far it was said to be."""
    release, said = read_site(folder), []
    found = compare(release, bucket, threads)
    apply(found, release, folder, bucket, threads, said.append)
    return found, said


def test_a_site_comes_whole_below_a_prefix_of_its_own(folder, bucket):
    bucket.objects["releases/older/index.html"] = Kept(b"old", b"")
    found, said = publish(folder, bucket)
    assert found.missing == tuple(sorted(FILES))
    assert said == [*range(1, len(FILES) + 1)]
    there = {key: kept.content for key, kept in bucket.objects.items() if key != MANIFEST}
    assert there == {PREFIX + key: content for key, content in FILES.items()} | {
        "releases/older/index.html": b"old"
    }


def test_the_manifest_comes_last_and_after_a_look_at_the_rest(folder, bucket):
    publish(folder, bucket)
    assert bucket.done[-2:] == [("list", PREFIX), ("put", MANIFEST)]
    found = json.loads(bucket.objects[MANIFEST].content)
    assert found["release"] == ID
    assert found["files"]["users/1.html"] == {
        "size": 3,
        "md5": etag(b"one"),
        "sha256": hashlib.sha256(b"one").hexdigest(),
    }
    assert found["files"].keys() == FILES.keys()


def test_what_says_how_a_folder_was_rendered_stays_there(folder, bucket):
    write(folder, {SEAL: b"{}", "CNAME": b"theirs", "users.txt": b"theirs"})
    publish(folder, bucket)
    assert bucket.objects.keys() == {MANIFEST, *(PREFIX + key for key in FILES)}


def test_once_it_is_there_it_takes_one_look(folder, bucket):
    publish(folder, bucket)
    bucket.done.clear()
    found, said = publish(folder, bucket)
    assert (found.is_done, found.unchanged, said) == (True, len(FILES), [])
    assert bucket.done == [("list", PREFIX)]


@pytest.mark.parametrize("room", range(len(FILES) + 1))
def test_wherever_it_broke_off_it_goes_on_with_what_is_lacking(folder, bucket, room):
    bucket.room = room
    with pytest.raises(PublishError, match="it is full"):
        publish(folder, bucket, threads=1)
    assert MANIFEST not in bucket.objects
    bucket.room = 10**9
    bucket.done.clear()
    publish(folder, bucket)
    assert len(bucket.keys("put")) == len(FILES) - room + 1
    assert bucket.keys("put")[-1] == MANIFEST
    assert verify(NAME, bucket, 4).files.keys() == FILES.keys()


def corrupt(bucket, key, content):
    bucket.objects[PREFIX + key] = bucket.objects[PREFIX + key]._replace(
        content=content, sha256=hashlib.sha256(content).digest()
    )


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("content", [b"owt", b"", b"longer"])
def test_an_object_that_was_corrupted_is_noticed_and_mended(folder, encrypted, content):
    bucket = FakeBucket(encrypted)
    publish(folder, bucket)
    corrupt(bucket, "users/2.html", content)
    with pytest.raises(PublishError, match=r"1 file different \(as users/2\.html\)"):
        verify(NAME, bucket, 4)
    bucket.done.clear()
    found, _ = publish(folder, bucket)
    assert found.different == ("users/2.html",)
    assert bucket.keys("put") == [PREFIX + "users/2.html", MANIFEST]
    assert bucket.objects[PREFIX + "users/2.html"].content == b"two"


def test_while_anything_is_wrong_there_is_no_manifest(folder, bucket):
    publish(folder, bucket)
    corrupt(bucket, "users/2.html", b"owt")
    bucket.done.clear()
    publish(folder, bucket)
    assert bucket.done[1:] == [
        ("sha256", PREFIX + "users/2.html"),
        ("delete", MANIFEST),
        ("put", PREFIX + "users/2.html"),
        ("list", PREFIX),
        ("put", MANIFEST),
    ]


def test_where_etags_tell_nothing_the_objects_themselves_are_asked(folder):
    bucket = FakeBucket(encrypted=True)
    publish(folder, bucket)
    bucket.done.clear()
    found, _ = publish(folder, bucket)
    assert found.is_done
    assert sorted(bucket.keys("sha256")) == sorted([MANIFEST, *(PREFIX + key for key in FILES)])


def test_what_arrives_otherwise_is_not_published(folder, bucket):
    bucket.deliver = lambda key, content: content.replace(b"two", b"tow")
    with pytest.raises(PublishError, match=r"not what was sent: 1 file different \(as users/2"):
        publish(folder, bucket)
    assert MANIFEST not in bucket.objects


def test_what_does_not_arrive_is_not_published(folder, bucket):
    def lose(key: str, upload: Upload) -> None:
        if not key.endswith("3.html"):
            FakeBucket.put(bucket, key, upload)

    bucket.put = lose
    with pytest.raises(PublishError, match=r"1 file missing \(as users/3\.html\)"):
        publish(folder, bucket)
    assert MANIFEST not in bucket.objects


def test_another_site_of_the_same_directory_has_a_prefix_of_its_own(folder, bucket):
    publish(folder, bucket)
    before = dict(bucket.objects)
    (folder / "assets/site.0123.css").rename(folder / "assets/site.4567.css")
    publish(folder, bucket)
    another = read_site(folder)
    assert (another.directory, another.name != NAME) == (ID, True)
    assert bucket.objects.items() >= before.items()
    assert len(bucket.objects) == 2 * len(before)
    assert not bucket.keys("delete")
    assert [verify(name, bucket, 4).name for name in (NAME, another.name)] == [NAME, another.name]


def test_what_nobody_published_is_removed(folder, bucket):
    bucket.objects[PREFIX + "users/by-id/10/1.html"] = Kept(b"of other sizes", b"")
    found, _ = publish(folder, bucket)
    assert found.foreign == ("users/by-id/10/1.html",)
    assert PREFIX + "users/by-id/10/1.html" not in bucket.objects


@settings(max_examples=40)  # each starts threads
@given(
    there=st.dictionaries(
        st.sampled_from([*FILES, MANIFEST_KEY, "users/4.html", "../0/index.html"]),
        st.sampled_from([*FILES.values(), b"", b"owt"]),
    ),
    encrypted=st.booleans(),
)
def test_whatever_is_there_before_the_release_is_there_afterwards(there, encrypted, site):
    bucket, prefix = FakeBucket(encrypted), read_site(site).prefix
    for key, content in there.items():
        bucket.objects[prefix + key] = Kept(content, hashlib.sha256(content).digest())
    bucket.objects["releases/0/index.html"] = Kept(b"another", b"")
    publish(site, bucket)
    release = read_site(site)
    assert compare(release, bucket, 4).is_done
    assert bucket.objects["releases/0/index.html"].content == b"another"
    assert all(key.startswith(prefix) for key in bucket.keys("put") + bucket.keys("delete"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write(folder, FILES | {"data/directory.db": b"small"})
    return folder


ONE = Content.of([b"o", b"ne"])
RELEASE = Release(ID, {"a": ONE})
MD5 = etag(b"one")


def stored(key, size=3, tag=MD5):
    return Stored(RELEASE.prefix + key, size, tag, datetime(2026, 11, 24, tzinfo=UTC))


def manifest(release=RELEASE):
    return stored(MANIFEST_KEY, len(release.manifest), etag(release.manifest))


OTHER = Release(ID, {"a": ONE._replace(md5=b"")})


@pytest.mark.parametrize(
    ("there", "same", "found"),
    [
        pytest.param([], (), Plan(missing=("a",), size=3), id="nothing"),
        pytest.param([stored("a")], (), Plan(unchanged=1), id="all but the manifest"),
        pytest.param([stored("a", 4)], (), Plan(different=("a",), size=3), id="another size"),
        pytest.param(
            [stored("a", tag="x-2")],
            (),
            Plan(different=("a",), unsure=("a",), size=3),
            id="uploaded in parts",
        ),
        pytest.param([stored("a", tag="x")], {"a"}, Plan(unchanged=1), id="known to be the same"),
        pytest.param(
            [stored("a", 4)],
            {"a"},
            Plan(different=("a",), size=3),
            id="known for another size",
        ),
        pytest.param(
            [stored("b"), stored("a")], (), Plan(foreign=("b",), unchanged=1), id="a foreign one"
        ),
        pytest.param(
            [stored("a"), manifest()], (), Plan(unchanged=1, manifest=True), id="all of it"
        ),
        pytest.param(
            [manifest()], (), Plan(missing=("a",), size=3, manifest=True), id="no longer all"
        ),
        pytest.param(
            [stored("a"), manifest(OTHER)],
            (),
            Plan(unchanged=1),
            id="a manifest that was corrupted",
        ),
    ],
)
def test_a_plan(there, same, found):
    assert plan(RELEASE, there, same) == found
    assert found.is_done == (found == Plan(unchanged=1, manifest=True))


@pytest.mark.parametrize(
    ("found", "says", "lines"),
    [
        (
            Plan(missing=("a", "b"), unchanged=3, size=1500),
            "2 files to upload (2 kB), 3 there already",
            ["upload   a", "upload   b", "upload   manifest.json"],
        ),
        (
            Plan(different=("a",), foreign=("b",), size=1),
            "1 file to upload (1 kB), 1 of them in place of other bytes, 0 there already,"
            " 1 to remove",
            ["replace  a", "remove   b", "upload   manifest.json"],
        ),
        (
            Plan(missing=tuple(f"{number:04}" for number in range(1234)), size=10**7),
            "1,234 files to upload (10,000 kB), 0 there already",
            [
                *(f"upload   {number:04}" for number in range(10)),
                "upload   ... and 1,224 more",
                "upload   manifest.json",
            ],
        ),
        (Plan(unchanged=9, manifest=True), "0 files to upload (0 kB), 9 there already", []),
    ],
)
def test_what_a_plan_says(found, says, lines):
    assert (str(found), [*found.lines()]) == (says, lines)


@pytest.mark.parametrize(
    ("key", "kind", "control"),
    [
        ("users/1.html", "text/html; charset=utf-8", "public, max-age=60, s-maxage=31536000"),
        ("assets/site.0123.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        (
            "data/directory.db",
            "application/vnd.sqlite3",
            "public, max-age=60, s-maxage=31536000",
        ),
        ("build.json", "application/json", "public, max-age=60, s-maxage=31536000"),
        (MANIFEST_KEY, "application/json", "public, max-age=60, s-maxage=31536000"),
    ],
)
def test_each_kind_is_served_as_what_it_is(folder, bucket, key, kind, control):
    publish(folder, bucket)
    kept = bucket.objects[PREFIX + key]
    assert (kept.content_type, kept.cache_control) == (kind, control)
    assert cache_control(key, in_release=True) == control


def change(folder, **changes):
    (folder / "build.json").write_bytes(BUILD._replace(**changes).to_json())


@pytest.mark.parametrize("source", ["sample", "users, sample"])
def test_invented_accounts_are_published_only_if_somebody_says_so(folder, source):
    change(folder, source=source)
    with pytest.raises(PublishError, match="--allow-sample"):
        read_site(folder)
    assert read_site(folder, allow_sample=True).files.keys() == FILES.keys()


def test_who_is_called_like_the_sample_is_published(folder):
    change(folder, source="file:sample.csv, org:sample")
    assert read_site(folder).directory == ID


def test_a_site_of_another_release_is_not_published(folder):
    assert read_site(folder, NAME).name == NAME
    with pytest.raises(PublishError, match=f"is release {NAME}, not {ID}"):
        read_site(folder, ID)


@pytest.mark.parametrize("release", ["", "..", "0123456789ABCDEF", f"{ID}/../x", f"{ID}\n"])
def test_what_is_no_release_is_no_prefix(folder, release):
    change(folder, release=release)
    with pytest.raises(PublishError, match="is no release"):
        read_site(folder)


def test_a_site_that_is_not_whole_is_not_published(folder):
    (folder / "users/2.html").unlink()
    with pytest.raises(PublishError, match=r"lacks users/2\.html"):
        read_site(folder)
    (folder / MARKER).touch()
    with pytest.raises(BuildError, match="interrupted"):
        read_site(folder)


def test_a_manifest_reads_as_what_it_was_made_from():
    assert Release.from_manifest(RELEASE.manifest) == RELEASE
    assert Release(ID, {"a": ONE, "b": ONE}).manifest == Release(ID, {"b": ONE, "a": ONE}).manifest
    assert Release.from_manifest(Release(ID, {}).manifest) == Release(ID, {})


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b'{"release": "0123456789abcdef", "files": []}',
        b'{"release": "0123456789abcdef", "files": {"a": 1}}',
        b'{"release": "0123456789abcdef", "files": {"a": {"size": 1, "md5": "x", "sha256": ""}}}',
        b'{"release": "..", "files": {}}',
        b'{"release": 1, "files": {}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_manifest_is_told(bucket, text):
    with pytest.raises(ValueError, match=r"."):
        Release.from_manifest(text)
    bucket.objects[MANIFEST] = Kept(text, b"")
    with pytest.raises(PublishError, match="is not readable"):
        verify(NAME, bucket, 1)


def test_a_release_is_verified_without_the_site(folder, bucket):
    with pytest.raises(PublishError, match="there is no whole release"):
        verify(NAME, bucket, 4)
    publish(folder, bucket)
    assert verify(NAME, bucket, 4) == read_site(folder)
    bucket.objects[PREFIX + "users/9.html"] = Kept(b"", b"")
    del bucket.objects[PREFIX + "users/2.html"]
    with pytest.raises(PublishError, match=r"1 file missing .*, 1 file foreign"):
        verify(NAME, bucket, 4)


def test_another_releases_manifest_is_none(bucket):
    bucket.objects[MANIFEST] = Kept(Release("f" * 16, {}).manifest, b"")
    with pytest.raises(PublishError, match="it is of release ffffffffffffffff-"):
        verify(NAME, bucket, 4)


@pytest.mark.parametrize("threads", [1, 3, 99])
def test_each_is_done_once(threads):
    assert sorted(each(str.upper, "abcdefgh", threads)) == [*"ABCDEFGH"]


def test_so_many_are_under_way_at_a_time():
    meet = threading.Barrier(4, timeout=10)  # broken unless four wait at once

    def work(key: str) -> int:
        meet.wait()
        return threading.get_ident()

    assert len({*each(work, "abcdefgh", 4)}) == 4


def test_what_one_raises_is_raised_and_no_more_is_begun():
    begun = []

    def work(key: str) -> None:
        begun.append(key)
        if key == "b":
            raise PublishError("no room")

    with pytest.raises(PublishError, match="no room"):
        list(each(work, "abcdefgh", 1))
    assert begun == ["a", "b"]


def test_nobody_waits_for_what_is_under_way_when_one_fails():
    never = threading.Event()

    def work(key: str) -> None:
        if key == "b":
            raise PublishError("no room")
        never.wait(60)

    with pytest.raises(PublishError, match="no room"):
        list(each(work, "ab", 2))
    never.set()

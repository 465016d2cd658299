import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import PublishError
from generator.publish import Upload, apply, compare, read_site, verify
from generator.publish.manifest import MANIFEST_KEY
from generator.site import cache_control
from generator.site.seal import RENDERED
from tests.fake_bucket import NEVER_FULL, FakeBucket, md5_etag
from tests.small_site import FILES, MANIFEST_OBJECT, PREFIX, RELEASE, SITE_ID, write_files


def publish(folder, bucket, *, threads=4):
    """Publish *folder*, and return the plan and the numbers of uploaded files reported."""
    manifest, uploaded = read_site(folder), []
    plan = compare(manifest, bucket, threads)
    apply(plan, manifest, folder, bucket, threads, uploaded.append)
    return plan, uploaded


# ---------------------------------------------------------------------------------- uploading


def test_site_is_uploaded_below_its_own_prefix(folder, bucket):
    bucket.store("releases/older/index.html", b"old")
    plan, uploaded = publish(folder, bucket)
    assert plan.missing == tuple(sorted(FILES))
    assert uploaded == [*range(1, len(FILES) + 1)]
    contents = bucket.contents()
    del contents[MANIFEST_OBJECT]
    assert contents == {
        "releases/older/index.html": b"old",
        **{PREFIX + key: content for key, content in FILES.items()},
    }


def test_manifest_is_put_last_after_a_comparison(folder, bucket):
    publish(folder, bucket)
    assert bucket.calls[-2:] == [("list", PREFIX), ("put", MANIFEST_OBJECT)]
    manifest = json.loads(bucket.objects[MANIFEST_OBJECT].content)
    assert manifest["release"] == RELEASE
    assert manifest["files"]["users/1.html"] == {
        "size": 3,
        "md5": md5_etag(b"one"),
        "sha256": hashlib.sha256(b"one").hexdigest(),
    }
    assert manifest["files"].keys() == FILES.keys()


def test_files_that_are_not_the_sites_are_not_uploaded(folder, bucket):
    write_files(folder, {RENDERED: b"{}", "CNAME": b"theirs", "users.txt": b"theirs"})
    publish(folder, bucket)
    assert bucket.objects.keys() == {MANIFEST_OBJECT, *(PREFIX + key for key in FILES)}


def test_publishing_again_takes_one_listing(folder, bucket):
    publish(folder, bucket)
    bucket.calls.clear()
    plan, uploaded = publish(folder, bucket)
    assert (plan.is_empty, plan.unchanged, uploaded) == (True, len(FILES), [])
    assert bucket.calls == [("list", PREFIX)]


def test_another_site_of_the_same_directory_has_its_own_prefix(folder, bucket):
    publish(folder, bucket)
    before = dict(bucket.objects)
    (folder / "assets/site.0123.css").rename(folder / "assets/site.4567.css")
    publish(folder, bucket)
    second = read_site(folder)
    assert (second.release, second.site_id != SITE_ID) == (RELEASE, True)
    assert bucket.objects.items() >= before.items()
    assert len(bucket.objects) == 2 * len(before)
    assert not bucket.keys("delete")
    for site_id in (SITE_ID, second.site_id):
        assert verify(site_id, bucket, 4).site_id == site_id


@pytest.mark.parametrize(
    ("key", "content_type", "headers"),
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
def test_objects_have_their_headers(folder, bucket, key, content_type, headers):
    publish(folder, bucket)
    stored = bucket.objects[PREFIX + key]
    assert (stored.content_type, stored.cache_control) == (content_type, headers)
    assert cache_control(key) == headers


# ------------------------------------------------------------------------ continuing, repairing


@pytest.mark.parametrize("capacity", range(len(FILES) + 1))
def test_interrupted_upload_continues_with_the_missing_files(folder, bucket, capacity):
    bucket.capacity = capacity
    with pytest.raises(PublishError, match="the bucket is full"):
        publish(folder, bucket, threads=1)
    assert MANIFEST_OBJECT not in bucket.objects
    bucket.capacity = NEVER_FULL
    bucket.calls.clear()
    publish(folder, bucket)
    assert len(bucket.keys("put")) == len(FILES) - capacity + 1
    assert bucket.keys("put")[-1] == MANIFEST_OBJECT
    assert verify(SITE_ID, bucket, 4).files.keys() == FILES.keys()


@pytest.mark.parametrize("is_encrypted", [False, True])
@pytest.mark.parametrize("content", [b"owt", b"", b"longer"])
def test_corrupted_object_is_replaced(folder, is_encrypted, content):
    bucket = FakeBucket(is_encrypted)
    publish(folder, bucket)
    bucket.store(PREFIX + "users/2.html", content)
    bucket.calls.clear()
    plan, _ = publish(folder, bucket)
    assert plan.different == ("users/2.html",)
    assert bucket.keys("put") == [PREFIX + "users/2.html", MANIFEST_OBJECT]
    assert bucket.objects[PREFIX + "users/2.html"].content == b"two"


def test_manifest_is_deleted_before_a_repair(folder, bucket):
    publish(folder, bucket)
    bucket.store(PREFIX + "users/2.html", b"owt")
    bucket.calls.clear()
    publish(folder, bucket)
    assert bucket.calls[1:] == [
        ("sha256", PREFIX + "users/2.html"),
        ("delete", MANIFEST_OBJECT),
        ("put", PREFIX + "users/2.html"),
        ("list", PREFIX),
        ("put", MANIFEST_OBJECT),
    ]


def test_foreign_object_is_removed(folder, bucket):
    bucket.store(PREFIX + "users/by-id/10/1.html", b"of another page size")
    plan, _ = publish(folder, bucket)
    assert plan.foreign == ("users/by-id/10/1.html",)
    assert PREFIX + "users/by-id/10/1.html" not in bucket.objects


def test_file_corrupted_on_its_way_is_an_error(folder, bucket):
    bucket.transmit = lambda key, content: content.replace(b"two", b"tow")
    with pytest.raises(PublishError, match=r"not what was sent: 1 file different \(as users/2"):
        publish(folder, bucket)
    assert MANIFEST_OBJECT not in bucket.objects


def test_file_lost_on_its_way_is_an_error(folder, bucket):
    def lose(key: str, upload: Upload) -> None:
        if not key.endswith("3.html"):
            FakeBucket.put(bucket, key, upload)

    bucket.put = lose
    with pytest.raises(PublishError, match=r"1 file missing \(as users/3\.html\)"):
        publish(folder, bucket)
    assert MANIFEST_OBJECT not in bucket.objects


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("site"), FILES | {"data/directory.db": b"small"})


@settings(max_examples=40)  # each starts threads
@given(
    before=st.dictionaries(
        st.sampled_from([*FILES, MANIFEST_KEY, "users/4.html", "../0/index.html"]),
        st.sampled_from([*FILES.values(), b"", b"owt"]),
    ),
    is_encrypted=st.booleans(),
)
def test_site_is_complete_with_any_objects_there_before(before, is_encrypted, site):
    bucket, manifest = FakeBucket(is_encrypted), read_site(site)
    for key, content in before.items():
        bucket.store(manifest.prefix + key, content)
    bucket.store("releases/0/index.html", b"another")
    publish(site, bucket)
    assert compare(manifest, bucket, 4).is_empty
    assert bucket.objects["releases/0/index.html"].content == b"another"
    assert all(key.startswith(manifest.prefix) for key in bucket.keys("put"))
    assert all(key.startswith(manifest.prefix) for key in bucket.keys("delete"))

from datetime import UTC, datetime

import pytest

from generator.errors import PublishError
from generator.publish import Manifest, StoredObject, compare, verify
from generator.publish.manifest import MANIFEST_KEY, Digests
from generator.publish.plan import Plan, compare_listing
from tests.fake_bucket import FakeBucket, md5_etag
from tests.generator.publish.test_manifest import INVALID_MANIFESTS
from tests.small_site import FILES, MANIFEST, MANIFEST_OBJECT, PREFIX, SITE_ID

# ------------------------------------------------------------------------- a site and a listing

MD5 = md5_etag(b"one")
PAGE = Digests.of([b"one"])
SITE = Manifest("0123456789abcdef", {"a": PAGE})
CORRUPTED_SITE = Manifest("0123456789abcdef", {"a": PAGE._replace(md5=b"")})


def listed(key, size=3, etag=MD5):
    return StoredObject(SITE.prefix + key, size, etag, datetime(2026, 11, 24, tzinfo=UTC))


def listed_manifest(manifest=SITE):
    text = manifest.to_json()
    return listed(MANIFEST_KEY, len(text), md5_etag(text))


@pytest.mark.parametrize(
    ("listing", "verified", "plan"),
    [
        pytest.param([], (), Plan(missing=("a",), upload_size=3), id="empty bucket"),
        pytest.param([listed("a")], (), Plan(unchanged=1), id="no manifest"),
        pytest.param(
            [listed("a", 4)], (), Plan(different=("a",), upload_size=3), id="another size"
        ),
        pytest.param(
            [listed("a", etag="x-2")],
            (),
            Plan(different=("a",), uncertain=("a",), upload_size=3),
            id="uploaded in parts",
        ),
        pytest.param([listed("a", etag="x")], {"a"}, Plan(unchanged=1), id="verified SHA-256"),
        pytest.param(
            [listed("a", 4)],
            {"a"},
            Plan(different=("a",), upload_size=3),
            id="verified SHA-256 of another size",
        ),
        pytest.param(
            [listed("b"), listed("a")], (), Plan(foreign=("b",), unchanged=1), id="foreign object"
        ),
        pytest.param(
            [listed("a"), listed_manifest()],
            (),
            Plan(unchanged=1, has_manifest=True),
            id="complete",
        ),
        pytest.param(
            [listed_manifest()],
            (),
            Plan(missing=("a",), upload_size=3, has_manifest=True),
            id="no longer complete",
        ),
        pytest.param(
            [listed("a"), listed_manifest(CORRUPTED_SITE)],
            (),
            Plan(unchanged=1),
            id="corrupted manifest",
        ),
    ],
)
def test_comparing_with_a_listing(listing, verified, plan):
    assert compare_listing(SITE, listing, verified) == plan
    assert plan.is_empty == (plan == Plan(unchanged=1, has_manifest=True))


@pytest.mark.parametrize(
    ("plan", "text", "lines"),
    [
        pytest.param(
            Plan(missing=("a", "b"), unchanged=3, upload_size=1500),
            "2 files to upload (2 kB), 3 there already",
            ["upload   a", "upload   b", "upload   manifest.json"],
            id="uploads",
        ),
        pytest.param(
            Plan(different=("a",), foreign=("b",), upload_size=1),
            "1 file to upload (1 kB), 1 of them in place of other bytes, 0 there already,"
            " 1 to remove",
            ["replace  a", "remove   b", "upload   manifest.json"],
            id="replacements and removals",
        ),
        pytest.param(
            Plan(missing=tuple(f"{number:04}" for number in range(1234)), upload_size=10**7),
            "1,234 files to upload (10,000 kB), 0 there already",
            [
                *(f"upload   {number:04}" for number in range(10)),
                "upload   ... and 1,224 more",
                "upload   manifest.json",
            ],
            id="more keys than are shown",
        ),
        pytest.param(
            Plan(unchanged=9, has_manifest=True),
            "0 files to upload (0 kB), 9 there already",
            [],
            id="nothing to do",
        ),
    ],
)
def test_plan_as_text(plan, text, lines):
    assert (str(plan), [*plan.lines()]) == (text, lines)


# -------------------------------------------------------------------------- a site and a bucket


def fill(bucket):
    """Have the small site in *bucket*, complete."""
    for key, content in FILES.items():
        bucket.store(PREFIX + key, content)
    bucket.store(MANIFEST_OBJECT, MANIFEST.to_json())


def test_complete_site_takes_one_listing(bucket):
    fill(bucket)
    assert compare(MANIFEST, bucket, 4) == Plan(unchanged=len(FILES), has_manifest=True)
    assert bucket.calls == [("list", PREFIX)]


def test_sha256_is_compared_where_the_etag_is_no_md5():
    bucket = FakeBucket(is_encrypted=True)
    fill(bucket)
    assert compare(MANIFEST, bucket, 4).is_empty
    assert sorted(bucket.keys("sha256")) == sorted(bucket.objects)


# ------------------------------------------------------------------ a published site by its id


def test_published_site_is_verified_by_its_id(bucket):
    fill(bucket)
    assert verify(SITE_ID, bucket, 4) == MANIFEST


def test_site_without_a_manifest_is_incomplete(bucket):
    with pytest.raises(PublishError, match="there is no complete site"):
        verify(SITE_ID, bucket, 4)


def test_verifying_counts_missing_and_foreign_files(bucket):
    fill(bucket)
    bucket.store(PREFIX + "users/9.html", b"")
    del bucket.objects[PREFIX + "users/2.html"]
    with pytest.raises(PublishError, match=r"1 file missing .*, 1 file foreign"):
        verify(SITE_ID, bucket, 4)


@pytest.mark.parametrize("is_encrypted", [False, True])
@pytest.mark.parametrize("content", [b"owt", b"", b"longer"])
def test_verifying_finds_corrupted_objects(content, is_encrypted):
    bucket = FakeBucket(is_encrypted)
    fill(bucket)
    bucket.store(PREFIX + "users/2.html", content)
    with pytest.raises(PublishError, match=r"1 file different \(as users/2\.html\)"):
        verify(SITE_ID, bucket, 4)


@pytest.mark.parametrize("text", INVALID_MANIFESTS)
def test_invalid_manifest_is_not_readable(bucket, text):
    bucket.store(MANIFEST_OBJECT, text)
    with pytest.raises(PublishError, match="is not readable"):
        verify(SITE_ID, bucket, 1)


def test_manifest_of_another_site_is_not_readable(bucket):
    bucket.store(MANIFEST_OBJECT, Manifest("f" * 16, {}).to_json())
    with pytest.raises(PublishError, match="it is the manifest of ffffffffffffffff-"):
        verify(SITE_ID, bucket, 4)

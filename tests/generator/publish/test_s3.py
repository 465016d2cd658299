import base64
import hashlib
import io
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from generator.errors import PublishError
from generator.publish import S3Bucket, Upload
from tests.fake_bucket import FakeBucket, md5_etag
from tests.generator.publish.moto_server import NAME

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers


def upload(body: bytes | Path, content: bytes | None = None) -> Upload:
    sha256 = hashlib.sha256(content or body).digest()
    return Upload(body, sha256, "text/html; charset=utf-8", "public, max-age=60")


# --------------------------------------------------------------- what every bucket has to do


@pytest.fixture(params=["in memory", "of S3"])
def bucket(request, s3):
    """A bucket of either kind, so that tests with a fake bucket hold for a real one."""
    return FakeBucket() if request.param == "in memory" else s3


def test_objects_are_listed_until_deleted(bucket):
    bucket.put("releases/0/a.html", upload(b"text"))
    bucket.put("releases/01/a.html", upload(b"another"))
    (stored,) = bucket.list("releases/0/")
    assert stored[:3] == ("releases/0/a.html", 4, md5_etag(b"text"))
    assert stored.modified.tzinfo is not None
    bucket.delete("releases/0/a.html")
    bucket.delete("releases/0/a.html")
    assert [*bucket.list("releases/0/")] == []


def test_bytes_and_files_are_read_back(bucket, tmp_path):
    (tmp_path / "large").write_bytes(b"content of a file")
    bucket.put("a", upload(b"text"))
    bucket.put("b", upload(tmp_path / "large", b"content of a file"))
    assert [bucket.get(key) for key in "abc"] == [b"text", b"content of a file", None]
    assert bucket.sha256("b") == hashlib.sha256(b"content of a file").digest()


def test_put_replaces_an_object(bucket):
    bucket.put("a", upload(b"text"))
    bucket.put("a", upload(b"longer text"))
    assert [stored[:3] for stored in bucket.list("")] == [("a", 11, md5_etag(b"longer text"))]


# ------------------------------------------------------------------------------- requests of S3


def test_object_is_served_with_its_headers(s3, client):
    s3.put("a", upload(b"text"))
    head = client.head_object(Bucket=NAME, Key="a")
    assert (head["ContentType"], head["CacheControl"]) == (
        "text/html; charset=utf-8",
        "public, max-age=60",
    )


def test_object_put_with_another_checksum_has_no_sha256(s3, client):
    client.put_object(Bucket=NAME, Key="a", Body=b"text", ChecksumAlgorithm="CRC32")
    assert s3.sha256("a") is None


def test_sha256_of_an_upload_in_parts_is_ignored(s3):
    with Stubber(s3._client) as stub:
        stub.add_response("head_object", {"ChecksumSHA256": "bm90IHRoZSBvYmplY3Qncw==-2"})
        assert s3.sha256("a") is None


def listed(key: str) -> dict[str, Any]:
    modified = datetime(2026, 11, 24, tzinfo=UTC)
    return {"Key": key, "Size": 1, "ETag": '"0"', "LastModified": modified}


def test_listing_continues_on_the_next_page(s3):
    pages = [
        {"IsTruncated": True, "NextContinuationToken": "x", "Contents": [listed("a")]},
        {"IsTruncated": False, "Contents": [listed("b")]},
    ]
    with Stubber(s3._client) as stub:
        for page in pages:
            stub.add_response("list_objects_v2", page)
        assert [stored.key for stored in s3.list("")] == ["a", "b"]


def test_upload_has_a_sha256_and_no_expect_header(s3):
    sent = []

    def record(request: Any, **_: Any) -> None:
        sent.append(request.headers)

    s3._client.meta.events.register("before-send.s3.PutObject", record)
    s3.put("a", upload(b"text"))
    s3._client.meta.events.unregister("before-send.s3.PutObject", record)
    (headers,) = sent
    assert headers.get("Expect") is None
    assert headers["x-amz-checksum-sha256"] == base64.b64encode(hashlib.sha256(b"text").digest())


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("NoSuchBucket", 404, "name another with --bucket"),
        ("AccessDenied", 403, "s3:PutObject"),
        ("403", 403, "AccessDenied"),
        ("InvalidAccessKeyId", 403, "AWS_PROFILE"),
        ("SignatureDoesNotMatch", 403, "AWS_PROFILE"),
        ("ExpiredToken", 400, "aws sso login"),
        ("PermanentRedirect", 301, "AWS_DEFAULT_REGION"),
        ("AuthorizationHeaderMalformed", 400, "AWS_DEFAULT_REGION"),
        ("RequestTimeTooSkewed", 403, "clock"),
        ("SlowDown", 503, "lower --concurrency"),
        ("EntityTooLarge", 400, "--no-data"),
        ("InternalError", 500, "run the same command again"),
        ("BadDigest", 400, r"BadDigest \(it says so\)$"),
    ],
)
def test_error_of_s3_comes_with_advice(s3, code, status, advice):
    with Stubber(s3._client) as stub:
        stub.add_client_error("put_object", code, "it says so.", status)
        with pytest.raises(PublishError, match=advice) as raised:
            s3.put("releases/0/a", upload(b""))
    assert str(raised.value).startswith("cannot upload s3://bucket/releases/0/a: S3 answered")


def test_missing_bucket_is_an_error(client, server):
    with (
        closing(S3Bucket("other", server.address)) as bucket,
        pytest.raises(PublishError, match=r"NoSuchBucket .*name another with --bucket"),
    ):
        list(bucket.list("releases/0/"))


def test_refused_connection_is_an_error(client):
    with (
        closing(S3Bucket(NAME, NOWHERE, max_attempts=1)) as bucket,
        pytest.raises(PublishError, match=r"127.0.0.1:9.*; check the network"),
    ):
        list(bucket.list(""))


def test_reply_that_breaks_off_is_an_error(s3):
    body = StreamingBody(io.BytesIO(b"half"), content_length=8)
    with Stubber(s3._client) as stub:
        stub.add_response("get_object", {"Body": body})
        with pytest.raises(PublishError, match=r"^cannot read .*run the same command again"):
            s3.get("a")


def test_missing_credentials_are_an_error(client, server, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with (
        closing(S3Bucket(NAME, server.address)) as bucket,
        pytest.raises(PublishError, match=r"Unable to locate credentials; set AWS_PROFILE"),
    ):
        list(bucket.list(""))


def test_invalid_endpoint_is_an_error(credentials):
    with pytest.raises(PublishError, match="Invalid endpoint: nowhere"):
        S3Bucket(NAME, "nowhere")


def test_missing_profile_is_an_error(client, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(PublishError, match=r"\(nobody\) could not be found; set AWS_PROFILE"):
        S3Bucket(NAME)


@pytest.mark.parametrize("name", ["", "a/b", "s3://bucket"])
def test_invalid_bucket_name_is_an_error(client, server, name):
    with (
        closing(S3Bucket(name, server.address)) as bucket,
        pytest.raises(PublishError, match=r"a bucket's name is 3 to 63"),
    ):
        list(bucket.list(""))

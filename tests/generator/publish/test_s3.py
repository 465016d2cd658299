import base64
import hashlib
import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from generator.cli.commands import main
from generator.errors import PublishError
from generator.publish import S3Bucket, Upload, read_site
from generator.publish.release import MANIFEST_KEY
from generator.render import site as rendering
from tests.fake_bucket import FakeBucket, etag

NAME = "bucket"
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers
IDENTITY = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Moto:
    """moto's S3 behind a door that notes who comes, and calls *before* with the number of the PUT.

    https://docs.getmoto.org/en/latest/docs/server_mode.html
    """

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        self.puts: list[str] = []
        self.before: Callable[[int], object] = lambda number: None
        self.address = ""

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].startswith(f"/{NAME}/"):
            self.puts.append(environ["PATH_INFO"].removeprefix(f"/{NAME}/"))
            self.before(len(self.puts))
        return self._app(environ, start)


@pytest.fixture(scope="module")
def server():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells every request
    moto = Moto()
    http = make_server("127.0.0.1", 0, moto, threaded=True)
    moto.address = f"http://127.0.0.1:{http.server_port}"
    thread = Thread(target=http.serve_forever)
    thread.start()
    yield moto
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(scope="module")
def identity():
    """Nobody's credentials, and nobody else's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in IDENTITY.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def boto(server, identity):
    with closing(boto3.client("s3", endpoint_url=server.address)) as client:
        yield client


@pytest.fixture
def client(server, boto):
    """An empty bucket, as boto3 has it."""
    server.puts, server.before = [], lambda number: None
    boto.create_bucket(Bucket=NAME)
    yield boto
    for key in keys(boto):
        boto.delete_object(Bucket=NAME, Key=key)
    boto.delete_bucket(Bucket=NAME)


@pytest.fixture(scope="module")
def opened(server, identity):
    with closing(S3Bucket(NAME, server.address, attempts=1)) as bucket:
        yield bucket


@pytest.fixture
def s3(client, opened):
    """The same bucket, as the generator has it."""
    return opened


@pytest.fixture(params=["in memory", "of S3"])
def bucket(request, s3):
    """A bucket of either kind: what is tested above one has to hold above the other."""
    return FakeBucket() if request.param == "in memory" else s3


def upload(body: bytes | Path, content: bytes | None = None) -> Upload:
    sha256 = hashlib.sha256(content or body).digest()
    return Upload(body, sha256, "text/html; charset=utf-8", "public, max-age=60")


def test_what_is_put_is_listed_until_it_is_removed(bucket):
    bucket.put("releases/0/a.html", upload(b"text"))
    bucket.put("releases/01/a.html", upload(b"another"))
    (found,) = bucket.list("releases/0/")
    assert found[:3] == ("releases/0/a.html", 4, etag(b"text"))
    assert found.modified.tzinfo is not None
    bucket.delete("releases/0/a.html")
    bucket.delete("releases/0/a.html")
    assert [*bucket.list("releases/0/")] == []


def test_what_is_put_is_got(bucket, tmp_path):
    (tmp_path / "large").write_bytes(b"content of a file")
    bucket.put("a", upload(b"text"))
    bucket.put("b", upload(tmp_path / "large", b"content of a file"))
    assert [bucket.get(key) for key in "abc"] == [b"text", b"content of a file", None]
    assert bucket.sha256("b") == hashlib.sha256(b"content of a file").digest()


def test_a_later_one_takes_the_place_of_an_earlier(bucket):
    bucket.put("a", upload(b"text"))
    bucket.put("a", upload(b"longer text"))
    assert [one[:3] for one in bucket.list("")] == [("a", 11, etag(b"longer text"))]


def test_an_object_is_served_as_what_it_is(s3, client):
    s3.put("a", upload(b"text"))
    found = client.head_object(Bucket=NAME, Key="a")
    assert (found["ContentType"], found["CacheControl"]) == (
        "text/html; charset=utf-8",
        "public, max-age=60",
    )


def test_an_object_that_somebody_else_put_has_no_sha256(s3, client):
    client.put_object(Bucket=NAME, Key="a", Body=b"text", ChecksumAlgorithm="CRC32")
    assert s3.sha256("a") is None


def test_a_sha256_of_parts_is_none_of_the_object(s3):
    with Stubber(s3._client) as stub:
        stub.add_response("head_object", {"ChecksumSHA256": "bm90IHRoZSBvYmplY3Qncw==-2"})
        assert s3.sha256("a") is None


def test_a_list_is_read_to_its_end(s3):
    pages = [
        {"IsTruncated": True, "NextContinuationToken": "x", "Contents": [listed("a")]},
        {"IsTruncated": False, "Contents": [listed("b")]},
    ]
    with Stubber(s3._client) as stub:
        for page in pages:
            stub.add_response("list_objects_v2", page)
        assert [one.key for one in s3.list("")] == ["a", "b"]


def listed(key: str) -> dict[str, Any]:
    return {
        "Key": key,
        "Size": 1,
        "ETag": '"0"',
        "LastModified": datetime(2026, 11, 24, tzinfo=UTC),
    }


def test_an_upload_says_what_it_is_and_does_not_ask_first(s3):
    sent = []

    def look(request: Any, **_: Any) -> None:
        sent.append(request.headers)

    s3._client.meta.events.register("before-send.s3.PutObject", look)
    s3.put("a", upload(b"text"))
    s3._client.meta.events.unregister("before-send.s3.PutObject", look)
    sha256 = base64.b64encode(hashlib.sha256(b"text").digest())
    assert [(one.get("Expect"), one["x-amz-checksum-sha256"]) for one in sent] == [(None, sha256)]


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("NoSuchBucket", 404, "--bucket names another"),
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
        ("InternalError", 500, "goes on from here"),
        ("BadDigest", 400, r"BadDigest \(it says so\)$"),
    ],
)
def test_what_s3_refuses_is_told_with_what_to_do(s3, code, status, says):
    with Stubber(s3._client) as stub:
        stub.add_client_error("put_object", code, "it says so.", status)
        with pytest.raises(PublishError, match=says) as told:
            s3.put("releases/0/a", upload(b""))
    assert str(told.value).startswith("s3://bucket/releases/0/a cannot be uploaded: S3 answered")


def test_a_bucket_that_is_not_there_is_told(client, server):
    with (
        closing(S3Bucket("other", server.address)) as bucket,
        pytest.raises(PublishError, match=r"NoSuchBucket .*--bucket names another"),
    ):
        list(bucket.list("releases/0/"))


def test_a_store_that_cannot_be_reached_is_told(client):
    with (
        closing(S3Bucket(NAME, NOWHERE, attempts=1)) as bucket,
        pytest.raises(PublishError, match=r"127.0.0.1:9.*; check the network"),
    ):
        list(bucket.list(""))


def test_an_answer_that_breaks_off_is_told(s3):
    body = StreamingBody(io.BytesIO(b"half"), content_length=8)
    with Stubber(s3._client) as stub:
        stub.add_response("get_object", {"Body": body})
        with pytest.raises(PublishError, match=r"cannot be read: .*goes on from here"):
            s3.get("a")


def test_who_has_no_credentials_is_told(client, server, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with (
        closing(S3Bucket(NAME, server.address)) as bucket,
        pytest.raises(PublishError, match=r"Unable to locate credentials; set AWS_PROFILE"),
    ):
        list(bucket.list(""))


def test_an_address_that_is_none_is_told(identity):
    with pytest.raises(PublishError, match="Invalid endpoint: nowhere"):
        S3Bucket(NAME, "nowhere")


def test_a_profile_that_is_not_there_is_told(client, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(PublishError, match=r"\(nobody\) could not be found; set AWS_PROFILE"):
        S3Bucket(NAME)


@pytest.mark.parametrize("name", ["", "a/b", "s3://bucket"])
def test_what_is_no_buckets_name_is_told(client, server, name):
    with (
        closing(S3Bucket(name, server.address)) as bucket,
        pytest.raises(PublishError, match=r"a bucket's name is 3 to 63"),
    ):
        list(bucket.list(""))


@pytest.fixture(scope="module")
def site(directory, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "site"
    build = rendering.make_build(directory, (1, 25), ("id",), "none")
    rendering.render_site(directory, build, folder, jobs=1)
    return folder


@pytest.fixture
def run(client, server, site, capsys):
    """Publish the site as a person does, and return the exit status and what was said."""

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as exited:
            main(["publish", "--bucket", NAME, *command(server, site)[2:], *arguments])
        out, err = capsys.readouterr()
        return int(exited.value.code), out + err

    return run


def command(server: Moto, site: Path) -> list[str]:
    return ["--bucket", NAME, "--site", str(site), "--endpoint-url", server.address]


@contextmanager
def started(server: Moto, site: Path, *arguments: str):
    """Start publishing in a process of its own."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "generator", "publish"),
            *(*command(server, site), *arguments),
        ],
        env=IDENTITY | {"PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # nohup's would stay
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def keys(client) -> set[str]:
    return {one["Key"] for one in client.list_objects_v2(Bucket=NAME).get("Contents", ())}


def expected(site: Path) -> set[str]:
    release = read_site(site)
    return {release.prefix + key for key in (*release.files, MANIFEST_KEY)}


def test_a_site_is_published_and_verified(run, client, site):
    status, said = run("--release", read_site(site).name)
    count = len(read_site(site).files)
    assert status == 0
    assert f"Planned  s3://bucket/{read_site(site).prefix}: {count} files to upload" in said
    assert f"Published {count} files as s3://bucket/{read_site(site).prefix}, each" in said
    assert keys(client) == expected(site)
    assert run("--verify") == (
        0,
        f"Verified {count} files of release {read_site(site).name}: they are as they were"
        " published\n",
    )


def test_an_object_that_was_corrupted_in_the_bucket_is_noticed_and_mended(
    run, client, site, server
):
    run()
    key = read_site(site).prefix + "users/1.html"
    client.put_object(Bucket=NAME, Key=key, Body=b"corrupted")
    status, said = run("--verify")
    assert (status, "1 file different (as users/1.html)" in said) == (1, True)
    server.puts.clear()
    status, said = run()
    assert (status, "1 of them in place of other bytes" in said) == (0, True)
    assert server.puts == [key, read_site(site).prefix + MANIFEST_KEY]
    assert run("--verify")[0] == 0


def test_a_dry_run_says_what_would_be_done(run, client):
    status, said = run("--dry-run")
    assert status == 0
    assert "upload   404.html\n" in said
    assert "upload   manifest.json\n" in said
    assert keys(client) == set()


def test_what_is_not_to_be_published_is_told(run, client):
    status, said = run("--release", "0" * 16)
    assert (status, f"not {'0' * 16}" in said) == (1, True)
    assert keys(client) == set()


def test_killed_halfway_it_goes_on_with_what_is_lacking(run, client, site, server):
    with started(server, site, "--concurrency", "4") as process:
        server.before = lambda number: process.kill() if number == 20 else None
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    before = keys(client)
    assert len(before) >= 16  # of 19 that were begun, 3 may be under way
    server.puts, server.before = [], lambda number: None
    assert run()[0] == 0
    assert keys(client) == expected(site)
    assert {*server.puts} <= expected(site) - before


def test_an_interrupt_ends_at_once_with_a_word(run, client, site, server):
    with started(server, site, "--concurrency", "4") as process:
        answer = Event()

        def interrupt(number: int) -> None:
            if number == 20:
                process.send_signal(signal.SIGINT)
            if number >= 20:  # no answer comes any more
                answer.wait(60)

        server.before = interrupt
        _, said = process.communicate(timeout=30)
        answer.set()
    assert process.returncode == 130
    assert "Interrupted; the same command goes on" in said
    server.before = lambda number: None
    assert run()[0] == 0
    assert keys(client) == expected(site)

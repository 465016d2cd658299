"""Fixtures for tests of publishing: a small site, a bucket in memory, and a bucket of moto's S3."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from generator.publish import S3Bucket
from tests.aws_environment import set_aws_environment
from tests.fake_bucket import FakeBucket
from tests.generator.publish.moto_server import NAME, MotoServer, bucket_keys, running_server
from tests.small_site import FILES, write_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small site, rendered."""
    return write_files(tmp_path, FILES)


@pytest.fixture
def bucket() -> FakeBucket:
    return FakeBucket()


@pytest.fixture(scope="module")
def server() -> Iterator[MotoServer]:
    with running_server() as moto:
        yield moto


@pytest.fixture(scope="module")
def credentials() -> Iterator[None]:
    """Invented credentials, in place of this machine's."""
    with pytest.MonkeyPatch.context() as patch:
        set_aws_environment(patch)
        yield


@pytest.fixture(scope="module")
def boto(server: MotoServer, credentials: None) -> Iterator[Any]:
    with closing(boto3.client("s3", endpoint_url=server.address)) as client:
        yield client


@pytest.fixture
def client(server: MotoServer, boto: Any) -> Iterator[Any]:
    """A boto3 client of a server with one empty bucket."""
    server.reset()
    boto.create_bucket(Bucket=NAME)
    yield boto
    for key in bucket_keys(boto):
        boto.delete_object(Bucket=NAME, Key=key)
    boto.delete_bucket(Bucket=NAME)


@pytest.fixture(scope="module")
def connected_bucket(server: MotoServer, credentials: None) -> Iterator[S3Bucket]:
    with closing(S3Bucket(NAME, server.address, max_attempts=1)) as bucket:
        yield bucket


@pytest.fixture
def s3(client: Any, connected_bucket: S3Bucket) -> S3Bucket:
    """The same empty bucket, as an S3Bucket."""
    return connected_bucket

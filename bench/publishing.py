"""Publishing, against a loop that puts one object after another, to a store that is 20 ms away."""

import asyncio
import hashlib
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock
from urllib.parse import parse_qs, unquote, urlsplit

import boto3

from generator.publish import Manifest, S3Bucket, apply, compare
from generator.publish.manifest import Digests

LATENCY = 0.02  # seconds until the store has taken an object
FILES, IN_LOOP, ROUNDS = 2000, 100, 5  # the loop takes as long for 100 as we for all
PAGE = 9300  # bytes, what a page of 25 users has
CONCURRENCY = 32  # what `publish` has unless it is told otherwise
TIMES = 10  # as fast as the loop, it has to be
BUCKET = "bucket"


class Store(asyncio.Protocol):
    """As much of S3 as it takes: objects are put, listed and removed."""

    objects: dict[str, tuple[int, str]]  # by key: size, ETag; of all connections

    def __init__(self) -> None:
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._send = transport.write

    def data_received(self, data: bytes) -> None:
        if b"expect: 100-continue" in data.lower():
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        request, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        if len(body) < int(headers.get("content-length", 0)):
            return
        self._got = b""
        method, target, _ = request.split()
        self.answer(method, target, body)

    def answer(self, method: str, target: str, body: bytes) -> None:
        key = unquote(urlsplit(target).path).removeprefix(f"/{BUCKET}/")
        if method == "PUT":
            etag = hashlib.md5(body).hexdigest()  # noqa: S324  (S3's choice)
            self.objects[key] = len(body), etag
            reply = f'HTTP/1.1 200 OK\r\nETag: "{etag}"\r\nContent-Length: 0\r\n\r\n'.encode()
            asyncio.get_running_loop().call_later(LATENCY, self._send, reply)
        elif method == "DELETE":
            self.objects.pop(key, None)
            self._send(b"HTTP/1.1 204 No Content\r\n\r\n")
        else:
            listed = self.list(parse_qs(urlsplit(target).query)).encode()
            self._send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(listed) + listed)

    def list(self, query: dict[str, list[str]]) -> str:
        (prefix,), (start,) = query["prefix"], query.get("continuation-token", ["0"])
        found = [key for key in sorted(self.objects) if key.startswith(prefix)][int(start) :]
        entries = "".join(
            f"<Contents><Key>{key}</Key><Size>{self.objects[key][0]}</Size>"
            f"<ETag>{self.objects[key][1]}</ETag></Contents>"
            for key in found[:1000]
        )
        more = f"<NextContinuationToken>{int(start) + 1000}</NextContinuationToken>"
        return (
            f"<ListBucketResult><IsTruncated>{str(len(found) > 1000).lower()}</IsTruncated>"
            f"{entries}{more if len(found) > 1000 else ''}</ListBucketResult>"
        )


def serve(send: Connection) -> None:
    """Be the store, on a port that *send* is told."""

    async def run() -> None:
        Store.objects = {}
        server = await asyncio.get_running_loop().create_server(Store, "127.0.0.1", 0, backlog=256)
        send.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def store() -> Iterator[str]:
    """Give the address of a store in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def publish(manifest: Manifest, folder: Path, url: str) -> float:
    """Publish whole, from the first listing to the manifest; return the objects a second."""
    start = time.perf_counter()
    with closing(S3Bucket(BUCKET, url, CONCURRENCY)) as bucket:
        plan = compare(manifest, bucket, CONCURRENCY)
        assert len(plan.uploads) == len(manifest.files)
        apply(plan, manifest, folder, bucket, CONCURRENCY, lambda done: None)
    return len(manifest.files) / (time.perf_counter() - start)


def loop(manifest: Manifest, folder: Path, url: str) -> float:
    """Put some of the objects one by one, as one would; return the objects a second."""
    keys = [*islice(manifest.files, IN_LOOP)]
    with closing(boto3.client("s3", endpoint_url=url)) as client:
        start = time.perf_counter()
        for key in keys:
            client.put_object(
                Bucket=BUCKET,
                Key=f"loop/{key}",
                Body=(folder / key).read_bytes(),
                ContentType="text/html; charset=utf-8",
                CacheControl="public, max-age=60",
            )
        return len(keys) / (time.perf_counter() - start)


def bench(folder: Path, count: int = FILES, rounds: int = ROUNDS) -> None:
    """Print how many objects a second both come to, and how many times the loop's that is."""
    (folder / "users").mkdir()
    files = {}
    for number in range(1, count + 1):
        page = b"%08d" % number * (PAGE // 8)
        (folder / f"users/{number}.html").write_bytes(page)
        files[f"users/{number}.html"] = Digests.of([page])
    keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}
    ours, theirs = [], []
    with store() as url, mock.patch.dict(os.environ, keys | {"AWS_DEFAULT_REGION": "us-east-1"}):
        for turn in range(rounds):
            manifest = Manifest(f"{turn:016x}", files)
            ours.append(publish(manifest, folder, url))
            theirs.append(loop(manifest, folder, url))
    one, other = statistics.median(ours), statistics.median(theirs)
    missed = "" if one / other >= TIMES else "  MISSED"
    print(f"{'this':<44}{'against':<40}{'PUT/s':>10}{'PUT/s':>10}{'ratio':>8}{'of':>6}")
    print(
        f"{f'publish {count:,} pages, {CONCURRENCY} at a time':<44}"
        f"{f'put_object one by one, {LATENCY * 1000:.0f} ms each':<40}"
        f"{one:>10,.0f}{other:>10,.0f}{one / other:>8.1f}{TIMES:>6}{missed}"
    )

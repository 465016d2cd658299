"""Publishing to a store that answers after 20 ms, compared with a loop of single uploads."""

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

LATENCY = 0.02  # seconds from an upload to its answer
FILES, FILES_IN_LOOP, ROUNDS = 2000, 100, 5  # the loop would take too long for all files
PAGE = 9300  # bytes of a page of 25 users
CONCURRENCY = 32  # the default of `publish`
MIN_RATIO = 10  # publishing is at least so many times as fast as the loop
BUCKET = "bucket"
MODIFIED = "2026-11-24T12:00:00.000Z"  # of every object in a listing


class Store(asyncio.Protocol):
    """The part of S3 that publishing uses: objects are put, listed and deleted."""

    objects: dict[str, tuple[int, str]]  # by key: size, ETag; of all connections

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._send = transport.write

    def data_received(self, data: bytes) -> None:
        if b"expect: 100-continue" in data.lower():
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        request, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        if len(body) < int(headers.get("content-length", 0)):
            return
        self._received = b""
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
        keys = [key for key in sorted(self.objects) if key.startswith(prefix)][int(start) :]
        entries = "".join(
            f"<Contents><Key>{key}</Key><Size>{self.objects[key][0]}</Size>"
            f"<LastModified>{MODIFIED}</LastModified><ETag>{self.objects[key][1]}</ETag></Contents>"
            for key in keys[:1000]
        )
        more = f"<NextContinuationToken>{int(start) + 1000}</NextContinuationToken>"
        return (
            f"<ListBucketResult><IsTruncated>{str(len(keys) > 1000).lower()}</IsTruncated>"
            f"{entries}{more if len(keys) > 1000 else ''}</ListBucketResult>"
        )


def serve(send: Connection) -> None:
    """Run the store on a free port, and send the port."""

    async def run() -> None:
        Store.objects = {}
        server = await asyncio.get_running_loop().create_server(Store, "127.0.0.1", 0, backlog=256)
        send.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def store() -> Iterator[str]:
    """Run a store in its own process, and yield its address."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(send,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receive.recv()}"
    finally:
        process.terminate()
        process.join()


def publish(manifest: Manifest, folder: Path, url: str) -> float:
    """Publish the site, from the first listing to the manifest; return the objects a second."""
    start = time.perf_counter()
    with closing(S3Bucket(BUCKET, url, CONCURRENCY)) as bucket:
        plan = compare(manifest, bucket, CONCURRENCY)
        assert len(plan.uploads) == len(manifest.files)
        apply(plan, manifest, folder, bucket, CONCURRENCY, lambda done: None)
    return len(manifest.files) / (time.perf_counter() - start)


def loop(manifest: Manifest, folder: Path, url: str) -> float:
    """Put some of the objects one after another; return the objects a second."""
    keys = [*islice(manifest.files, FILES_IN_LOOP)]
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
    """Print the objects a second of both, and their ratio."""
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
    our_rate, loop_rate = statistics.median(ours), statistics.median(theirs)
    missed = "" if our_rate / loop_rate >= MIN_RATIO else "  MISSED"
    print(f"{'ours':<44}{'compared with':<40}{'PUT/s':>10}{'PUT/s':>10}{'ratio':>8}{'least':>6}")
    print(
        f"{f'publish {count:,} pages, {CONCURRENCY} at a time':<44}"
        f"{f'put_object one by one, {LATENCY * 1000:.0f} ms each':<40}"
        f"{our_rate:>10,.0f}{loop_rate:>10,.0f}{our_rate / loop_rate:>8.1f}{MIN_RATIO:>6}{missed}"
    )

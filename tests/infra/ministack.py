"""AWS in miniature, on loopback: MiniStack, and a door to what its CloudFront would serve.

https://pypi.org/project/ministack/
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import boto3


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def ask(url: str, **headers: str) -> Reply:
    """Return what *url* answers, whatever that is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named)  # noqa: S310  (http, on loopback)
    try:
        answer = _OPENER.open(request, timeout=60)
    except urllib.error.HTTPError as exc:
        answer = exc
    with answer:
        return Reply(
            answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        )


# MiniStack, in which the update of a CloudFront function fails once where a file says so. Of what a
# deployment moves, the router comes last: by then the function's new version is published.
FAILING_ONCE = """
import pathlib, runpy, sys
from ministack.services.cloudformation import provisioners

order = pathlib.Path(sys.argv.pop())
handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudFront::Function"]
update = handlers["update"]

def update_unless_told(*arguments, **more):
    if order.exists():
        order.unlink()
        raise ValueError("the router cannot be updated")
    return update(*arguments, **more)

handlers["update"] = update_unless_told
runpy.run_module("ministack", run_name="__main__")
"""


@contextmanager
def started(python: Path, folder: Path, failing: Path) -> Iterator[str]:
    """Run MiniStack with *python*, its files in *folder*, and give its address.

    While there is a file at *failing*, the next update of a router fails, and removes it.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("AWS_")} | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "S3_DATA_DIR": str(folder),
        "TMPDIR": str(folder),
    }
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [python, "-c", FAILING_ONCE, failing],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        address, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
        try:
            while not answers(f"{address}/_ministack/health"):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.1)
            yield address
        finally:  # and the functions that it runs
            os.killpg(process.pid, signal.SIGTERM)


def answers(url: str) -> bool:
    try:
        return ask(url).status == 200
    except OSError:
        return False


class Edge:
    """What visitors of the stack called *name* reach: MiniStack's CloudFront does not reach APIs.

    Attributes:
        address: where it is.
        broken: the name of a release that is not shown as it should be.
    """

    def __init__(self, ministack: str, name: str) -> None:
        self._ministack, self._name, self.broken = ministack, name, ""
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = edge.answer(self.path)
                self.send_response_only(status)
                for header in ("content-type", "x-release", "location", "cache-control"):
                    if header in headers:
                        self.send_header(header, headers[header])
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Edge":
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return closing(
            boto3.client(service, endpoint_url=self._ministack, region_name="us-east-1", **keys)
        )

    def outputs(self) -> dict[str, str]:
        with self.client("cloudformation") as client:
            (stack,) = client.describe_stacks(StackName=self._name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def answer(self, path: str) -> Reply:
        outputs = self.outputs()
        if outputs["Release"] == self.broken:
            return Reply(503, {}, b"")
        if path.startswith("/api/"):
            return ask(f"{self._ministack}/_aws/execute-api/{outputs['ApiId']}/prod{path}")
        self._let_it_read(outputs["SiteBucketName"])
        return ask(
            self._ministack + path, Host=outputs["DistributionDomain"], X_Forwarded_Proto="https"
        )

    def _let_it_read(self, bucket: str) -> None:
        """Drop what the policy says of TLS: MiniStack's CloudFront asks its S3 without."""
        with self.client("s3") as client:
            policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
            kept = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
            if kept != policy["Statement"]:
                client.put_bucket_policy(
                    Bucket=bucket, Policy=json.dumps(policy | {"Statement": kept})
                )

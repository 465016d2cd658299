"""MiniStack, an emulator of AWS on loopback, and a server in place of its CloudFront.

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
from typing import Any

import boto3

from infra.cloud import HttpReply
from tests.aws_environment import CREDENTIALS


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def get(url: str, **headers: str) -> HttpReply:
    """Return the reply to a GET of *url*, even an error or a redirect."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named)  # noqa: S310  (http, on loopback)
    try:
        response = _OPENER.open(request, timeout=60)
    except urllib.error.HTTPError as exc:
        response = exc
    with response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpReply(response.status, headers, response.read())


# Runs MiniStack. If the marker exists, the next update of a router fails and removes the marker.
# In a deployment the router is updated last, when the function's new version is published.
MINISTACK = """
import pathlib, runpy, sys
from ministack.services.cloudformation import provisioners

marker = pathlib.Path(sys.argv.pop())
handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudFront::Function"]
update = handlers["update"]

def update_or_fail(*arguments, **options):
    if marker.exists():
        marker.unlink()
        raise ValueError("the router cannot be updated")
    return update(*arguments, **options)

handlers["update"] = update_or_fail
runpy.run_module("ministack", run_name="__main__")
"""


@contextmanager
def running_ministack(python: Path, folder: Path, marker: Path) -> Iterator[str]:
    """Run MiniStack, and give its address.

    Args:
        python: the Python that has MiniStack.
        folder: where MiniStack stores its files.
        marker: while this file exists, the next update of a router fails and removes it.
    """
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith("AWS_")}
    environment = inherited | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "S3_DATA_DIR": str(folder),
        "TMPDIR": str(folder),
    }
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [python, "-c", MINISTACK, marker],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
        try:
            while not is_up(f"{address}/_ministack/health"):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # with the functions that MiniStack runs


def is_up(url: str) -> bool:
    try:
        return get(url).status == 200
    except OSError:
        return False


class Edge:
    """A server in place of CloudFront, because MiniStack's CloudFront does not reach APIs.

    Attributes:
        address: the server's URL.
        broken: the id of a site that is answered with 503.
    """

    def __init__(self, ministack: str, name: str) -> None:
        self._ministack, self._name, self.broken = ministack, name, ""
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                reply = edge.reply(self.path)
                self.send_response_only(reply.status)
                for header in ("content-type", "x-release", "location", "cache-control"):
                    if header in reply.headers:
                        self.send_header(header, reply.headers[header])
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

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
        return closing(
            boto3.client(
                service,
                endpoint_url=self._ministack,
                region_name="us-east-1",
                aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            )
        )

    def outputs(self) -> dict[str, str]:
        with self.client("cloudformation") as client:
            (stack,) = client.describe_stacks(StackName=self._name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def reply(self, path: str) -> HttpReply:
        outputs = self.outputs()
        if outputs["Release"] == self.broken:
            return HttpReply(503, {}, b"")
        if path.startswith("/api/"):
            return get(f"{self._ministack}/_aws/execute-api/{outputs['ApiId']}/prod{path}")
        self._allow_plain_http(outputs["SiteBucketName"])
        return get(
            self._ministack + path, Host=outputs["DistributionDomain"], X_Forwarded_Proto="https"
        )

    def _allow_plain_http(self, bucket: str) -> None:
        """Remove the rule that requires TLS: MiniStack's CloudFront reads its S3 without TLS."""
        with self.client("s3") as client:
            policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
            allowing = [rule for rule in policy["Statement"] if rule["Effect"] == "Allow"]
            if allowing != policy["Statement"]:
                policy["Statement"] = allowing
                client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

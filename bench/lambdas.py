"""The Lambda handler's times: an answer in a warm process, the imports, a cold start."""

import contextlib
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from bench import environment
from bench.limits import print_header, print_limit
from function.database_file import bundled_name
from tests.factories import proxy_event

PATH = "/api/users/profiles"
ROUNDS = 15
BARE = """
import json, os, sqlite3
sql = sqlite3.connect(f"file:{os.environ['DIRECTORY_DB']}?mode=ro&immutable=1", uri=True)
NAMES = ("id", "username", "type", "avatar_url", "html_url")
def handler(event, context):
    rows = sql.execute("SELECT * FROM github_users ORDER BY id LIMIT 25").fetchall()
    body = json.dumps({"profiles": [dict(zip(NAMES, row)) for row in rows]})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
"""


def bench(folder: Path, database: Path, python: Path) -> None:
    """Print the ratios to a bare handler.

    Args:
        folder: an empty folder.
        database: a directory.
        python: the Python of an environment with awslambdaric.
    """
    place = environment.bundle(folder)
    shutil.copyfile(database, place / bundled_name("0123456789abcdef"))
    (folder / "bare").mkdir()
    (folder / "bare/bare.py").write_text(BARE)
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    bare_environ = {**environ, "DIRECTORY_DB": str(database)}

    print_header()
    # A query for one id costs the database nearly nothing, so its ratio has no limit.
    for name, query, at_most in (
        ("page 1", "", 7),
        ("common term", "username=chen", 7),
        ("id", "id=1000", None),
    ):
        quantity = f"answer / bare handler with the same query, {name}"
        print_limit(quantity, _warm(database, query), at_most=at_most)
    imports = _ratio(
        lambda: _run(python, "import function.handler", {**environ, "PYTHONPATH": str(place)}),
        lambda: _run(python, "import json, sqlite3", bare_environ),
    )
    print_limit("imports / those of json and sqlite3", imports, at_most=6.5)
    with _runtime_api() as first_answer:
        cold = _ratio(
            lambda: first_answer(python, "function.handler.handler", environ, place),
            lambda: first_answer(python, "bare.handler", bare_environ, folder / "bare"),
        )
    print_limit("process start to first answer / a bare handler's", cold, at_most=3.2)
    megabytes = (environment.size(place) - database.stat().st_size) / 1e6
    print_limit("MB of code", megabytes, at_most=6)


def _warm(database: Path, query: str) -> float:
    """Return the handler's time divided by the time of the query and its JSON alone."""
    process = subprocess.run(
        [sys.executable, "-m", "bench.lambdas", query],
        env={**os.environ, "DIRECTORY_DB": str(database)},
        check=True,
        stdout=subprocess.DEVNULL,  # the log
        stderr=subprocess.PIPE,
    )
    return float(process.stderr)


def main() -> None:
    """Answer one query with the handler and without it, in turn; print the ratio to stderr."""
    from function.answer import answer_profiles
    from function.handler import directory, handler

    context = SimpleNamespace(
        function_name="profiles",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:profiles",
        aws_request_id="52fdfc07-2182-154f-163f-5f0f9a621d72",
    )
    event = proxy_event(PATH, sys.argv[1])

    def bare() -> object:
        answer = answer_profiles(directory, (event["queryStringParameters"] or {}).items())
        return {"statusCode": answer.status, "headers": {}, "body": answer.body.decode()}

    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(500):
        for name, work in (("ours", lambda: handler(event, context)), ("bare", bare)):
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    ratio = statistics.median(times["ours"]) / statistics.median(times["bare"])
    print(ratio, file=sys.stderr)


def _ratio(one: Callable[[], float], other: Callable[[], float]) -> float:
    times = [(one(), other()) for _ in range(ROUNDS)]
    return min(a for a, _ in times) / min(b for _, b in times)


def _run(python: Path, program: str, environ: dict[str, str]) -> float:
    start = time.perf_counter()
    command = [python, "-c", program]
    subprocess.run(command, env=environ, check=True, cwd=environ["HOME"], stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


@contextlib.contextmanager
def _runtime_api():  # type: ignore[no-untyped-def]
    """Serve Lambda's runtime API on loopback; yield a function that times a first answer.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """
    event = json.dumps(proxy_event(PATH)).encode()
    answered = threading.Event()
    body: list[bytes] = []

    class Api(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if answered.is_set():  # no second invocation comes
                time.sleep(0.2)
            self.send_response(200)
            for name, value in (
                ("Lambda-Runtime-Aws-Request-Id", "52fdfc07-2182-154f-163f-5f0f9a621d72"),
                ("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 30_000)),
                (
                    "Lambda-Runtime-Invoked-Function-Arn",
                    "arn:aws:lambda:us-east-1:123456789012:function:profiles",
                ),
                # Without one of these, the client ends without an error message.
                ("Content-Type", "application/json"),
                ("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000"),
                ("Lambda-Runtime-Client-Context", ""),
                ("Lambda-Runtime-Cognito-Identity", ""),
                ("Lambda-Runtime-Invocation-Id", "1"),
                ("Lambda-Runtime-Aws-Tenant-Id", ""),
                ("Content-Length", str(len(event))),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(event)

        def do_POST(self) -> None:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                content = b""
                while length := int(self.rfile.readline(), 16):
                    content += self.rfile.read(length)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                content = self.rfile.read(int(self.headers["Content-Length"]))
            body.append(content)
            answered.set()
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Print no error when a process is killed after its first answer."""

    server = Server(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def first_answer(python: Path, handler: str, environ: dict[str, str], code: Path) -> float:
        answered.clear()
        body.clear()
        start = time.perf_counter()
        with subprocess.Popen(
            [python, "-m", "awslambdaric", handler],
            env={
                **environ,
                "PYTHONPATH": str(code),
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
                "AWS_LAMBDA_FUNCTION_NAME": "profiles",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_REGION": "us-east-1",
            },
            cwd=code,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            answered.wait(30)
            taken = time.perf_counter() - start
            process.kill()
        if not body or json.loads(body[0])["statusCode"] != 200:
            sys.exit(f"{handler} did not answer")
        return taken

    try:
        yield first_answer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    main()

"""Requests a second over HTTP, compared with Datasette and the design that this one replaces.

Each server has one worker. wrk (a Debian package) makes the requests; on two cores, the server has
one and wrk the other. The answers are compared before they are measured.
"""

import contextlib
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx

from bench.environment import ROOT
from function.database import Directory
from function.query import ProfileQuery, parse_query

SECONDS, ROUNDS = 2, 2
API = "/api/users/profiles"


@dataclass(frozen=True)
class Request:
    """A query, in the parameters of the API and of Datasette."""

    name: str
    parameters: dict[str, str]
    datasette: dict[str, str]


def requests(directory: Directory) -> list[Request]:
    """Return the queries. As in Datasette's links, `_next` says where a deep page begins."""
    result = []

    def add(name: str, datasette: dict[str, str], **parameters: str) -> None:
        result.append(Request(name, parameters, {"_size": "25", **datasette}))

    def before(query: ProfileQuery) -> str:
        last = directory.find(query.on_page(query.page - 1)).profiles[-1]
        return f"{last.type},{last.id}" if query.order_by == "type" else str(last.id)

    def last(**parameters: str) -> ProfileQuery:
        query = parse_query(parameters.items())
        return query.on_page(directory.find(query).pages)

    add("page 1", {})
    add("page 100", {"_next": before(ProfileQuery(page=100))}, page="100")
    deepest = last()
    add("deepest page", {"_next": before(deepest)}, page=str(deepest.page))
    add("common term", {"_search": "chen"}, username="chen")
    deepest = last(username="chen")
    add(
        "common term, deepest page",
        {"_search": "chen", "_next": before(deepest)},
        username="chen",
        page=str(deepest.page),
    )
    middle = directory.find(ProfileQuery(page=directory.users // 50)).profiles
    rare = max((profile.username for profile in middle), key=len)
    add("rare term", {"_search": rare}, username=rare)
    add("two letters", {"username__contains": "an"}, username="an")
    add("id", {"id": "1000"}, id="1000")
    deepest = last(order_by="type")
    add(
        "order_by=type, deepest page",
        {"_sort": "type", "_next": before(deepest)},
        order_by="type",
        page=str(deepest.page),
    )
    add("type", {"type": "Organization"}, type="Organization")
    return result


def bench(folder: Path, database: Path, naive: Path, python: Path) -> None:
    """Print the requests a second of all servers, and our rate divided by each peer's."""
    if not shutil.which("wrk"):
        print("\nHTTP is not measured, since wrk is not installed: apt-get install wrk")
        return
    served = folder / "github_users.db"
    shutil.copy(naive, served)
    with contextlib.closing(sqlite3.connect(served)) as sql, sql:
        sql.execute(
            # Datasette finds the table by the double quotes.
            "CREATE VIRTUAL TABLE users_fts USING fts5"
            '(username, content="users", content_rowid="id", tokenize="trigram")'
        )
        sql.execute("INSERT INTO users_fts (users_fts) VALUES ('rebuild')")
    counts = folder / "inspect.json"
    run = [str(python), "-m"]
    subprocess.run(
        [*run, "datasette", "inspect", served, "--inspect-file", counts], check=True, cwd=ROOT
    )
    uvicorn = [
        *run,
        "uvicorn",
        "--no-access-log",
        "--log-level",
        "error",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
    ]
    gunicorn = [*run, "gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", "1"]
    flask = [*gunicorn, "--log-level", "error", "bench.flask_app:app", "--bind"]
    servers = {
        "ours": ([*uvicorn, "bench.asgi:app", "--port"], {"DIRECTORY_DB": str(database)}),
        "datasette": (
            [
                *(*run, "datasette", "serve", "--immutable", str(served)),
                *("--inspect-file", str(counts), "--setting", "suggest_facets", "off"),
                *("--setting", "sql_time_limit_ms", "60000", "--port"),
            ],
            {},
        ),
        "flask": (flask, {"NAIVE_DB": str(naive)}),
        "flask cached": (flask, {"NAIVE_DB": str(naive), "CACHED": "1"}),
    }
    with contextlib.closing(Directory(database)) as directory:
        queries = requests(directory)
    rates: dict[str, dict[str, float]] = {
        request.name: dict.fromkeys(servers, 0.1) for request in queries
    }
    with contextlib.ExitStack() as stack:
        urls = {
            name: stack.enter_context(_serving(command, environ))
            for name, (command, environ) in servers.items()
        }
        for request in queries:
            addresses = {name: _address(url, name, request) for name, url in urls.items()}
            for name, address in addresses.items():
                _check(name, address, database, request)
            for _ in range(ROUNDS):  # in turn, so that other load on the machine slows all alike
                for name, address in addresses.items():
                    rates[request.name][name] = max(rates[request.name][name], _rate(address))
    _print(rates)


def _address(url: str, name: str, request: Request) -> str:
    if name == "datasette":
        return f"{url}/github_users/users.json?{urlencode(request.datasette)}"
    return f"{url}{API}?{urlencode(request.parameters, quote_via=quote)}"


def _check(name: str, address: str, database: Path, request: Request) -> None:
    """Exit unless the answer at *address* has the users that the directory finds."""
    with contextlib.closing(Directory(database)) as directory:
        expected = directory.find(parse_query(request.parameters.items()))
    body = httpx.get(address, timeout=60).json()
    if name == "datasette":
        ids, total = [row[0] for row in body["rows"]], body["filtered_table_rows_count"]
    else:
        ids, total = [profile["id"] for profile in body["profiles"]], body["total"]
    if (ids, total) != ([profile.id for profile in expected.profiles], expected.total):
        raise SystemExit(
            f"{name} answers {request.name} with other users: {total} in all, first {ids[:3]}"
        )


@contextlib.contextmanager
def _serving(command: list[str], environ: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = f"127.0.0.1:{port}" if command[-1] == "--bind" else str(port)
    process = subprocess.Popen(
        [*_on_core(0), *command, where],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # Datasette logs each request
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(f"{url}/nothing")
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def _on_core(number: int) -> list[str]:
    cores = sorted(os.sched_getaffinity(0))
    return (
        ["taskset", "-c", str(cores[number])] if len(cores) > 1 and shutil.which("taskset") else []
    )


def _rate(address: str) -> float:
    """Return the requests a second at *address*."""
    process = subprocess.run(
        [*_on_core(1), "wrk", "-t1", "-c8", f"-d{SECONDS}s", "--timeout", "30s", address],
        check=True,
        capture_output=True,
        text=True,
    )
    if refused := re.search(r"Non-2xx or 3xx responses: (\d+)", process.stdout):
        raise SystemExit(f"{address}: {refused[1]} requests were refused")
    match = re.search(r"Requests/sec:\s+([0-9.]+)", process.stdout)
    return float(match[1]) if match else 0.0


def _print(rates: dict[str, dict[str, float]]) -> None:
    least = {"datasette": 10.0, "flask": 10.0, "flask cached": 1.6}
    print(f"\n{'requests a second, times as many as':<32}{'ours':>8}", end="")
    print("".join(f"{f'{name} (at least {least[name]:g})':>30}" for name in least))
    for name, rate in rates.items():
        row = f"{name:<32}{rate['ours']:>8,.0f}"
        for peer in least:
            times = rate["ours"] / rate[peer]
            missed = "" if times >= least[peer] else " MISSED"
            row += f"{f'{rate[peer]:,.1f}  {times:,.1f} x{missed}':>30}"
        print(row)

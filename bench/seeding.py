"""Seeding and baking many users: rows a second, and peak memory.

GitHub is a function that invents each page of users when it is requested, so that it takes no
memory. Each large run is a process: `python -m bench.seeding github 1000000 FOLDER` prints its
figures as JSON.
"""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx

from function.contract import About
from generator.bake import bake
from generator.github import Client
from generator.seed import sources
from generator.seed.crawl import crawl
from generator.seed.local import copy
from generator.seed.sources import Source
from generator.store import ListProgress, Store
from tests.fake_github import user

API = "https://api.test"
# Limits: at least so many rows a second, at most so many MiB.
MIN_ROWS_A_SECOND, MAX_MEMORY, MAX_MEMORY_OF_BAKING = 20_000, 60, 250
_USER = json.dumps(user(-1, "user-@") | {"avatar_url": f"{API}/u/@?v=4"}).replace("-1", "@")


def github(count: int) -> httpx.MockTransport:
    """Return a GitHub of *count* users, with ids from 1."""

    def answer(request: httpx.Request) -> httpx.Response:
        since, size = (int(request.url.params[name]) for name in ("since", "per_page"))
        last = min(since + size, count)
        body = ",".join(_USER.replace("@", str(number)) for number in range(since + 1, last + 1))
        headers = {"etag": f'W/"{since}"'}
        if last < count:
            headers["link"] = f'<{API}/users?since={last}>; rel="next"'
        return httpx.Response(200, headers=headers, content=f"[{body}]".encode())

    return httpx.MockTransport(answer)


def seed(source: Source, count: int, path: Path, *, refresh: bool = False) -> None:
    """Seed the first *count* of *source* into the store at *path*."""
    with closing(Store(path)) as store:
        store.choose([ListProgress(source.identity, source.name, source.title, count)])
        if source.url is None:
            copy(source, store, count, lambda: datetime.now(UTC), lambda done: None, sys.exit)
            return
        with closing(Client(API, None, transport=github(count))) as client:
            crawl(
                *(source, store, count, client, lambda: datetime.now(UTC), lambda done: None),
                sys.exit,
                refresh=refresh,
            )


def plain_seed(count: int, path: Path) -> None:
    """Store the same replies in a simple way: one table, one commit for each reply."""
    path.unlink(missing_ok=True)
    url: str | None = f"{API}/users?since=0&per_page=100"
    with (
        closing(sqlite3.connect(path)) as sql,
        httpx.Client(transport=github(count)) as http,
    ):
        sql.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, a, b, c, d)")
        while url:
            reply = http.get(url)
            names = ("id", "login", "type", "avatar_url", "html_url")
            rows = [tuple(record[name] for name in names) for record in reply.json()]
            sql.executemany("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?)", rows)
            sql.commit()
            url = reply.links["next"]["url"] + "&per_page=100" if "next" in reply.links else None


def write_csv(path: Path, count: int) -> None:
    """Write a list of *count* users for `file:`."""
    with path.open("w") as file:
        file.write("id,login,type\n")
        file.writelines(f"{number},user-{number},User\n" for number in range(1, count + 1))


def bake_store(path: Path) -> None:
    """Bake the store at *path*."""
    with closing(Store(path)) as store:
        about = About("users", "GitHub users", "2026-11-24T00:00:00Z")
        bake(store.profiles(), about, path.with_suffix(".baked"))


def bench_scale(folder: Path, count: int) -> None:
    """Print rows a second and peak memory of each stage with *count* users, and their limits."""
    write_csv(folder / "users.csv", count)
    print(f"{'':<44}{'rows/s':>12}{f'x {MIN_ROWS_A_SECOND:,}':>12}{'MiB':>8}{'of':>8}")
    for stage, label in (
        ("github", "seed from GitHub"),
        ("refresh", "seed --refresh from GitHub"),
        ("file", "seed from a file"),
        ("bake", "bake"),
    ):
        process = subprocess.run(
            [sys.executable, "-m", "bench.seeding", stage, str(count), str(folder)],
            check=True,
            capture_output=True,
        )
        rows, memory = json.loads(process.stdout)
        at_most = MAX_MEMORY_OF_BAKING if stage == "bake" else MAX_MEMORY
        is_slow = stage != "bake" and rows < MIN_ROWS_A_SECOND
        missed = "  MISSED" if is_slow or memory > at_most else ""
        print(
            f"{count:,} users: {label}".ljust(44)
            + f"{rows:>12,.0f}{rows / MIN_ROWS_A_SECOND:>12.2f}{memory:>8.0f}{at_most:>8}{missed}"
        )


def peak_memory() -> float:
    """Return the peak memory of this process, in MiB.

    getrusage would include the memory of the process that started this one.
    https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    match = re.search(r"VmHWM:\s*([0-9]+) kB", Path("/proc/self/status").read_text())
    if not match:
        raise OSError("/proc/self/status has no VmHWM")
    return int(match[1]) / 1024


def main() -> None:
    """Run one stage; print its rows a second and its peak memory in MiB."""
    stage, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    users, csv = (
        sources.parse_source("users", API),
        sources.parse_source(f"file:{folder / 'users.csv'}", API),
    )
    stages: dict[str, Callable[[], None]] = {
        "github": lambda: seed(users, count, folder / "users.db"),
        "refresh": lambda: seed(users, count, folder / "users.db", refresh=True),
        "file": lambda: seed(csv, count, folder / "file.db"),
        "bake": lambda: bake_store(folder / "users.db"),
    }
    start = time.perf_counter()
    stages[stage]()
    taken = time.perf_counter() - start
    print(json.dumps([count / taken, peak_memory()]))


if __name__ == "__main__":
    main()

"""Measure the build and the function, compared with simple designs, other programs and limits.

The programs of a comparison run in turn, and the result is a ratio, which hardly depends on the
machine's speed. `python -m bench` runs all sections. `python -m bench queries --many 100000` runs
one, with fewer users.

    build     seeding and baking 10,000 users (--users)
    scale     seeding and baking 1,000,000 users (--many): rows a second, peak memory
    queries   queries to a directory of 100,000 and of --many users, compared with naive SQL
    render    all pages of 100,000 users, compared with Hugo, Eleventy (needs npm), a Jinja2 loop,
              a C program (needs cc) and system calls; memory with --many; rendering again
    build-all a whole build of 100,000 users, compared with rendering by Hugo; the same build again;
              memory with --many
    lambda    the handler, warm and cold, compared with a bare one
    publish   2,000 pages to a store that answers after 20 ms, compared with single uploads
    peers     HTTP, compared with Datasette and the replaced design (needs Debian's package wrk)
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench import building, environment, lambdas, peers, queries, rendering, seeding
from bench.users import users
from generator.bake.directory import bake
from generator.seed import sources
from tests.factories import ABOUT

ROUNDS = 5
Work = Callable[[], object]


def ratio(ours: Work, theirs: Work, repeat: int = 1) -> tuple[float, float, float]:
    """Run both in turn; return their medians in seconds, and our median divided by theirs."""
    taken: dict[Work, list[float]] = {ours: [], theirs: []}
    for _ in range(ROUNDS + 1):
        for work, times in taken.items():
            start = time.perf_counter()
            for _ in range(repeat):
                work()
            times.append((time.perf_counter() - start) / repeat)
    # The first run fills the caches.
    our_median, their_median = (statistics.median(times[1:]) for times in taken.values())
    return our_median, their_median, our_median / their_median


def show(ours: str, theirs: str, measured: tuple[float, float, float]) -> None:
    """Print one row."""
    our_seconds, their_seconds, quotient = measured
    print(
        f"{ours:<44}{theirs:<40}{our_seconds * 1e3:>10.3f}"
        f"{their_seconds * 1e3:>10.3f}{quotient:>8.2f}"
    )


def bench_seed(folder: Path, count: int) -> None:
    """Compare seeding from GitHub with storing the same replies in a simple table."""
    users, turn = sources.parse_source("users", seeding.API), iter(range(1000))
    show(
        "seed from GitHub",
        "the replies in a simple table",
        ratio(
            lambda: seeding.seed(users, count, folder / f"seed-{next(turn)}.db"),
            lambda: seeding.plain_seed(count, folder / "plain-seed.db"),
        ),
    )


def bench_bake(folder: Path, count: int) -> None:
    """Compare baking with writing the same rows to a simple table."""
    profiles = list(users(count))
    rows = [(p.id, p.username, p.type, p.avatar_url, p.html_url) for p in profiles]

    def plain() -> None:
        path = folder / "plain.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as sql, sql:
            sql.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, a, b, c, d)")
            sql.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)", rows)

    baked = folder / "baked.db"
    show("bake", "the rows in a simple table", ratio(lambda: bake(profiles, ABOUT, baked), plain))


def bench_build(folder: Path, count: int) -> None:
    """Measure the stages of a build before its pages, with *count* users."""
    print(f"{'ours':<44}{'compared with':<40}{'ms':>10}{'ms':>10}{'ratio':>8}")
    bench_seed(folder, count)
    bench_bake(folder, count)


def main() -> None:
    """Run the given sections, or all, in temporary folders."""
    sections = ("build", "scale", "queries", "render", "build-all", "lambda", "publish", "peers")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", choices=[*sections, []], metavar="SECTION")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    options = parser.parse_args()
    wanted = options.sections or sections
    print(f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def place(section: str) -> Path:
            print(f"\n== {section}", flush=True)
            (folder / section).mkdir()
            return folder / section

        if "build" in wanted:
            bench_build(place("build"), options.users)
        if "scale" in wanted:
            seeding.bench_scale(place("scale"), options.many)
        if "queries" in wanted and options.many > queries.SMALLER:
            queries.bench(place("queries"), queries.SMALLER, options.users)
        large = None
        if {"queries", "peers"} & {*wanted}:
            large = place(f"queries of {options.many:,}")
            queries.bench(large, options.many, options.users)
        if {"render", "build-all", "lambda", "peers"} & {*wanted}:
            python = environment.peers(place("peers"))
        if "render" in wanted:
            count = min(queries.SMALLER, options.many)
            rendering.bench(place("render"), count, options.many, options.users, python)
        if "build-all" in wanted:
            count = min(queries.SMALLER, options.many)
            building.bench(place("build-all"), count, options.many, python)
        if "lambda" in wanted:
            small = folder / "lambda.db"
            bake(users(queries.SMALLER), ABOUT, small)
            lambdas.bench(place("lambda"), small, python)
        if "publish" in wanted:
            from bench import publishing  # needs boto3, which `make bench ARGS=--help` lacks

            publishing.bench(place("publish"))
        if "peers" in wanted and large:
            peers.bench(folder / "peers", large / "baked.db", large / "naive.db", python)


if __name__ == "__main__":
    main()

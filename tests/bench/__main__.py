"""Print how the build and the function do against plain designs, peers and limits.

What is compared runs in turn in one process, or one run, and what counts are the ratios: this
machine's speed cancels out. `python -m tests.bench` runs every section; `python -m tests.bench
queries --many 100000` one of them, for fewer users.

    build     seeding, baking and rendering 10,000 users (--users)
    scale     seeding and baking 1,000,000 (--many): rows a second, peak memory
    queries   asking the directory of 100,000 and of --many users, against naive SQL
    lambda    the handler, warm and cold, against a bare one
    peers     over HTTP, against Datasette and the replaced design (wants Debian's package wrk)
"""

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from function.database import Directory
from generator import site, sources
from generator.assets import read_assets
from generator.bake import bake
from generator.pages import Build
from generator.render import STATIC, TEMPLATES, Renderer
from tests.bench import environment, lambdas, peers, queries, seeding
from tests.bench.users import users
from tests.factories import ABOUT

ROUNDS = 5
SIZES = (10, 25, 50, 100)
Work = Callable[[], object]


def ratio(one: Work, other: Work, repeat: int = 1) -> tuple[float, float, float]:
    """Return the medians of both, in seconds a time, and how many times *other*'s *one*'s is."""
    taken: dict[Work, list[float]] = {one: [], other: []}
    for _ in range(ROUNDS + 1):
        for work, times in taken.items():
            start = time.perf_counter()
            for _ in range(repeat):
                work()
            times.append((time.perf_counter() - start) / repeat)
    a, b = (statistics.median(times[1:]) for times in taken.values())  # the first warms up
    return a, b, a / b


def show(what: str, against: str, measured: tuple[float, float, float]) -> None:
    """Print one row."""
    one, other, times = measured
    print(f"{what:<44}{against:<40}{one * 1e3:>10.3f}{other * 1e3:>10.3f}{times:>8.2f}")


def bench_seed(folder: Path, count: int) -> None:
    """Seeding from a GitHub in this process, against storing its replies in a plain table."""
    users, turn = sources.parse("users", seeding.API), iter(range(1000))
    show(
        "seed from GitHub",
        "its replies in a plain table",
        ratio(
            lambda: seeding.seed(users, count, folder / f"seed-{next(turn)}.db"),
            lambda: seeding.plain_seed(count, folder / "plain-seed.db"),
        ),
    )


def bench_bake(folder: Path, count: int) -> None:
    """Baking, against writing the same rows to a plain table."""
    profiles = list(users(count))
    rows = [(p.id, p.username, p.type, p.avatar_url, p.html_url) for p in profiles]

    def plain() -> None:
        path = folder / "plain.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as sql, sql:
            sql.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, a, b, c, d)")
            sql.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)", rows)

    baked = folder / "baked.db"
    show("bake", "the rows in a plain table", ratio(lambda: bake(profiles, ABOUT, baked), plain))


def bench_render(directory: Directory, folder: Path) -> None:
    """Rendering, against writing the same bytes, a plain Jinja2 loop, and itself unchanged."""
    build = site.plan(directory, SIZES, ("id",))
    output = folder / "site"
    site.render(directory, build, output, "/")
    pages = [path.read_bytes() for path in sorted((output / "users").rglob("*.html"))]
    turn = iter(range(1000))

    def render() -> None:
        site.render(directory, build, folder / f"site-{next(turn)}", "/")

    def raw() -> None:
        target = folder / f"raw-{next(turn)}"
        target.mkdir()
        handle = os.open(target, os.O_RDONLY)
        for number, page in enumerate(pages):
            file = os.open(f"{number}.html", os.O_WRONLY | os.O_CREAT, dir_fd=handle)
            os.write(file, page)
            os.close(file)
        os.close(handle)

    print(f"({len(pages):,} pages, {sum(map(len, pages)) / 1e6:.0f} MB)")
    show("render", "writing the same bytes", ratio(render, raw))
    show(
        "render", "a plain Jinja2 loop", ratio(render, lambda: plain_loop(directory, build, folder))
    )
    unchanged = ratio(lambda: site.render(directory, build, output, "/"), render)
    show("render again, nothing changed", "the first time", unchanged)


def plain_loop(directory: Directory, build: Build, folder: Path) -> None:
    """Render as one would without thinking: every row anew on every page, all users in memory."""
    renderer = Renderer(build, ABOUT, read_assets(STATIC), "/")
    row = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    row.filters.update(picture=str, web=str)
    template = row.get_template("_user_row.html")
    profiles = list(directory.profiles("id"))
    for listing in build.listings():
        size = listing.pagination
        for page in range(1, build.pages(listing) + 1):
            shown = profiles[(page - 1) * size : page * size]
            rows = [template.render(profile=profile) for profile in shown]
            path = folder / "loop" / listing.key(page)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(renderer.page(listing, page, rows))


def bench_build(folder: Path, count: int) -> None:
    """Every stage of a build of *count* users."""
    print(f"{'this':<44}{'against':<40}{'ms':>10}{'ms':>10}{'ratio':>8}")
    bench_seed(folder, count)
    bench_bake(folder, count)
    bake(users(count), ABOUT, folder / "directory.db")
    with closing(Directory(folder / "directory.db")) as directory:
        bench_render(directory, folder)


def main() -> None:
    """Run the sections named, or all, in temporary folders."""
    sections = ("build", "scale", "queries", "lambda", "peers")
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
        if {"lambda", "peers"} & {*wanted}:
            python = environment.peers(place("peers"))
        if "lambda" in wanted:
            small = folder / "lambda.db"
            bake(users(queries.SMALLER), ABOUT, small)
            lambdas.bench(place("lambda"), small, python)
        if "peers" in wanted and large:
            peers.bench(folder / "peers", large / "baked.db", large / "naive.db", python)


if __name__ == "__main__":
    main()

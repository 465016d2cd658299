"""Print how the build and the function do against plain designs and against their limits.

Every row is a pair, run in turn, and the ratio of their medians: this machine's speed cancels
out. 10,000 invented users, and 1,000,000 to seed and to bake, unless other numbers are given:
`python -m tests.bench 100000 2000000`.
"""

import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from function.answer import answer_profiles
from function.contract import Profile
from function.database import Directory
from generator import site, sources
from generator.assets import read_assets
from generator.bake import bake
from generator.pages import Build
from generator.render import STATIC, TEMPLATES, Renderer
from tests.bench import seeding
from tests.factories import ABOUT, make_profile

ROUNDS = 5
SIZES = (10, 25, 50, 100)
Work = Callable[[], object]


def users(count: int) -> Iterator[Profile]:
    """Yield invented users: one in nine an organisation, names with some parts in common."""
    for number in range(1, count + 1):
        name = f"{('jo', 'anna', 'x', 'lantern')[number % 4]}-{number * 7919 % 1_000_003:x}"
        yield make_profile(number * 3, name, type="User" if number % 9 else "Organization")


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


def bench_answers(directory: Directory) -> None:
    """An answer at either end of the list, and against the SQL that is the least it takes."""

    def ask(query: str) -> Work:
        pairs = [tuple(pair.split("=")) for pair in query.split("&")]
        return lambda: answer_profiles(directory, pairs)  # type: ignore[arg-type]

    first = ask("page=1")
    last = ask(f"page={-(-directory.users // 25)}")
    show("answer: the deepest page", "page 1", ratio(last, first, 50))
    last_type = ask(f"order_by=type&page={-(-directory.users // 25)}")
    show("answer: the deepest page by type", "page 1", ratio(last_type, first, 50))
    show("answer: a common term", "page 1", ratio(ask("username=anna"), first, 10))
    show("answer: a term nobody has", "page 1", ratio(ask("username=zzzz"), first, 10))


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


def main() -> None:
    """Run everything in a temporary folder."""
    count, many = (int(number) for number in (*sys.argv[1:], 10_000, 1_000_000)[:2])
    print(f"{count:,} users, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    print(f"{'this':<44}{'against':<40}{'ms':>10}{'ms':>10}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_seed(folder, count)
        bench_bake(folder, count)
        bake(users(count), ABOUT, folder / "directory.db")
        with closing(Directory(folder / "directory.db")) as directory:
            assert json.loads(answer_profiles(directory, []).body)["total"] == count
            bench_answers(directory)
            bench_render(directory, folder)
        print()
        seeding.bench_scale(folder, many)


if __name__ == "__main__":
    main()

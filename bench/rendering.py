"""Rendering all pages: other programs that make the same pages, and the limits of the machine.

Each contender is a process, measured with its start, on one core, writing to memory (tmpfs). The
contenders run in turn, and the ratios are the result. A contender is measured only if its pages are
the same as ours: see `contenders.sameness`.
"""

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from bench.contenders import eleventy, hugo, jinja_loop, native, sameness
from bench.contenders.contender import ORIGIN, Contender, ours, plan
from bench.contenders.rivals import Tools, find_tools, make_rivals
from bench.environment import ROOT
from bench.limits import print_header, print_limit
from bench.users import users
from function.database import Directory
from generator.bake.directory import bake
from generator.render import site
from tests.factories import ABOUT, make_profile

ROUNDS = 5
# A folder in memory. On a disk, all contenders would wait for the disk.
TMPFS = Path("/dev/shm")  # noqa: S108
OURS, IN_PROCESS = "ghdirectory render", "render_site in this process"
SYSTEM_CALLS = "os.open, write, close"
# Limits. A contender takes at least so many times our time.
MIN_RATIOS = {hugo.FASTEST: 6, hugo.USUAL: 12, eleventy.NAME: 6.5, jinja_loop.NAME: 6}
# We take at most so many times a contender's time.
MAX_RATIOS = {SYSTEM_CALLS: 2.5, native.NAME: 2}
MAX_MEMORY = 60  # MiB
# The command line. At its end it prints its peak memory in kB.
# https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
_MEASURED = """
import atexit
from generator.cli import main
status = open("/proc/self/status")
atexit.register(lambda: print(status.read().partition("VmHWM:")[2].split()[0]))
main()
"""
Work = Callable[[Path], None]


def bench(
    folder: Path,
    count: int,
    larger: int,
    smaller: int = 10_000,
    python: Path | None = None,
    rounds: int = ROUNDS,
) -> None:
    """Print all measurements of rendering.

    Args:
        folder: an empty folder.
        count: the number of users that contenders are compared with.
        larger: a larger number of users, for memory and the time of a page.
        smaller: a smaller number of users, for memory.
        python: the Python of an environment with Hugo. None: without contenders from a network.
        rounds: the number of measurements.
    """
    for package in ("function", "generator"):  # no first start of a contender compiles our code
        compileall.compile_dir(ROOT / package, quiet=1)
    databases = {size: folder / f"{size}.db" for size in (smaller, count, larger)}
    for size, path in databases.items():
        bake(users(size), ABOUT, path)
    tools = find_tools(folder / "installed", python)
    print(*tools.versions(), sep="; ")
    with tempfile.TemporaryDirectory(dir=TMPFS if TMPFS.is_dir() else folder) as name:
        place = Path(name)
        if not TMPFS.is_dir():
            print(f"no {TMPFS}: contenders write to the disk, which makes their times more alike")
        with one_core():
            check(folder / "odd", place, tools)
            (folder / "race").mkdir()
            rivals = make_rivals(databases[count], folder / "race", tools)
            compare(databases[count], rivals, place, rounds)
            bench_sizes(databases, count, larger, place, rounds)
            bench_rerendering(databases[count], count, folder / "renamed.db", place, rounds)
        bench_jobs(databases[count], place, rounds)


@contextmanager
def one_core() -> Iterator[None]:
    """Limit this process, and the processes that it starts, to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def check(folder: Path, place: Path, tools: Tools) -> None:
    """Raise `sameness.Different` unless all contenders make the same pages of odd users."""
    folder.mkdir()
    database = folder / "odd.db"
    bake(sameness.odd_users(1200), ABOUT, database)
    expected = place / "expected"
    ours(database).run(expected)
    for contender in make_rivals(database, folder, tools):
        with removed_afterwards(place / "rendered") as rendered:
            contender.run(rendered)
            sameness.compare(contender.name, expected, rendered)
    shutil.rmtree(expected)


@contextmanager
def removed_afterwards(folder: Path) -> Iterator[Path]:
    """Give *folder*, and remove it at the end."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seconds(work: Work, folder: Path) -> float:
    """Return the seconds that *work* takes to make *folder*."""
    start = time.perf_counter()
    work(folder)
    return time.perf_counter() - start


def race(works: Mapping[str, Work], place: Path, rounds: int) -> dict[str, float]:
    """Run *works* in turn; return the median of the seconds that each takes."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            with removed_afterwards(place / "out") as folder:
                taken[name].append(seconds(work, folder))
    return {name: statistics.median(times) for name, times in taken.items()}


def compare(database: Path, rivals: list[Contender], place: Path, rounds: int) -> None:
    """Print the times of all contenders, and the limits of their ratios."""
    with (
        closing(Directory(database)) as directory,
        removed_afterwards(place / "expected") as expected,
    ):
        build = plan(directory)
        our_command = ours(database)
        our_command.run(expected)
        sample = set()
        for listing in build.listings():
            last = build.page_count(listing)
            numbers = {1, 2, 3, last // 2, last - 1, last}
            sample |= {listing.key(page) for page in numbers}
        for rival in rivals:  # this run also fills the caches
            with removed_afterwards(place / "rendered") as rendered:
                rival.run(rendered)
                sameness.compare(rival.name, expected, rendered, sample)
        contents = {key: (expected / key).read_bytes() for key in sameness.keys(expected)}
        works: dict[str, Work] = {
            OURS: our_command.run,
            IN_PROCESS: partial(_render, directory),
            SYSTEM_CALLS: partial(write_with_system_calls, contents),
        }
        medians = race(works | {rival.name: rival.run for rival in rivals}, place, rounds)
    pages, size = len(contents), sum(map(len, contents.values()))
    our_time = medians[OURS]
    print(f"\n{pages:,} pages of {build.users:,} users, {size / 1e6:.0f} MB, on one core")
    print(f"{'contender':<44}{'seconds':>10}{'pages/s':>12}{'MB/s':>8}{'/ ours':>9}")
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        rates = f"{pages / median:>12,.0f}{size / median / 1e6:>8,.0f}{median / our_time:>9.2f}"
        print(f"{name:<44}{median:>10.3f}{rates}")
    print_header()
    for name, at_least in MIN_RATIOS.items():
        if name in medians:
            print_limit(f"{name} / render", medians[name] / our_time, at_least=at_least)
    for name, at_most in MAX_RATIOS.items():
        if name in medians:
            print_limit(f"render / {name}", our_time / medians[name], at_most=at_most)
    print_limit(f"{IN_PROCESS} / {SYSTEM_CALLS}", medians[IN_PROCESS] / medians[SYSTEM_CALLS])


def _render(directory: Directory, folder: Path) -> None:
    site.render_site(directory, plan(directory), folder, ORIGIN, with_data=False, jobs=1)


def write_with_system_calls(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write *contents*, by key, with system calls alone."""
    for parent in {key.rpartition("/")[0] for key in contents}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    root = f"{folder}/"
    for key, content in contents.items():
        file = os.open(root + key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        os.write(file, content)
        os.close(file)


def bench_sizes(
    databases: Mapping[int, Path], count: int, larger: int, place: Path, rounds: int
) -> None:
    """Print the peak memory and the time of a page for each number of users."""
    peaks: dict[int, float] = {}
    times: dict[int, list[float]] = {size: [] for size in databases}
    for _ in range(min(rounds, 3)):
        for size, path in databases.items():
            with removed_afterwards(place / "out") as folder:
                start = time.perf_counter()
                process = subprocess.run(
                    [
                        sys.executable,
                        "-c",
                        _MEASURED,
                        *map(str, ours(path).command[3:]),
                        folder,
                    ],
                    cwd=ROOT,
                    check=True,
                    capture_output=True,
                )
                times[size].append(time.perf_counter() - start)
                peaks[size] = max(peaks.get(size, 0), int(process.stdout.split()[-1]) / 1024)
    print_header()
    for size, peak in peaks.items():
        print_limit(f"MiB of memory, {size:,} users", peak, at_most=MAX_MEMORY)
    if larger > count:  # the number of pages grows with the number of users
        of_larger, of_count = (statistics.median(times[size]) / size for size in (larger, count))
        print_limit(
            f"time of a page, {larger:,} users / {count:,}", of_larger / of_count, at_most=1
        )


def bench_rerendering(database: Path, count: int, renamed: Path, place: Path, rounds: int) -> None:
    """Print the times of rendering a site again: with the same users, and with one renamed."""
    profiles = list(users(count))
    middle = profiles[count // 2].id
    profiles[count // 2] = make_profile(middle, f"renamed-{middle}")
    bake(profiles, ABOUT, renamed)
    times: dict[str, list[float]] = {"whole": [], "same": [], "renamed": []}
    changed: dict[str, list[Path]] = {}
    for _ in range(rounds):
        with removed_afterwards(place / "out") as folder:
            before: dict[Path, object] = {}
            for name, path in (("whole", database), ("same", database), ("renamed", renamed)):
                times[name].append(seconds(ours(path).run, folder))
                after = files(folder)
                changed[name] = [path for path in after if before.get(path) != after[path]]
                before = after
    whole, same, with_rename = (statistics.median(taken) for taken in times.values())
    print_header()
    print_limit("files written where nothing changed", len(changed["same"]), at_most=0)
    print_limit("the same again / the first time", same / whole, at_most=0.2)
    pages = [path for path in changed["renamed"] if path.parent != place / "out"]
    print_limit("pages written where one user is renamed", len(pages))
    print_limit("other files written then", len(changed["renamed"]) - len(pages))
    print_limit("one user renamed / the first time", with_rename / whole)


def files(folder: Path) -> dict[Path, object]:
    """Return the inode and the time of each file below *folder*. Writing a file changes them."""
    status = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in status.items()}


def bench_jobs(database: Path, place: Path, rounds: int) -> None:
    """Print the gain from a second core."""
    if len(os.sched_getaffinity(0)) < 2:
        print("\n--jobs is not measured: this machine has one core")
        return
    works = {f"--jobs {number}": ours(database, number).run for number in (1, 2)}
    with_one, with_two = race(works, place, rounds).values()
    print_header()
    print_limit("--jobs 1 / --jobs 2, on two cores or more", with_one / with_two, at_least=1.5)

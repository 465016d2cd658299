"""Rendering all pages, against other ways to make the same ones, and the limits of the machine.

Every contender is a process of its own, its start included, on one core, writing to memory
(tmpfs), in turn with the others; what counts are the ratios. Nothing is measured of one whose
pages are not ours: see `contenders.sameness`.
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
from bench.users import users
from function.database import Directory
from generator.bake.directory import bake
from generator.render import site
from tests.factories import ABOUT, make_profile

ROUNDS = 5
# A folder in memory: on a disk, everyone waits for the same disk.
TMPFS = Path("/dev/shm")  # noqa: S108
OURS, HERE, RAW = "ghdirectory render", "site.render, no process", "os.open, write, close"
# What is promised: how many times longer the others take ...
LEAST = {hugo.FASTEST: 6, hugo.USUAL: 12, eleventy.NAME: 6.5, jinja_loop.NAME: 6}
# ... how many times longer than these we take, and MiB of memory.
MOST = {RAW: 2.5, native.NAME: 2}
PEAK = 60
# The command line, which says at its end how much memory it had, in kB.
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
    many: int,
    few: int = 10_000,
    python: Path | None = None,
    rounds: int = ROUNDS,
) -> None:
    """Print everything.

    Args:
        folder: an empty one.
        count: how many users to compare contenders with.
        many: how many users to be as good with.
        few: how few.
        python: of an environment that has Hugo; None: without what a network brings.
        rounds: how often to measure.
    """
    for package in ("function", "generator"):  # so that nobody's first start is measured
        compileall.compile_dir(ROOT / package, quiet=1)
    databases = {size: folder / f"{size}.db" for size in (few, count, many)}
    for size, path in databases.items():
        bake(users(size), ABOUT, path)
    tools = find_tools(folder / "installed", python)
    print(*tools.versions(), sep="; ")
    with tempfile.TemporaryDirectory(dir=TMPFS if TMPFS.is_dir() else folder) as name:
        place = Path(name)
        if not TMPFS.is_dir():
            print(f"no {TMPFS}: on the disk, where all contenders are more alike")
        with one_core():
            check(folder / "odd", place, tools)
            (folder / "race").mkdir()
            others = make_rivals(databases[count], folder / "race", tools)
            compare(databases[count], others, place, rounds)
            sizes(databases, count, many, place, rounds)
            again(databases[count], count, folder / "renamed.db", place, rounds)
        jobs(databases[count], place, rounds)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and those it starts, to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def check(folder: Path, place: Path, tools: Tools) -> None:
    """Raise `sameness.Different` unless all contenders make the same of odd and hostile users."""
    folder.mkdir()
    database = folder / "odd.db"
    bake(sameness.odd_users(1200), ABOUT, database)
    expected = place / "expected"
    ours(database).run(expected)
    for contender in make_rivals(database, folder, tools):
        with emptied(place / "found") as found:
            contender.run(found)
            sameness.compare(contender.name, expected, found)
    shutil.rmtree(expected)


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """Give *folder*, and remove it afterwards."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seconds(work: Work, folder: Path) -> float:
    """Return how long *work* takes to make *folder*."""
    start = time.perf_counter()
    work(folder)
    return time.perf_counter() - start


def race(works: Mapping[str, Work], place: Path, rounds: int) -> dict[str, float]:
    """Return the median of the seconds that each of *works* takes, having run them in turn."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            with emptied(place / "out") as folder:
                taken[name].append(seconds(work, folder))
    return {name: statistics.median(times) for name, times in taken.items()}


def compare(database: Path, others: list[Contender], place: Path, rounds: int) -> None:
    """Print how long all contenders take, and what is promised of the ratios."""
    with closing(Directory(database)) as directory, emptied(place / "expected") as expected:
        build = plan(directory)
        mine = ours(database)
        mine.run(expected)
        sample = set()
        for listing in build.listings():
            last = build.page_count(listing)
            numbers = {1, 2, 3, last // 2, last - 1, last}
            sample |= {listing.key(page) for page in numbers}
        for other in others:  # which warms them up, too
            with emptied(place / "found") as found:
                other.run(found)
                sameness.compare(other.name, expected, found, sample)
        contents = {key: (expected / key).read_bytes() for key in sameness.keys(expected)}
        here = partial(_render, directory)
        works: dict[str, Work] = {OURS: mine.run, HERE: here, RAW: partial(raw, contents)}
        medians = race(works | {other.name: other.run for other in others}, place, rounds)
    pages, size = len(contents), sum(map(len, contents.values()))
    own = medians[OURS]
    print(f"\n{pages:,} pages of {build.users:,} users, {size / 1e6:.0f} MB, on one core")
    print(f"{'contender':<44}{'seconds':>10}{'pages/s':>12}{'MB/s':>8}{'/ ours':>9}")
    for name, median in sorted(medians.items(), key=lambda one: one[1]):
        rates = f"{pages / median:>12,.0f}{size / median / 1e6:>8,.0f}{median / own:>9.2f}"
        print(f"{name:<44}{median:>10.3f}{rates}")
    header()
    for name, least in LEAST.items():
        if name in medians:
            promise(f"{name} / render", medians[name] / own, least=least)
    for name, most in MOST.items():
        if name in medians:
            promise(f"render / {name}", own / medians[name], most=most)
    promise(f"{HERE} / {RAW}", medians[HERE] / medians[RAW])


def _render(directory: Directory, folder: Path) -> None:
    place = site.Place(ORIGIN)
    site.render_site(directory, plan(directory), folder, place, with_data=False, jobs=1)


def raw(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write *contents*, by key, with nothing but system calls."""
    for parent in {key.rpartition("/")[0] for key in contents}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    root = f"{folder}/"
    for key, content in contents.items():
        file = os.open(root + key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        os.write(file, content)
        os.close(file)


def header() -> None:
    """Print what is above promises."""
    print(f"\n{'what is promised':<62}{'at least':>10}{'at most':>10}{'is':>10}")


def promise(
    what: str, found: float, *, least: float | None = None, most: float | None = None
) -> None:
    """Print one promise, and whether it is kept; with neither bound, it is only said."""
    missed = (least is not None and found < least) or (most is not None and found > most)
    bounds = "".join(f"{'' if one is None else f'{one:.3g}':>10}" for one in (least, most))
    print(f"{what:<62}{bounds}{found:>10.3g}{'  MISSED' if missed else ''}")


def sizes(databases: Mapping[int, Path], count: int, many: int, place: Path, rounds: int) -> None:
    """Print what memory and a page take with few and with many users."""
    peaks: dict[int, float] = {}
    times: dict[int, list[float]] = {size: [] for size in databases}
    for _ in range(min(rounds, 3)):
        for size, path in databases.items():
            with emptied(place / "out") as folder:
                start = time.perf_counter()
                done = subprocess.run(
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
                peaks[size] = max(peaks.get(size, 0), int(done.stdout.split()[-1]) / 1024)
    header()
    for size, peak in peaks.items():
        promise(f"MiB of memory at most, {size:,} users", peak, most=PEAK)
    if many > count:  # so many times the users are so many times the pages
        one, other = (statistics.median(times[size]) / size for size in (many, count))
        promise(f"time a page, {many:,} users / {count:,}", one / other, most=1)


def again(database: Path, count: int, renamed: Path, place: Path, rounds: int) -> None:
    """Print what rendering takes where a site is there already: the same, and nearly the same."""
    profiles = list(users(count))
    middle = profiles[count // 2].id
    profiles[count // 2] = make_profile(middle, f"renamed-{middle}")
    bake(profiles, ABOUT, renamed)
    times: dict[str, list[float]] = {"whole": [], "same": [], "renamed": []}
    changed: dict[str, list[Path]] = {}
    for _ in range(rounds):
        with emptied(place / "out") as folder:
            before: dict[Path, object] = {}
            for name, path in (("whole", database), ("same", database), ("renamed", renamed)):
                times[name].append(seconds(ours(path).run, folder))
                after = files(folder)
                changed[name] = [path for path in after if before.get(path) != after[path]]
                before = after
    whole, same, other = (statistics.median(taken) for taken in times.values())
    header()
    promise("files written where nothing changed", len(changed["same"]), most=0)
    promise("the same again / the first time", same / whole, most=0.2)
    pages = [path for path in changed["renamed"] if path.parent != place / "out"]
    promise("pages written where one user is renamed", len(pages))
    promise("other files written then", len(changed["renamed"]) - len(pages))
    promise("one user renamed / the first time", other / whole)


def files(folder: Path) -> dict[Path, object]:
    """Return all files below *folder*, with what changes when they are written."""
    found = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (about.st_ino, about.st_mtime_ns) for path, about in found.items()}


def jobs(database: Path, place: Path, rounds: int) -> None:
    """Print what a second core brings."""
    if len(os.sched_getaffinity(0)) < 2:
        print("\none core: nothing to be said of --jobs")
        return
    works = {f"--jobs {number}": ours(database, number).run for number in (1, 2)}
    alone, together = race(works, place, rounds).values()
    header()
    promise("--jobs 1 / --jobs 2, on two cores or more", alone / together, least=1.5)

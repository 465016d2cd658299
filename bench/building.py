"""A whole build, from a file of users to a checked site, compared with rendering by Hugo.

Both are processes on all cores, with their start, and write to memory (tmpfs). Hugo gets the users
as data that is ready, and renders the pages of the build: every order, type and page size.
"""

import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.contenders import hugo, sameness
from bench.contenders.contender import ORIGIN, Contender, record, renderer
from bench.contenders.markup import Skeleton
from bench.environment import ROOT
from bench.limits import print_header, print_limit
from bench.rendering import TMPFS, removed_afterwards
from bench.users import users
from function.contract import Profile, fold
from function.database import Directory
from generator.reading import read_profiles
from generator.render.downloads import KEYS
from generator.render.pages import Download
from generator.site import Listing, read_build
from generator.text import rough_size

ROUNDS = 3
HUGO, AGAIN = "Hugo, text/template, GOGC=400", "the same build again"
MAX_MEMORY = 250  # MiB, in any process of a build


class Run(NamedTuple):
    """What a command took: seconds, seconds of CPU, and the peak memory of a process in MiB."""

    seconds: float
    cpu: float
    memory: float


def bench(
    folder: Path, count: int, larger: int, python: Path | None = None, rounds: int = ROUNDS
) -> None:
    """Print the time of a build of *count* users, of its stages, and of the same build again.

    Args:
        folder: an empty folder.
        count: the number of users.
        larger: a larger number of users, for memory and the time of a user.
        python: the Python of an environment with Hugo. None: without Hugo.
        rounds: the number of measurements.
    """
    with tempfile.TemporaryDirectory(dir=TMPFS if TMPFS.is_dir() else folder) as name:
        place = Path(name)
        runs = measure(place / "ours", count, rounds, python)
        build = seconds(runs["build"])
        larger_runs = measure(place / "larger", larger, 1) if larger > count else {}
    print_header()
    print_limit("the same build again / the first", seconds(runs[AGAIN]) / build, at_most=0.05)
    if HUGO in runs:
        print_limit(f"build / {HUGO}", build / seconds(runs[HUGO]), at_most=1)
    print_limit("CPU of check / of render", cpu(runs["check"]) / cpu(runs["render"]), at_most=2)
    if larger_runs:
        quotient = seconds(larger_runs["build"]) / larger / (build / count)
        print_limit(f"time of a user, {larger:,} users / {count:,}", quotient, at_most=1.2)
    peak = max(memory(each["build"]) for each in (runs, larger_runs) if each)
    print_limit("MiB of memory of a process", peak, at_most=MAX_MEMORY)


def measure(
    folder: Path, count: int, rounds: int, python: Path | None = None
) -> dict[str, list[Run]]:
    """Build *count* users in *folder*: by stage, as a whole, and again. Then render with Hugo.

    Print a table of the medians, and return what each run took.
    """
    folder.mkdir()
    write_csv(folder / "users.csv", count)
    whole = ["build", f"file:{folder}/users.csv", "--origin", ORIGIN]
    stages = {
        "seed": ["seed", f"file:{folder}/users.csv"],
        "bake": ["bake"],
        "render": ["render", "--origin", ORIGIN],
        "check": ["check"],
        "build": whole,
        AGAIN: whole,
    }
    runs: dict[str, list[Run]] = {stage: [] for stage in stages}
    rival = None
    for _ in range(rounds):
        for stage, arguments in stages.items():
            if stage in ("seed", "build"):
                shutil.rmtree(folder / "build", ignore_errors=True)
            runs[stage].append(run([sys.executable, "-m", "generator", *arguments], folder))
        if python:
            rival = rival or make_hugo(folder, python)
            with removed_afterwards(folder / "rendered") as out:
                command = [*rival.command, rival.output.format(out)]
                runs.setdefault(rival.name, []).append(run(command, folder, rival.environ))
                sameness.compare(rival.name, folder / "build/site", out, sample(folder))
    print(f"\n{count:,} users, {read_build(folder / 'build/site').total_pages():,} pages")
    print(f"{'stage':<34}{'seconds':>10}{'CPU':>10}{'MiB':>8}")
    for stage, taken in runs.items():
        print(f"{stage:<34}{seconds(taken):>10.2f}{cpu(taken):>10.2f}{memory(taken):>8.0f}")
    return runs


def seconds(runs: Sequence[Run]) -> float:
    """Return the median of the seconds that *runs* took."""
    return statistics.median(run.seconds for run in runs)


def cpu(runs: Sequence[Run]) -> float:
    """Return the median of the seconds of CPU that *runs* took."""
    return statistics.median(run.cpu for run in runs)


def memory(runs: Sequence[Run]) -> float:
    """Return the peak memory of a process of *runs*, in MiB.

    It is at least that of this process, which grows when it makes Hugo's data. So the first run,
    before that, counts. https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    return runs[0].memory


def make_hugo(folder: Path, python: Path) -> Contender:
    """Make Hugo's site with the pages of the site that was built in *folder*."""
    site = folder / "build/site"
    build = read_build(site)
    downloads = [
        Download(text, f"/{key}", rough_size((site / key).stat().st_size))
        for text, key in KEYS.items()
    ]
    with closing(Directory(folder / "build/directory.db")) as directory:
        skeleton = Skeleton(renderer(directory, build, downloads))
        pages = {listing: skeleton.page(listing) for listing in build.listings()}
        ordered = {}
        for order_by, slug in build.orderings():
            type_ = build.query(Listing(order_by, slug=slug), 1).type
            ordered[order_by, slug] = [
                record(profile) for profile in read_profiles(directory, order_by, type_)
            ]
    rival = hugo.make(hugo.binary(python), folder / "hugo", pages, ordered, plain=True)
    # So many pages take 5 GB without garbage collection, and then it is no faster.
    return rival._replace(name=HUGO, environ={"GOGC": "400"})


def sample(folder: Path) -> set[str]:
    """Return the keys of a few pages of each listing of the site that was built in *folder*."""
    build = read_build(folder / "build/site")
    chosen = set()
    for listing in build.listings():
        last = build.page_count(listing)
        chosen |= {listing.key(page) for page in (1, 2, last // 2, last - 1, last)}
    return chosen


def write_csv(path: Path, count: int) -> None:
    """Write *count* users to a CSV file, as `data/profiles.csv` has them.

    A user whose login another one has is left out: the store would have only one of them.
    """
    logins: set[str] = set()
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(Profile._fields)
        for user in users(2 * count):
            if len(logins) == count:
                break
            login = fold(user.username)
            if login not in logins:
                logins.add(login)
                rows.writerow(user)


def run(
    command: Sequence[str | Path], folder: Path, environ: Mapping[str, str] | None = None
) -> Run:
    """Run *command* in *folder*."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed with status {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    return Run(time.perf_counter() - start, cpu, usage.ru_maxrss / 1024)

"""Asking the directory, against the same users in one wide indexed table and naive SQL.

Both answer the same queries with the same JSON in turn; what is printed are medians and ratios.
"""

import json
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.users import users
from function.answer import answer_profiles
from function.contract import fold
from function.database import Directory
from function.query import parse_query
from generator.bake.directory import bake
from generator.explain import explain
from tests.factories import ABOUT

ROUNDS = 7
SMALLER = 100_000
Pairs = list[tuple[str, str]]


class Naive:
    """One wide table, an index for each thing asked, LIKE, COUNT and OFFSET."""

    def __init__(self, path: Path) -> None:
        self.sql = sqlite3.connect(path)

    @staticmethod
    def build(path: Path, count: int) -> None:
        """Make the table of *count* invented users."""
        with closing(sqlite3.connect(path)) as sql, sql:
            sql.execute(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, type TEXT,"
                " avatar_url TEXT, html_url TEXT)"
            )
            sql.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)", users(count))
            sql.execute("CREATE INDEX by_type ON users (type, id)")
            sql.execute("CREATE INDEX by_name ON users (username COLLATE NOCASE)")

    def answer(self, pairs: Pairs) -> bytes:
        """Answer as the API does."""
        query = parse_query(pairs)
        terms, values = [], []
        for name, value in (("id", query.id), ("type", query.type)):
            if value is not None:
                terms.append(f"{name} = ?")
                values.append(value)
        if query.username is not None:
            terms.append("username LIKE ? ESCAPE '\\'")
            escaped = "".join(f"\\{c}" if c in "%_\\" else c for c in query.username)
            values.append(f"%{escaped}%")
        where = f"WHERE {' AND '.join(terms)}" if terms else ""
        (total,) = self.sql.execute(f"SELECT count(*) FROM users {where}", values).fetchone()
        order = {"id": "id", "type": "type, id", "-id": "id DESC", "-type": "type DESC, id DESC"}
        rows = self.sql.execute(
            f"SELECT * FROM users {where} ORDER BY {order[query.order_by]} LIMIT ? OFFSET ?",
            [*values, query.pagination, (query.page - 1) * query.pagination],
        )
        names = ("id", "username", "type", "avatar_url", "html_url")
        profiles = [dict(zip(names, row, strict=True)) for row in rows]
        return json.dumps({"profiles": profiles, "total": total}).encode()


@dataclass(frozen=True)
class Kind:
    """A query, and what it is called. *page* is a number, a share of all pages, or -1, the last."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()
    page: float = 1

    def pairs(self, directory: Directory) -> Pairs:
        """Return the query string's pairs."""
        query = parse_query(self.parameters)
        pages = max(1, directory.find(query).pages)
        page = self.page if self.page >= 1 else max(1, round(pages * self.page))
        if self.page < 0:
            page = pages
        return [*self.parameters, ("page", str(int(min(page, pages))))]


def kinds() -> list[Kind]:
    """Return the kinds of queries, those without a filter first."""
    found = [
        Kind("page 1"),
        Kind("page 100", page=100),
        Kind("page in the middle", page=0.5),
        Kind("last page", page=-1),
        Kind("newest first", (("order_by", "-id"),)),
        Kind("type, page 1", (("type", "Organization"),)),
        Kind("type, last page", (("type", "Organization"),), -1),
        Kind("commonest type, last page", (("type", "User"),), -1),
        Kind("order_by=type, middle", (("order_by", "type"),), 0.5),
        Kind("order_by=type, last page", (("order_by", "type"),), -1),
        Kind("id", (("id", "1000"),)),
        Kind("no hit", (("username", "zzxqj"),)),
    ]
    for what, term in (
        ("common term", "chen"),
        ("two letters", "an"),
        ("one letter", "q"),
    ):
        found += [
            Kind(f"{what}, page 1", (("username", term),)),
            Kind(f"{what}, last page", (("username", term),), -1),
        ]
    return [
        *found,
        Kind("rare term", (("username", "kozev"),)),
        Kind("common term of a type", (("username", "work"), ("type", "Organization")), -1),
        Kind("common term by type", (("username", "an"), ("order_by", "type")), 0.5),
    ]


def mixed(count: int, names: Sequence[str], seed: int = 5) -> list[Pairs]:
    """Return random queries: parts of names in either case, with types, orders and pages."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        pairs: Pairs = []
        if chance.random() < 0.7:
            name = chance.choice(names)
            start, length = chance.randrange(len(name)), chance.randint(1, 6)
            part = name[start : start + length]
            pairs.append(("username", chance.choice((part, part.upper(), part[::-1]))))
        if chance.random() < 0.3:
            pairs.append(("type", chance.choice(("User", "Organization", "Bot"))))
        pairs.append(("order_by", chance.choice(("id", "type", "-id", "-type"))))
        page = chance.choice((1, 1, 2, 5, 50, 10**6))
        pairs += [("page", str(page)), ("pagination", chance.choice(("10", "25", "100")))]
        found.append(pairs)
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return how long *work* takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench(folder: Path, count: int, smaller: int, mix: int = 300) -> Path:
    """Print everything for *count* users, and return the directory that was made for it."""
    baked, naive_path, small = (folder / f"{name}.db" for name in ("baked", "naive", "small"))
    build = seconds(lambda: Naive.build(naive_path, count))
    made = seconds(lambda: bake(users(count), ABOUT, baked))
    bake(users(smaller), ABOUT, small)
    names = [fold(profile.username) for profile in users(1000, seed=9)]
    with closing(Directory(baked)) as directory, closing(Directory(small)) as few:
        naive = Naive(naive_path)
        medians = _kinds(baked, directory, naive)
        ours, theirs = _mix(directory, naive, mixed(mix, names))
        first = _compare_first(directory, few)
        naive.sql.close()
    bytes_a_user = baked.stat().st_size / count
    print(f"\n{'what is promised':<56}{'at most':>9}{'is':>9}")

    def promise(what: str, most: float, ratio: float) -> None:
        print(f"{what:<56}{most:>9.3g}{ratio:>9.3g}{'' if ratio <= most else '  MISSED'}")

    page_1 = medians["page 1"]
    for name, most in (("last page", 1.3), ("order_by=type, last page", 1.3)):
        promise(f"{name} / page 1", most, medians[name] / page_1)
    promise(
        "type, last page / type, page 1",
        1.7,
        medians["type, last page"] / medians["type, page 1"],
    )
    promise(f"page 1 of {count:,} / page 1 of {smaller:,}", 1.3, first)
    for what in ("common term", "two letters", "one letter"):
        promise(f"{what}, page 1 / page 1", 5, medians[f"{what}, page 1"] / page_1)
        last = medians[f"{what}, last page"] / medians[f"{what}, page 1"]
        promise(f"{what}, last page / its page 1", 2.5, last)
    share = 1 / 50 if count < 1_000_000 else 1 / 150
    promise(f"random mix, p99 / naive's ({ours * 1e3:.2f} ms)", share, ours / theirs)
    if count >= 1_000_000:  # anchors and pages of a smaller file are more to each user
        promise("bytes a user", 65, bytes_a_user)
    promise("time to bake / to build the naive table", 20, made / build)
    _tables(baked, count)
    return baked


def _kinds(path: Path, directory: Directory, naive: Naive) -> dict[str, float]:
    medians = {}
    print(f"{'query':<28}{'total':>10}{'us':>8}{'naive us':>12}{'ratio':>9}{'pages read':>12}")
    for kind in kinds():
        pairs = kind.pairs(directory)
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(ROUNDS):
            times[False].append(seconds(lambda p=pairs: naive.answer(p)))
            times[True] += [seconds(lambda p=pairs: answer_profiles(directory, p)) for _ in "123"]
        one, other = statistics.median(times[True]), statistics.median(times[False])
        medians[kind.name] = one
        query = parse_query(pairs)
        total = directory.find(query).total
        assert json.loads(naive.answer(pairs))["total"] == total, kind
        pages = explain(path, query).pages_read
        print(
            f"{kind.name:<28}{total:>10,}{one * 1e6:>8.0f}{other * 1e6:>12.0f}"
            f"{other / one:>9.1f}{pages if pages is not None else '?':>12}"
        )
    return medians


def _mix(directory: Directory, naive: Naive, queries: list[Pairs]) -> tuple[float, float]:
    """Return the p99 of *queries*, ours and theirs, having compared what is answered."""
    ours, theirs = [], []
    for pairs in queries:
        ours.append(min(seconds(lambda p=pairs: answer_profiles(directory, p)) for _ in "123"))
        theirs.append(seconds(lambda p=pairs: naive.answer(p)))
        one, other = (
            json.loads(found)
            for found in (answer_profiles(directory, pairs).body, naive.answer(pairs))
        )
        assert (one["total"], one["profiles"]) == (other["total"], other["profiles"]), pairs
    ours.sort()
    theirs.sort()
    return ours[int(len(ours) * 0.99)], theirs[int(len(theirs) * 0.99)]


def _compare_first(directory: Directory, few: Directory) -> float:
    times: dict[Directory, list[float]] = {directory: [], few: []}
    for _ in range(200):
        for one, taken in times.items():
            taken.append(seconds(lambda d=one: answer_profiles(d, [])))
    return statistics.median(times[directory]) / statistics.median(times[few])


def _tables(path: Path, count: int) -> None:
    """Print what each table takes, where SQLite can tell."""
    print(f"\n{'table':<40}{'bytes a user':>14}")
    with closing(sqlite3.connect(path)) as sql:
        try:
            rows = sql.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8"
            ).fetchall()
        except sqlite3.OperationalError:
            rows = []  # this SQLite was built without dbstat
        for name, size in rows:
            print(f"{name:<40}{size / count:>14.1f}")

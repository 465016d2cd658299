"""Queries to the directory, compared with naive SQL on the same users in one indexed table.

Both answer the same queries with the same JSON, in turn. Medians and ratios are printed.
"""

import json
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.limits import print_header, print_limit
from bench.users import users
from function.answer import answer_profiles
from function.contract import Profile, fold
from function.database import Directory
from function.query import parse_query
from generator.bake.directory import bake
from generator.explain import explain
from tests.factories import ABOUT, make_directory, make_profile

ROUNDS = 7
SMALLER = 100_000
Pairs = list[tuple[str, str]]


class Naive:
    """One table with an index for each parameter, queried with LIKE, COUNT and OFFSET."""

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
        answer: dict[str, object] = {"profiles": [*map(_as_dict, rows)], "total": total}
        if query.username is not None:
            exact = self.sql.execute(
                f"SELECT * FROM users {where} AND username = ? COLLATE NOCASE"
                " ORDER BY id DESC LIMIT 1",
                [*values, query.username],
            ).fetchone()
            answer["exact"] = exact and _as_dict(exact)
        return json.dumps(answer).encode()


def _as_dict(row: Sequence[object]) -> dict[str, object]:
    return dict(zip(("id", "username", "type", "avatar_url", "html_url"), row, strict=True))


@dataclass(frozen=True)
class QueryKind:
    """A query with its name.

    Attributes:
        name: the name.
        parameters: the parameters without the page.
        page: the page's number; below 1 a share of all pages; -1 the last page.
    """

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


def clustered_users(count: int) -> Iterator[Profile]:
    """Yield *count* users: the newest half has "abcd", and most others have its parts."""
    for n in range(1, count + 1):
        name = f"{n}abcd" if n > count // 2 else f"abc{n}bcd" if n > 1000 else f"x{n}"
        yield make_profile(n, name)


def kinds() -> list[QueryKind]:
    """Return the kinds of queries, those without a filter first."""
    result = [
        QueryKind("page 1"),
        QueryKind("page 100", page=100),
        QueryKind("page in the middle", page=0.5),
        QueryKind("last page", page=-1),
        QueryKind("newest first", (("order_by", "-id"),)),
        QueryKind("type, page 1", (("type", "Organization"),)),
        QueryKind("type, last page", (("type", "Organization"),), -1),
        QueryKind("commonest type, last page", (("type", "User"),), -1),
        QueryKind("order_by=type, middle", (("order_by", "type"),), 0.5),
        QueryKind("order_by=type, last page", (("order_by", "type"),), -1),
        QueryKind("id", (("id", "1000"),)),
        QueryKind("no hit", (("username", "zzxqj"),)),
    ]
    for name, term in (
        ("common term", "chen"),
        ("two letters", "an"),
        ("one letter", "q"),
    ):
        result += [
            QueryKind(f"{name}, page 1", (("username", term),)),
            QueryKind(f"{name}, last page", (("username", term),), -1),
        ]
    return [
        *result,
        QueryKind("rare term", (("username", "kozev"),)),
        QueryKind("common term of a type", (("username", "work"), ("type", "Organization")), -1),
        QueryKind("common term by type", (("username", "an"), ("order_by", "type")), 0.5),
    ]


def mixed(count: int, names: Sequence[str], seed: int = 5) -> list[Pairs]:
    """Return random queries: parts of names in either case, with types, orders and pages."""
    chance = random.Random(seed)
    queries = []
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
        queries.append(pairs)
    return queries


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that *work* takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench(folder: Path, count: int, smaller: int, mix: int = 300) -> Path:
    """Print all measurements with *count* users.

    Args:
        folder: an empty folder.
        count: the number of users.
        smaller: a smaller number, to compare the first page with.
        mix: the number of random queries.

    Returns:
        The path of the directory with *count* users.
    """
    baked, naive_path, small = (folder / f"{name}.db" for name in ("baked", "naive", "small"))
    naive_seconds = seconds(lambda: Naive.build(naive_path, count))
    bake_seconds = seconds(lambda: bake(users(count), ABOUT, baked))
    bake(users(smaller), ABOUT, small)
    names = [fold(profile.username) for profile in users(1000, seed=9)]
    with (
        closing(Directory(baked, use_mmap=True)) as directory,
        closing(Directory(small, use_mmap=True)) as smaller_directory,
    ):
        naive = Naive(naive_path)
        medians = _kinds(baked, directory, naive)
        our_p99, naive_p99 = _mix(directory, naive, mixed(mix, names))
        first = _compare((directory, []), (smaller_directory, []))
        naive.sql.close()
    with closing(make_directory(folder, clustered_users(smaller))) as clustered:
        pairs = [("username", "abcd")]
        clustered_first = _compare((clustered, pairs), (clustered, [*pairs, ("page", "2")]))
    bytes_a_user = baked.stat().st_size / count
    print_header()
    page_1 = medians["page 1"]
    for name in ("last page", "order_by=type, last page"):
        print_limit(f"{name} / page 1", medians[name] / page_1, at_most=1.3)
    of_type = medians["type, last page"] / medians["type, page 1"]
    print_limit("type, last page / type, page 1", of_type, at_most=1.7)
    print_limit(f"page 1 of {count:,} / page 1 of {smaller:,}", first, at_most=1.3)
    print_limit("clustered term, page 1 / page 2", clustered_first, at_most=1.3)
    for name in ("common term", "two letters", "one letter"):
        its_page_1, last = medians[f"{name}, page 1"], medians[f"{name}, last page"]
        print_limit(f"{name}, page 1 / page 1", its_page_1 / page_1, at_most=5)
        print_limit(f"{name}, last page / its page 1", last / its_page_1, at_most=2.5)
    share = 1 / 50 if count < 1_000_000 else 1 / 150
    quantity = f"random mix, p99 / naive's ({our_p99 * 1e3:.2f} ms)"
    print_limit(quantity, our_p99 / naive_p99, at_most=share)
    if count >= SMALLER:  # a smaller file has more anchors and pages for each user
        print_limit("bytes a user", bytes_a_user, at_most=65)
    print_limit("time to bake / to build the naive table", bake_seconds / naive_seconds, at_most=6)
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
    """Compare the answers to *queries*; return the 99th percentiles of both times in seconds."""
    ours, theirs = [], []
    for pairs in queries:
        ours.append(min(seconds(lambda p=pairs: answer_profiles(directory, p)) for _ in "123"))
        theirs.append(seconds(lambda p=pairs: naive.answer(p)))
        one, other = (
            json.loads(body)
            for body in (answer_profiles(directory, pairs).body, naive.answer(pairs))
        )
        assert {name: one[name] for name in other} == other, pairs
    ours.sort()
    theirs.sort()
    return ours[int(len(ours) * 0.99)], theirs[int(len(theirs) * 0.99)]


def _compare(ours: tuple[Directory, Pairs], other: tuple[Directory, Pairs]) -> float:
    """Return our median time to answer, divided by the other's."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(200):
        for query, taken in zip((ours, other), times, strict=True):
            taken.append(seconds(lambda q=query: answer_profiles(*q)))
    return statistics.median(times[0]) / statistics.median(times[1])


def _tables(path: Path, count: int) -> None:
    """Print the size of each table, if SQLite was built with dbstat."""
    print(f"\n{'table':<40}{'bytes a user':>14}")
    with closing(sqlite3.connect(path)) as sql:
        try:
            rows = sql.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8"
            ).fetchall()
        except sqlite3.OperationalError:
            rows = []
        for name, size in rows:
            print(f"{name:<40}{size / count:>14.1f}")

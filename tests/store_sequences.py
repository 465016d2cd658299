"""Random sequences of seedings into one store, compared with fresh stores.

A sequence has up to 21 steps. In each, the lists of two GitHub servers and two files change. Then
one to three lists are seeded, with any total, with or without a refresh and a token. Some steps
are killed, before a request or at a statement of SQLite: the files are restored as a killed
process leaves them. Invariants are checked after every step. Where the store has to know
everything, the directory is compared with that of a fresh store.

`python -m tests.store_sequences COUNT [FIRST]` runs COUNT sequences, and prints how many steps,
kills, replies, comparisons and differences there were.
"""

import json
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx

from function.contract import Profile
from generator.errors import StoreError
from generator.github import Reply
from generator.seed.crawl import crawl
from generator.seed.local import copy
from generator.seed.sources import Source, parse_source
from generator.store import ListProgress, Store
from tests.fake_github import FakeGitHub

PAGE = 4  # users; small pages make short lists have many
APIS = ("https://api.test", "https://else.test/api/v3")
PATHS = {
    "org:a": "/orgs/a/members",
    "stargazers:a/b": "/repos/a/b/stargazers",
    "search:x": "/search/users",
}
LISTS = ("users", *PATHS)
FILES = ("file:f", "file:g")
CHANGES = (
    *("join", "join", "die", "die", "return", "rename", "retype", "swap", "leave", "leave"),
    *("enter", "enter", "enter first", "move", "move", "shuffle", "many join", "many leave"),
)


class Killed(BaseException):
    """The process was killed."""


@dataclass
class Sent:
    """A reply: its status, its users as it would have them if it were no 304, the lists then."""

    status: int
    users: list[tuple[int, tuple[str, ...]]]
    members: dict[str, set[int]]


class Server:
    """A GitHub whose accounts and lists change at random."""

    def __init__(self, rng: random.Random, api: str) -> None:
        self.rng, self.api, self.version, self._last_id = rng, api, 0, 0
        self.accounts: dict[int, tuple[str, str]] = {}
        self.deleted: dict[int, tuple[str, str]] = {}
        self.fake = FakeGitHub([], lists={})
        for _ in range(rng.randrange(6, 26)):
            self._join()
        self.lists = {
            name: rng.sample(sorted(self.accounts), rng.randrange(1, len(self.accounts)))
            for name in PATHS
        }
        self._publish()

    def change(self) -> None:
        """Make one random change."""
        rng, accounts = self.rng, self.accounts
        ids, members = sorted(accounts), self.lists[rng.choice(sorted(PATHS))]
        match rng.choice(CHANGES):
            case "join":
                self._join()
            case "many join":
                for _ in range(rng.randrange(6)):
                    self._join()
            case "die" if len(ids) > 3:
                user = rng.choice(ids)
                self.deleted[user] = accounts.pop(user)
            case "return" if self.deleted:
                user = rng.choice(sorted(self.deleted))
                accounts[user] = self.deleted.pop(user)
            case "rename":
                user = rng.choice(ids)
                accounts[user] = (f"n{rng.randrange(10**6)}", accounts[user][1])
            case "retype":
                user = rng.choice(ids)
                accounts[user] = (accounts[user][0], rng.choice(["User", "Bot", "Organization"]))
            case "swap":
                a, b = rng.sample(ids, 2)
                accounts[a], accounts[b] = accounts[b], accounts[a]
            case "leave" if len(members) > 1:
                members.remove(rng.choice(members))
            case "many leave" if len(members) > 6:
                del members[: rng.randrange(5)]
            case ("enter" | "enter first") as place if set(ids) - set(members):
                user = rng.choice(sorted(set(ids) - set(members)))
                members.insert(len(members) if place == "enter" else 0, user)
            case "move" if len(members) > 1:
                user = members.pop(rng.randrange(len(members)))
                members.insert(rng.randrange(len(members) + 1), user)
            case "shuffle" if rng.random() < 0.3:
                rng.shuffle(members)
        self._publish()

    def order(self, name: str) -> list[int]:
        """Return the ids of a list, in its order."""
        return sorted(self.accounts) if name == "users" else list(self.lists[name])

    def members(self) -> dict[str, set[int]]:
        """Return the ids of every list."""
        return {name: set(self.order(name)) for name in LISTS}

    def _join(self) -> None:
        self._last_id += self.rng.randrange(1, 4)
        self.accounts[self._last_id] = (f"u{self._last_id}", "User")

    def _publish(self) -> None:
        self.version += 1
        for name, members in self.lists.items():
            # An empty list leaves the stored users, so no list is empty here.
            self.lists[name] = [i for i in members if i in self.accounts] or [min(self.accounts)]
        self.fake.users = [self._record(user) for user in self.accounts]
        for name, members in self.lists.items():
            self.fake.lists[PATHS[name]] = [self._record(user) for user in members]

    def _record(self, user: int) -> dict[str, object]:
        login, type_ = self.accounts[user]
        urls = {"avatar_url": f"https://a.test/{user}", "html_url": f"https://h.test/{login}"}
        return {"id": user, "login": login, "type": type_, **urls}


class Client:
    """Stands in for `generator.github.Client`, and records what the server sent."""

    def __init__(self, server, token, stop_at=None, churn=0.0, rng=None) -> None:
        self.authorized, self.requests, self.log = token is not None, 0, []
        self._server, self._token = server, token
        self._stop_at, self._churn, self._rng = stop_at, churn, rng

    def get(self, url, decode, *, etag=None):
        self.requests += 1
        if self._stop_at is not None and self.requests >= self._stop_at:
            raise Killed
        if self._rng and self.requests > 1 and self._rng.random() < self._churn:
            self._server.change()
        full = self._answer(url, None)
        reply = self._answer(url, etag) if etag else full
        records = json.loads(full.body)
        users = [
            (r["id"], (r["login"], r["type"], r["avatar_url"], r["html_url"]))
            for r in (records["items"] if isinstance(records, dict) else records)
        ]
        self.log.append(Sent(reply.status, users, self._server.members()))
        return decode(reply)

    def _answer(self, url: str, etag: str | None) -> Reply:
        headers = {"user-agent": "test"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        if etag:
            headers["if-none-match"] = etag
        fake, api = self._server.fake, self._server.api
        fake.remaining, fake.token = 10**6, self._token or "good"
        sent = fake.answer(url.removeprefix(api), headers, api)
        response = httpx.Response(sent.status, headers=dict(sent.headers))
        next_url = response.links.get("next", {}).get("url")
        return Reply(url, sent.status, dict(response.headers), sent.body, next_url)


@contextmanager
def killed_at(path: Path, statement: int) -> Iterator[None]:
    """Leave the files of the store at *path* as if a process was killed at its *statement*.

    At that statement, the database and its journal are copied. All later statements fail. In the
    end, the copies take the place of the files.

    Raises:
        Killed: there were so many statements.
    """
    files = [path, path.with_name(f"{path.name}-journal")]
    copies = [file.with_name(f"copy of {file.name}") for file in files]
    connect, count = sqlite3.connect, 0

    def trace(sql: str) -> None:
        nonlocal count
        count += 1
        if count == statement:
            for file, copied in zip(files, copies, strict=True):
                if file.exists():
                    shutil.copy(file, copied)

    def traced(database, *arguments, **options):
        sql = connect(database, *arguments, **options)
        if database == path:
            sql.set_trace_callback(trace)
            sql.set_progress_handler(lambda: count >= statement, 1)
        return sql

    with mock.patch("sqlite3.connect", traced):
        try:
            yield
        except StoreError:
            if count < statement:
                raise
    if count < statement:
        return
    for file, copied in zip(files, copies, strict=True):
        file.unlink(missing_ok=True)
        if copied.exists():
            copied.rename(file)
    raise Killed


@dataclass
class Step:
    """What one step seeds, and how."""

    api: int
    names: list[str]
    total: int
    refresh: bool
    token: str | None
    stop_at: int | None  # request
    kill_at: int | None  # statement
    churn: float


@dataclass
class Result:
    """What a step did: the directory in the end, the finished lists, and the replies by list."""

    directory: list[Profile]
    finished: set[str] = field(default_factory=set)
    logs: dict[str, list[Sent]] = field(default_factory=dict)


class Sequence:
    """One random sequence, the one of *seed*, in *folder*."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng, self.folder, self.path = random.Random(seed), folder, folder / "store.db"
        self.servers = [Server(random.Random(2 * seed + n), api) for n, api in enumerate(APIS)]
        self.counts: Counter[str] = Counter()
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._tokens: list[str | None] = [None, None]
        self._files: dict[str, list[Profile]] = {}
        # By server and list: the server's version when the list was last read from its start, the
        # number of users that were read, and whether no others are stored.
        self._known: dict[tuple[int, str], tuple[int, int, bool]] = {}
        self._touched: set[tuple[int, str]] = set()
        self._write_files(1)

    def run(self) -> Counter[str]:
        """Run all steps. AssertionError says what went wrong."""
        for number in range(self.rng.randrange(4, 22)):
            step = self._prepare()
            server = self.servers[step.api]
            version, before = server.version, self._rows()
            result, is_killed = self._do(step)
            is_moving = server.version != version
            self.counts.update(steps=1, kills=is_killed, lists=len(result.logs))
            self.counts.update(f"{sent.status}" for log in result.logs.values() for sent in log)
            self._check_view(result.directory)
            for name, log in result.logs.items():
                self._check_list(step, name, log, before, result, is_moving)
            self._learn(step, result, is_moving)
            if not is_killed and all(self._is_known(step, name) for name in result.finished):
                self._compare(step, number, result.directory)
        return self.counts

    def _prepare(self) -> Step:
        rng = self.rng
        for server in self.servers:
            for _ in range(rng.choice([0, 0, 1, 2, 5])):
                server.change()
        if rng.random() < 0.3:
            self._write_files(0.5)
        api = int(rng.random() < 0.15)
        if self._tokens[api] is None or rng.random() < 0.05:
            self._tokens[api] = rng.choice([None, "good", "good", "other"])
        kill = rng.choice([None, None, None, "request", "statement", "statement"])
        churn = rng.choice([0, 0, 0, 0.3])
        return Step(
            api,
            names=rng.sample([*LISTS, *FILES], rng.choice([1, 1, 1, 2, 3])),
            total=rng.choice([2, 4, 5, 7, 8, 12, 20, 100]),
            refresh=rng.random() < 0.5,
            token=self._tokens[api],
            stop_at=rng.randrange(1, 7) if kill == "request" else None,
            kill_at=int(10 ** rng.uniform(0, 2.8)) if kill == "statement" else None,
            churn=churn if kill is None or rng.random() < 0.3 else 0,
        )

    def _write_files(self, chance: float) -> None:
        for name in FILES:
            if self.rng.random() < chance:
                ids = self.rng.sample(range(1, 40), self.rng.randrange(1, 14))
                logins = [i if self.rng.random() < 0.7 else self.rng.randrange(999) for i in ids]
                rows = [
                    Profile(i, f"f{login}", "User", "a", "h")
                    for i, login in zip(ids, logins, strict=True)
                ]
                if self.rng.random() < 0.3:  # ids that are repeated with other values
                    rows += [row._replace(username=f"{row.username}x") for row in rows[:3]]
                self._files[name] = rows

    def _do(self, step: Step) -> tuple[Result, bool]:
        result = Result([])
        try:
            with ExitStack() as stack:
                if step.kill_at:
                    stack.enter_context(killed_at(self.path, step.kill_at))
                self._seed(step, self.path, result)
        except Killed:
            result.directory = self._read_directory()
            return result, True
        return result, False

    def _seed(self, step: Step, path: Path, result: Result) -> None:
        client = Client(
            *(self.servers[step.api], step.token, step.stop_at, step.churn),
            rng=random.Random(self.rng.random()),
        )
        sources = [self._source(name, step.api) for name in step.names]
        store = Store(path)
        try:
            store.choose([ListProgress(s.identity, s.name, s.title, step.total) for s in sources])
            for source in sources:
                arguments = (self._clock, lambda users: None, lambda text: None)
                if source.url:
                    client.log = []
                    try:
                        crawl(
                            *(source, store, step.total, client, *arguments),
                            refresh=step.refresh,
                        )
                    finally:
                        if client.log:
                            result.logs[source.name] = client.log
                else:
                    copy(source, store, step.total, *arguments)
                result.finished.add(source.name)
            result.directory = list(store.profiles())
        finally:
            store.close()

    def _source(self, name: str, api: int) -> Source:
        if name not in FILES:
            return parse_source(name, APIS[api])
        rows = self._files[name]
        return Source(
            *(name, "GitHub users", f"file:/{name}"),
            records=lambda: ((f"line {n}", row) for n, row in enumerate(rows, 2)),
        )

    def _clock(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def _read_directory(self) -> list[Profile]:
        store = Store(self.path)
        directory = list(store.profiles())
        store.close()
        return directory

    def _select(self, statement: str) -> list[tuple]:
        if not self.path.exists():
            return []
        sql = sqlite3.connect(self.path)
        try:
            has_tables = sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'lists'").fetchone()
            return sql.execute(statement).fetchall() if has_tables else []
        finally:
            sql.close()

    def _rows(self) -> dict[str, dict[int, tuple]]:
        """Return position, run, values, last_seen and gone_at of each user, by list and id."""
        rows: dict[str, dict[int, tuple]] = {}
        for identity, user, position, run, *values, seen, gone in self._select(
            "SELECT identity, id, list_users.position, list_users.run, username, type, avatar_url,"
            " html_url, last_seen, gone_at FROM list_users JOIN lists USING (list)"
        ):
            rows.setdefault(identity, {})[user] = (position, run, tuple(values), seen, gone)
        return rows

    def _check_view(self, directory: list[Profile]) -> None:
        """Check that the directory is what its rules say, without SQL."""
        rows, best = self._rows(), {}
        for identity, rank, total, cursor in self._select(
            "SELECT identity, rank, total, cursor FROM lists WHERE rank IS NOT NULL"
        ):
            present = in_order(rows.get(identity, {}))
            top = [rows[identity][user][:2] for user in present]
            newest = [place for place in top if place[1] == top[0][1]]
            assert len(set(newest)) == len(newest), f"two users have one position in {identity}"
            for user in present[:total]:
                row = rows[identity][user]
                key = (cursor is not None, row[3], -rank)
                if user not in best or key > best[user][0]:
                    best[user] = (key, row[2])
        expected = [(user, *values) for user, (_, values) in sorted(best.items())]
        assert [tuple(profile) for profile in directory] == expected, "the view"

    def _check_list(self, step, name, log, before, result, is_moving) -> None:
        identity = self._source(name, step.api).identity
        now, earlier = self._rows().get(identity, {}), before.get(identity, {})
        is_finished = name in result.finished
        # The transaction of the last reply may not have been committed.
        stored = log if is_finished or not step.kill_at else log[:-1]
        sent = dict(user for reply in stored for user in reply.users)
        last = dict(log[-1].users)
        for user, values in sent.items():
            assert user in now, f"{name}: {user} is not stored"
            assert now[user][2] in (values, last.get(user)), f"{name}: {user} has other values"
        assert earlier.keys() <= now.keys(), f"{name}: a row is gone"
        is_moving = is_moving or any(reply.members[name] != log[0].members[name] for reply in log)
        for user, row in now.items():
            if row[4] is not None and user in earlier and earlier[user][4] is None:
                is_away = any(user not in reply.members[name] for reply in log)
                may_move = is_moving and name != "users" and step.refresh
                assert is_away or may_move, f"{name}: {user} is lost"
        if step.refresh and not is_moving and name == "users" and sent:
            covered = {user for user in now if min(sent) <= user <= max(sent)}
            ghosts = {user for user in covered if now[user][4] is None} - log[-1].members[name]
            assert not ghosts, f"{name}: {ghosts} are listed"
        order = self.servers[step.api].order(name)
        if step.refresh and not is_moving and is_finished and first_of(log) == order[0]:
            present = in_order(now)
            assert present[: step.total] == order[: step.total], f"{name}: the first users"
            if step.total > len(order):
                assert set(present) == set(order), f"{name}: all users"

    def _learn(self, step: Step, result: Result, is_moving: bool) -> None:
        """Note which lists the store has to know as they are now."""
        server = self.servers[step.api]
        for name, log in result.logs.items():
            key, order = (step.api, name), server.order(name)
            # A refresh by id that continues an interrupted one was not of one moment.
            is_whole = name in result.finished and not is_moving
            is_whole = is_whole and not (step.refresh and first_of(log) != order[0])
            is_new = key not in self._touched
            version, _, was_clean = self._known.get(key, (0, 0, False))
            if is_whole and step.refresh:
                is_clean = step.total > len(order) or (was_clean and version == server.version)
                self._known[key] = (server.version, step.total, is_clean)
            elif is_whole and is_new:
                self._known[key] = (server.version, step.total, True)
            elif is_new and not is_moving:  # begun, and interrupted
                self._known[key] = (server.version, 0, True)
            self._touched.add(key)

    def _is_known(self, step: Step, name: str) -> bool:
        version, total, is_clean = self._known.get((step.api, name), (0, 0, False))
        is_current = version == self.servers[step.api].version
        return name in FILES or (is_current and (is_clean or step.total <= total))

    def _compare(self, step: Step, number: int, directory: list[Profile]) -> None:
        """Compare *directory* with that of a fresh store."""
        fresh = Result([])
        plain = Step(step.api, step.names, step.total, False, step.token, None, None, 0)
        self._seed(plain, self.folder / f"fresh{number}.db", fresh)
        self.counts.update(comparisons=1)
        different = set(directory) ^ set(fresh.directory)
        assert directory == fresh.directory, f"not as in a fresh store: {sorted(different)[:4]}"


def in_order(rows: dict[int, tuple]) -> list[int]:
    """Return the users that a list has, in its order."""
    present = {user: row for user, row in rows.items() if row[4] is None}
    return sorted(present, key=lambda user: (-present[user][1], present[user][0], user))


def first_of(log: list[Sent]) -> int | None:
    """Return the first user of the first reply, None if it has none."""
    return log[0].users[0][0] if log[0].users else None


def run_sequence(seed: int) -> Counter[str]:
    """Run the sequence of *seed*. AssertionError says what went wrong."""
    modules = ("github.api", "seed.paging", "seed.crawl", "seed.sources")
    with ExitStack() as stack:
        for module in modules:
            stack.enter_context(mock.patch(f"generator.{module}.MAX_PER_PAGE", PAGE))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        return Sequence(seed, Path(folder)).run()


def main() -> None:
    """Run many sequences, and print what they did."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    counts: Counter[str] = Counter()
    for seed in range(first, first + count):
        counts.update(sequences=1)
        try:
            counts.update(run_sequence(seed))
        except AssertionError as exc:
            counts.update(differences=1)
            print(f"{seed}: {exc}")
    counts["differences"] += 0
    print(", ".join(f"{number:,} {name}" for name, number in counts.items()))


if __name__ == "__main__":
    main()

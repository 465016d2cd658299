"""From the store's users to the directory: one read-only file, the same bytes from the same users.

Everything that a request would otherwise count is counted here.
"""

import os
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from function.contract import (
    APPLICATION_ID,
    SCHEMA,
    SCHEMA_VERSION,
    About,
    Profile,
    fold,
    implied_urls,
)
from function.index import ANCHORS_PER_ROW, type_groups
from generator.bake.index import IndexTokens, ListStatistics, frequent_terms, least_frequent
from generator.errors import BuildError

BATCH = 1000  # rows

T = TypeVar("T")
# Given what is done, gives for a while a function to be told for how many users it is.
Progress = Callable[[str], AbstractContextManager[Callable[[int], None]]]


def silent(what: str) -> AbstractContextManager[Callable[[int], None]]:
    """Tell nobody."""
    return nullcontext(lambda done: None)


def bake(
    profiles: Iterable[Profile],
    about: About,
    path: Path,
    progress: Progress = silent,
) -> int:
    """Write *profiles* and *about* to a directory at *path*, and return how many there are.

    The file is written beside *path* and moved there when it is whole, so that a reader of the
    old one, or a build that is interrupted, never meets half of it.

    Raises:
        BuildError: there are no profiles, or one has an id below 0 or above 2**63 - 1, or the file
            cannot be written, or it is another's.
    """
    draft = path.with_name(f"{path.name}.part")
    _refuse_others(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with closing(sqlite3.connect(draft, isolation_level=None)) as sql:
            count = _fill(sql, profiles, about, progress)
        if not count:
            raise BuildError("there are no users to list; seed some first")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, sqlite3.Error) as exc:
        raise BuildError(f"cannot write the directory {path}: {exc}") from exc
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return count


def _refuse_others(path: Path) -> None:
    """Raise if something lies at *path* that is not a directory: it would be lost."""
    try:
        with path.open("rb") as file:
            header = file.read(72)
    except OSError:
        return
    # https://sqlite.org/fileformat2.html#application_id
    if header and header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise BuildError(f"{path} is not a directory, and was left alone; --output names another")


def _fill(
    sql: sqlite3.Connection, profiles: Iterable[Profile], about: About, progress: Progress
) -> int:
    # The draft is thrown away if anything fails: no journal, no waiting for the disk meanwhile.
    sql.execute("PRAGMA journal_mode = OFF")
    sql.execute("PRAGMA synchronous = OFF")
    sql.execute("PRAGMA cache_size = -65536")
    sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    sql.executescript(SCHEMA)
    sql.execute("BEGIN")
    with progress("Baking") as advance:
        types = _users(sql, profiles, advance)
    count = sum(types.values())
    if count:
        _index(sql, types, about, progress)
    sql.execute("COMMIT")
    sql.execute(f"PRAGMA page_size = {page_size(count)}")
    sql.execute("VACUUM")
    return count


def _users(
    sql: sqlite3.Connection, profiles: Iterable[Profile], advance: Callable[[int], None]
) -> Counter[str]:
    """Store *profiles*, and return how many there are of each type, in the order of codes."""
    types: Counter[str] = Counter()
    codes: dict[str, int] = {}
    for batch in _batches(profiles):
        own, rows = [], []
        for profile in batch:
            if not 0 <= profile.id < 1 << 63:
                raise BuildError(f"the id of {profile.username} is out of range: {profile.id}")
            identity, username, name, *addresses = profile
            code = codes.setdefault(name, len(codes))
            types[name] += 1
            # SQLite's || ends a text at NUL.
            implied_ = tuple(addresses) == implied_urls(identity, username) and "\0" not in username
            rows.append((identity, 2 * code + (not implied_), username))
            if not implied_:
                own.append((identity, *addresses))
        sql.executemany("INSERT INTO users VALUES (?, ?, ?)", rows)
        sql.executemany("INSERT INTO addresses VALUES (?, ?, ?)", own)
        advance(types.total())
    sql.executemany("INSERT INTO types VALUES (?, ?)", enumerate(codes))
    return types


def _index(sql: sqlite3.Connection, types: Counter[str], about: About, progress: Progress) -> None:
    """Write down all that a request would otherwise count, skip over or look for."""
    names = dict(enumerate(types))
    users = types.total()
    groups = type_groups(names)
    kinds = {
        code: tuple(group for group, codes in groups.items() if code in codes) for code in names
    }
    of_kinds: Counter[int] = Counter()
    for code, count in enumerate(types.values()):
        of_kinds.update(dict.fromkeys(kinds[code], count))
    main = next((code for code in names if of_kinds[code] * 2 > users), None)
    longest = greatest = 0

    def rows(what: str) -> Iterator[tuple[int, int, str]]:
        """Yield every user's id, type and folded username, and tell how far *what* has come."""
        nonlocal longest, greatest
        with progress(what) as advance:
            done = 0
            for batch in _batches(
                sql.execute("SELECT id, type >> 1, username FROM users ORDER BY id")
            ):
                for identity, code, username in batch:
                    longest, greatest = max(longest, len(username)), identity
                    yield identity, code, fold(username)
                done += len(batch)
                advance(done)

    frequent = frequent_terms(
        lambda length: (name for _, _, name in rows(f"Terms {length}")), least_frequent(users)
    )
    lists = ListStatistics(frequent, of_kinds, main)
    for identity, code, name in rows("Listing"):
        lists.add(identity, name, kinds[code])
    words = IndexTokens(lists, len(types))
    id_bytes = 4 if greatest < 1 << 32 else 8
    _write_lists(sql, lists, words, id_bytes)
    sql.execute("INSERT INTO grams (grams, rank) VALUES ('pgsz', 1000)")
    sql.execute("INSERT INTO grams (grams, rank) VALUES ('automerge', 0)")
    sql.execute(f"INSERT INTO grams (grams, rank) VALUES ('hashsize', {32 << 20})")
    sql.executemany(
        "INSERT INTO grams (rowid, gram) VALUES (?, ?)",
        (
            (identity, " ".join(words.of(name, kinds[code])))
            for identity, code, name in rows("Indexing")
        ),
    )
    sql.execute("INSERT INTO grams (grams) VALUES ('optimize')")
    sql.execute("INSERT INTO about VALUES (?, ?, ?, ?, ?)", (*about, longest, id_bytes))


def _write_lists(
    sql: sqlite3.Connection, lists: ListStatistics, words: IndexTokens, id_bytes: int
) -> None:
    keys = sorted((term, kind) for kind, found in lists.of_kind.items() for term in found)
    for number, (term, kind) in enumerate(keys):
        one = lists.of_kind[kind][term]
        sql.execute(
            "INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?)",
            (term, kind, number, one.users, *words.match(term, kind)),
        )
        if len(one.anchors) > 1:
            sql.executemany(
                "INSERT INTO anchors VALUES (?, ?, ?)",
                (
                    (
                        number,
                        start // ANCHORS_PER_ROW,
                        _bytes(one.anchors[start : start + ANCHORS_PER_ROW], id_bytes),
                    )
                    for start in range(0, len(one.anchors), ANCHORS_PER_ROW)
                ),
            )


def page_size(users: int) -> int:
    """Return the size of a page of the file, in bytes.

    The users of a rare term lie far apart. On large pages, a page of the list is on few of them;
    a small file would be padding for the most part. https://sqlite.org/pragma.html#pragma_page_size
    """
    for most, size in ((5_000, 4096), (12_000, 16_384), (30_000, 32_768)):
        if users < most:
            return size
    return 65_536


def _bytes(ids: "array[int]", each: int) -> bytes:
    return b"".join(identity.to_bytes(each, "little") for identity in ids)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch

"""From the store's users to the directory: one read-only file, the same bytes from the same users.

Everything that a request would otherwise count is counted here.
"""

import os
import sqlite3
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from function.contract import (
    ANCHORS_A_ROW,
    APPLICATION_ID,
    EVERY,
    SCHEMA,
    SCHEMA_VERSION,
    About,
    Profile,
    fold,
    group_kinds,
    implied,
    kind_word,
    main_type,
)
from generator.errors import BuildError
from generator.terms import (
    Lists,
    frequent_terms,
    least_frequent,
    match,
    terms_of,
    words_of,
)

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
        BuildError: there are no profiles, or the file cannot be written, or it is another's.
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
            identity, username, name, *addresses = profile
            code = codes.setdefault(name, len(codes))
            types[name] += 1
            # SQLite's || ends a text at NUL.
            implied_ = tuple(addresses) == implied(identity, username) and "\0" not in username
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
    main, of_group = main_type(dict(enumerate(types.values()))), group_kinds(names)
    kinds = {
        code: (EVERY, code, *(kind for codes, kind in of_group.items() if code in codes))
        for code in names
    }
    least, longest = least_frequent(users), 0

    def folded(length: int) -> Iterator[str]:
        nonlocal longest
        with progress(f"Terms {length}") as advance:
            rows = sql.execute("SELECT username FROM users ORDER BY id")
            for number, (username,) in enumerate(rows, 1):
                longest = max(longest, len(username))
                if number % BATCH == 0 or number == users:
                    advance(number)
                yield fold(username)

    frequent = frequent_terms(folded, least)
    lists = Lists(frequent, users)
    sql.execute("INSERT INTO grams (grams, rank) VALUES ('pgsz', 1000)")
    sql.execute("INSERT INTO grams (grams, rank) VALUES ('automerge', 0)")
    sql.execute(f"INSERT INTO grams (grams, rank) VALUES ('hashsize', {32 << 20})")
    with progress("Indexing") as advance:
        rows = sql.execute("SELECT id, type >> 1, username FROM users ORDER BY id")
        done = 0
        for batch in _batches(rows):
            postings, of_kinds = [], []
            for identity, code, username in batch:
                name = fold(username)
                rare = [kind for kind in kinds[code] if kind not in (EVERY, main)]
                words = words_of(name, frequent, users)
                postings.append((identity, " ".join([*words, *map(kind_word, rare)])))
                of_kinds += [(kind, identity) for kind in rare]
                for term in ("", *terms_of(name, frequent)):
                    lists.add(term, kinds[code], identity)
            sql.executemany("INSERT INTO grams (rowid, gram) VALUES (?, ?)", postings)
            sql.executemany("INSERT INTO kinds VALUES (?, ?)", of_kinds)
            done += len(batch)
            advance(done)
    sql.execute("INSERT INTO grams (grams) VALUES ('optimize')")
    for number, key in enumerate(sorted(lists.users)):
        term, kind = key
        found_by = match(term, frequent, users) if term and kind == EVERY else None
        sql.execute(
            "INSERT INTO lists VALUES (?, ?, ?, ?, ?)",
            (term, kind, number, lists.users[key], found_by),
        )
        ids = lists.anchors[key]
        if len(ids) > 1:
            sql.executemany(
                "INSERT INTO anchors VALUES (?, ?, ?)",
                (
                    (number, start // ANCHORS_A_ROW, _bytes(ids[start : start + ANCHORS_A_ROW]))
                    for start in range(0, len(ids), ANCHORS_A_ROW)
                ),
            )
    sql.execute("INSERT INTO about VALUES (?, ?, ?, ?)", (*about, longest))


def page_size(users: int) -> int:
    """Return the size of a page of the file, in bytes.

    The users of a rare term lie far apart. On large pages, a page of the list is on few of them;
    a small file would be padding for the most part. https://sqlite.org/pragma.html#pragma_page_size
    """
    if users < 5_000:
        return 4096
    return 16_384 if users < 50_000 else 65_536


def _bytes(ids: "array[int]") -> bytes:
    if sys.byteorder == "big":
        ids = array("q", ids)
        ids.byteswap()
    return ids.tobytes()


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch

"""The index's tables: `lists`, `anchors` and `grams`, written from the table `users`."""

import sqlite3
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

from function.contract import fold
from function.index import ANCHORS_PER_ROW, type_groups
from generator.bake.index import (
    IndexTokens,
    ListStatistics,
    PostingList,
    frequency_threshold,
    frequent_terms,
)
from generator.bake.progress import Progress, in_batches


class IndexWriter:
    """Writes the index in passes over all users, who are never in memory together.

    Args:
        sql: the directory, with its users and types.
        type_sizes: the number of users of each type, in the order of type codes.
        id_bytes: the bytes of an anchor, 4 or 8.
        progress: shows how many users a pass has read.
    """

    def __init__(
        self,
        sql: sqlite3.Connection,
        type_sizes: Mapping[str, int],
        id_bytes: int,
        progress: Progress,
    ) -> None:
        self._sql, self._id_bytes, self._progress = sql, id_bytes, progress
        self._type_sizes = list(type_sizes.values())
        groups = type_groups(dict(enumerate(type_sizes)))
        # The type groups that a user of each type belongs to.
        self._groups = [
            [group for group, codes in groups.items() if code in codes]
            for code in range(len(type_sizes))
        ]

    def write(self) -> None:
        """Write the index. This reads all users once for each term length, and twice more."""
        users = sum(self._type_sizes)
        frequent = frequent_terms(self._read_names, frequency_threshold(users))
        statistics = self._collect_statistics(frequent)
        tokens = IndexTokens(statistics, len(self._type_sizes))
        self._write_lists(statistics, tokens)
        self._write_grams(tokens)

    def _read_users(self, stage: str) -> Iterator[tuple[int, int, str]]:
        """Yield the id, the type code and the folded username of all users, in the order of ids."""
        rows = self._sql.execute("SELECT id, type >> 1, username FROM users ORDER BY id")
        for batch in in_batches(rows, stage, self._progress):
            for identity, code, username in batch:
                yield identity, code, fold(username)

    def _read_names(self, term_length: int) -> Iterator[str]:
        return (name for _, _, name in self._read_users(f"Counting terms of {term_length}"))

    def _collect_statistics(self, frequent: Mapping[str, int]) -> ListStatistics:
        group_sizes: Counter[int] = Counter()
        for size, groups in zip(self._type_sizes, self._groups, strict=True):
            group_sizes.update(dict.fromkeys(groups, size))
        users = sum(self._type_sizes)
        main_types = (code for code, size in enumerate(self._type_sizes) if size * 2 > users)
        statistics = ListStatistics(frequent, group_sizes, next(main_types, None))
        for identity, code, name in self._read_users("Counting lists"):
            statistics.add(identity, name, self._groups[code])
        return statistics

    def _write_lists(self, statistics: ListStatistics, tokens: IndexTokens) -> None:
        """Write the tables `lists` and `anchors`. Lists are numbered by term, then type group."""
        keys = sorted((term, group) for group, lists in statistics.lists.items() for term in lists)
        for number, (term, group) in enumerate(keys):
            postings = statistics.lists[group][term]
            self._sql.execute(
                "INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(term, group, number, postings.users),
                    *(*tokens.query(term, group), postings.exact_id),
                ),
            )
            self._write_anchors(number, postings)

    def _write_anchors(self, number: int, postings: PostingList) -> None:
        if len(postings.anchors) == 1:  # the start of the list
            return
        for row, start in enumerate(range(0, len(postings.anchors), ANCHORS_PER_ROW)):
            ids = postings.anchors[start : start + ANCHORS_PER_ROW]
            packed = struct.pack(f"<{len(ids)}{'I' if self._id_bytes == 4 else 'Q'}", *ids)
            self._sql.execute("INSERT INTO anchors VALUES (?, ?, ?)", (number, row, packed))

    def _write_grams(self, tokens: IndexTokens) -> None:
        """Write the full-text table `grams`, as one segment of large pages.

        https://sqlite.org/fts5.html#special_insert_commands
        """
        configure = partial(self._sql.execute, "INSERT INTO grams (grams, rank) VALUES (?, ?)")
        configure(("pgsz", 1000))
        configure(("automerge", 0))
        configure(("hashsize", 32 << 20))
        self._sql.executemany(
            "INSERT INTO grams (rowid, gram) VALUES (?, ?)",
            (
                (identity, " ".join(tokens.of_user(name, self._groups[code])))
                for identity, code, name in self._read_users("Indexing")
            ),
        )
        self._sql.execute("INSERT INTO grams (grams) VALUES ('optimize')")

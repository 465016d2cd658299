"""The index's tables: `lists`, `anchors` and `grams`, written from the table `users`."""

import sqlite3
import struct
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from function.contract import fold
from function.index import ANCHORS_PER_ROW, type_groups
from generator.bake.index import IndexTokens, ListKey, ListMaker, PostingList
from generator.bake.progress import Progress, in_batches
from generator.bake.terms import Usernames, frequency_threshold
from generator.jobs import map_in_processes


class IndexWriter:
    """Writes the index of the users in the directory.

    Args:
        sql: the directory, with its users and types.
        types: the types, in the order of their codes.
        id_bytes: the bytes of an anchor, 4 or 8.
        jobs: the number of processes that search for terms.
        progress: shows how many users a stage has processed.
    """

    def __init__(
        self,
        sql: sqlite3.Connection,
        types: Sequence[str],
        id_bytes: int,
        jobs: int,
        progress: Progress,
    ) -> None:
        self._sql, self._id_bytes = sql, id_bytes
        self._jobs, self._progress = jobs, progress
        self._type_codes = type_groups(dict(enumerate(types)))
        # The type groups that a user of each type belongs to.
        self._groups = [
            [group for group, codes in self._type_codes.items() if code in codes]
            for code in range(len(types))
        ]

    def write(self) -> None:
        """Write the tables of the index."""
        lists, main_type = self._make_lists()
        tokens = IndexTokens(lists, main_type, len(self._groups))
        self._write_lists(lists, tokens)
        self._write_grams(tokens)

    def _read_users(self, stage: str) -> Iterator[tuple[int, int, str]]:
        """Yield the id, the type code and the folded username of all users, in the order of ids."""
        rows = self._sql.execute("SELECT id, type >> 1, username FROM users ORDER BY id")
        for batch in in_batches(rows, stage, self._progress):
            for identity, code, username in batch:
                yield identity, code, fold(username)

    def _make_lists(self) -> tuple[dict[ListKey, PostingList], int | None]:
        """Return all posting lists, and the main type."""
        ids, codes = array("q"), array("I")

        def read_names() -> Iterator[str]:
            for identity, code, name in self._read_users("Reading names"):
                ids.append(identity)
                codes.append(code)
                yield name

        usernames = Usernames(read_names())
        maker = ListMaker(ids, codes, self._type_codes)
        lists = maker.all_users()
        characters = usernames.characters()
        threshold = frequency_threshold(len(ids))

        def make_lists(character: str) -> dict[ListKey, PostingList]:
            lists: dict[ListKey, PostingList] = {}
            for term in usernames.frequent_terms(character, characters[character], threshold):
                lists |= maker.lists(term)
            return lists

        counts = {character: len(places.users) for character, places in characters.items()}
        # The commonest characters come first, so that no long task is the last.
        tasks = [each for each, count in Counter(counts).most_common() if count >= threshold]
        with self._progress("Counting terms") as advance:
            results = map_in_processes(self._jobs, tasks, make_lists)
            for finished, lists_of_task in enumerate(results, 1):
                lists |= lists_of_task
                advance(len(ids) * finished // len(tasks))
        return lists, maker.main_type

    def _write_lists(self, lists: Mapping[ListKey, PostingList], tokens: IndexTokens) -> None:
        """Write the tables `lists` and `anchors`. Lists are numbered by term, then type group."""
        for number, (term, group) in enumerate(sorted(lists)):
            postings = lists[term, group]
            query, is_precise = tokens.query(term, group)
            self._sql.execute(
                "INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?, ?)",
                (term, group, number, postings.users, query, is_precise, postings.exact_id),
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
        of_groups = [tokens.of_groups(groups) for groups in self._groups]
        self._sql.executemany(
            "INSERT INTO grams (rowid, gram) VALUES (?, ?)",
            (
                (identity, " ".join([*tokens.of_name(name), *of_groups[code]]))
                for identity, code, name in self._read_users("Indexing")
            ),
        )
        self._sql.execute("INSERT INTO grams (grams) VALUES ('optimize')")

"""Files with all users, for visitors to download: CSV, NDJSON and SQLite."""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from function.contract import Profile
from function.database import Directory
from generator.reading import read_profiles
from generator.site import new_draft

CSV_KEY = "data/profiles.csv"
NDJSON_KEY = "data/profiles.ndjson"
SQLITE_KEY = "data/profiles.db"
# The files by their names on pages.
KEYS = {"CSV": CSV_KEY, "NDJSON": NDJSON_KEY, "SQLite": SQLITE_KEY}


def write_downloads(directory: Directory, folder: Path, take: Callable[[str, Path], None]) -> None:
    """Write each of `KEYS` to a draft below *folder*, and call *take* with its key and the draft.

    CSV (RFC 4180) has a header. NDJSON has an object a line, with the members that the API has.
    SQLite has the table `profiles`. All are in UTF-8 and ordered by id.
    """
    (folder / "data").mkdir(exist_ok=True)
    makers = {CSV_KEY: _csv, NDJSON_KEY: _ndjson, SQLITE_KEY: _sqlite}
    for key, make in makers.items():
        draft = new_draft(folder / key)
        make(directory, draft)
        take(key, draft)


def _csv(directory: Directory, path: Path) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(Profile._fields)
        out.writerows(read_profiles(directory, "id"))


def _ndjson(directory: Directory, path: Path) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.writelines(_lines(directory))


def _lines(directory: Directory) -> Iterator[str]:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for profile in read_profiles(directory, "id"):
        yield encode(profile._asdict()) + "\n"


def _sqlite(directory: Directory, path: Path) -> None:
    # Not the directory itself: tools that show or dump all tables fail on its search index.
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        # The draft is of no use if anything fails: no journal, and no waiting for the disk.
        sql.execute("PRAGMA journal_mode = OFF")
        sql.execute("PRAGMA synchronous = OFF")
        sql.execute(
            "CREATE TABLE profiles (id INTEGER PRIMARY KEY, username TEXT NOT NULL,"
            " type TEXT NOT NULL, avatar_url TEXT NOT NULL, html_url TEXT NOT NULL)"
        )
        sql.execute("BEGIN")
        profiles = read_profiles(directory, "id")
        sql.executemany("INSERT INTO profiles VALUES (?, ?, ?, ?, ?)", profiles)
        sql.execute("COMMIT")

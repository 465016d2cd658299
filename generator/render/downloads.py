"""Files with all users, for visitors to download: CSV, NDJSON, and the directory itself."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from function.contract import Profile
from function.database import Directory
from generator.reading import read_profiles
from generator.site import new_draft

CSV_KEY = "data/profiles.csv"
NDJSON_KEY = "data/profiles.ndjson"
DATABASE_KEY = "data/directory.db"
# The files by their names on pages.
KEYS = {"CSV": CSV_KEY, "NDJSON": NDJSON_KEY, "SQLite": DATABASE_KEY}


def write_downloads(directory: Directory, folder: Path, take: Callable[[str, Path], None]) -> None:
    """Write each of `KEYS` to a draft below *folder*, and call *take* with its key and the draft.

    CSV (RFC 4180) has a header. NDJSON has an object a line, with the members that the API has.
    Both are in UTF-8 and ordered by id.
    """
    (folder / "data").mkdir(exist_ok=True)
    makers = {CSV_KEY: _csv, NDJSON_KEY: _ndjson, DATABASE_KEY: _copy}
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


def _copy(directory: Directory, path: Path) -> None:
    # Not a hard link: a change to the published file must not change the function's database.
    shutil.copyfile(directory.path, path)

import hashlib
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from function.contract import APPLICATION_ID, SCHEMA_VERSION
from generator.bake.directory import bake
from generator.errors import BuildError
from tests.factories import ABOUT, ODD, make_directory, make_profile


def test_the_same_users_give_the_same_bytes(tmp_path):
    for name in ("one.db", "two.db"):
        bake(iter(ODD), ABOUT, tmp_path / name)
    assert (tmp_path / "one.db").read_bytes() == (tmp_path / "two.db").read_bytes()


def test_the_file_is_stamped_and_opens_on_a_read_only_disk(tmp_path):
    bake(ODD, ABOUT, tmp_path / "directory.db")
    sql = sqlite3.connect(tmp_path / "directory.db")
    pragmas = [
        sql.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "journal_mode", "integrity_check")
    ]
    sql.close()
    assert pragmas == [APPLICATION_ID, SCHEMA_VERSION, "delete", "ok"]
    assert [path.name for path in tmp_path.iterdir()] == ["directory.db"]


def test_totals_are_counted_once_and_for_all(tmp_path):
    directory = make_directory(tmp_path)
    assert sum(directory.types.values()) == len(ODD)
    assert directory.types["Organization"] == 2
    directory.close()


def test_no_users_make_no_directory_and_leave_the_old_one(tmp_path):
    path = tmp_path / "directory.db"
    bake(ODD, ABOUT, path)
    before = path.read_bytes()
    with pytest.raises(BuildError, match="no users to list"):
        bake([], ABOUT, path)
    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["directory.db"]


def test_an_interrupted_bake_leaves_the_old_one_and_the_next_succeeds(tmp_path):
    def interrupted():
        yield make_profile(1)
        raise KeyboardInterrupt

    path = tmp_path / "directory.db"
    bake(ODD, ABOUT, path)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        bake(interrupted(), ABOUT, path)
    assert path.read_bytes() == before
    assert bake(ODD, ABOUT, path) == len(ODD)
    assert path.read_bytes() == before


@pytest.mark.parametrize("identity", [-1, 2**63])
def test_an_id_that_no_account_has_is_refused(tmp_path, identity):
    with pytest.raises(BuildError, match=f"the id of x is out of range: {identity}"):
        bake([make_profile(identity, "x")], ABOUT, tmp_path / "directory.db")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match=r"cannot write the directory .*/file/directory\.db"):
        bake(ODD, ABOUT, tmp_path / "file" / "directory.db")


@pytest.mark.parametrize("content", [b"a thesis", b"SQLite format 3\0" + b"\0" * 84])
def test_what_is_not_a_directory_is_not_overwritten(tmp_path, content):
    path = tmp_path / "precious"
    path.write_bytes(content)
    with pytest.raises(BuildError, match="is not a directory, and was left alone"):
        bake(ODD, ABOUT, path)
    assert path.read_bytes() == content


def test_progress_is_told_in_users(tmp_path):
    told = []

    @contextmanager
    def progress(what):
        yield lambda done: told.append((what, done))

    bake(map(make_profile, range(2500)), ABOUT, tmp_path / "d.db", progress)
    assert [done for what, done in told if what == "Baking"] == [1000, 2000, 2500]
    assert [done for what, done in told if what == "Indexing"] == [1000, 2000, 2500]
    assert [done for what, done in told if what == "Terms 1"] == [1000, 2000, 2500]


@pytest.mark.parametrize("users", [150, 3000])
def test_the_same_users_are_the_same_bytes_in_another_process(tmp_path, users):
    """Sets come in another order in every process: none may decide what is written."""
    program = (
        "import sys; from pathlib import Path; from generator.bake import bake;"
        "from tests.factories import ABOUT; from bench.users import users;"
        f"bake(users({users}), ABOUT, Path(sys.argv[1]))"
    )
    digests = set()
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.db"
        subprocess.run(
            [sys.executable, "-c", program, path],
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1

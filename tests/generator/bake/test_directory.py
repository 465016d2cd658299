import errno
import os
import sqlite3
import subprocess
import sys
from collections import defaultdict
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bench.users import users
from function.contract import APPLICATION_ID, SCHEMA_VERSION
from generator.bake import bake
from generator.errors import BuildError
from tests.factories import ABOUT, ODD, make_directory, make_profile

ROOT = Path(__file__).parents[3]
# Bakes ODD in another process, which waits for a line after the first user.
SLOW_BAKE = """
import sys
from pathlib import Path
from generator.bake import bake
from tests.factories import ABOUT, ODD

def profiles():
    yield ODD[0]
    print("baking", flush=True)
    sys.stdin.readline()
    yield from ODD[1:]

bake(profiles(), ABOUT, Path(sys.argv[1]))
"""


@contextmanager
def slow_bake(path):
    """Give a process that has begun to bake ODD to *path*, and ends when it reads a line."""
    command = [sys.executable, "-c", SLOW_BAKE, path]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout.readline() == "baking\n"
        try:
            yield process
        finally:
            process.kill()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_same_users_give_same_bytes(tmp_path):
    for name in ("first.db", "second.db"):
        bake(iter(ODD), ABOUT, tmp_path / name)
    assert (tmp_path / "first.db").read_bytes() == (tmp_path / "second.db").read_bytes()


def test_same_users_give_same_bytes_in_another_process(tmp_path):
    """The order of a set's elements differs between processes."""
    program = (
        "import sys; from pathlib import Path; from generator.bake import bake;"
        "from tests.factories import ABOUT; from bench.users import users;"
        "[bake(users(count), ABOUT, Path(sys.argv[1], str(count))) for count in (150, 3000)]"
    )
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        subprocess.run(
            [sys.executable, "-c", program, tmp_path / seed],
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        )
    for count in ("150", "3000"):
        assert (tmp_path / "1" / count).read_bytes() == (tmp_path / "2" / count).read_bytes()


def test_one_process_and_two_give_the_same_bytes(tmp_path):
    for jobs in (1, 2):
        bake(users(3000), ABOUT, tmp_path / str(jobs), jobs=jobs)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_file_is_stamped_and_can_be_opened_on_a_read_only_disk(tmp_path):
    bake(ODD, ABOUT, tmp_path / "directory.db")
    with closing(sqlite3.connect(tmp_path / "directory.db")) as sql:
        pragmas = [
            sql.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "journal_mode", "integrity_check")
        ]
    assert pragmas == [APPLICATION_ID, SCHEMA_VERSION, "delete", "ok"]
    assert names_in(tmp_path) == ["directory.db", "directory.db.lock"]


def test_users_are_counted_by_type(tmp_path):
    with closing(make_directory(tmp_path)) as directory:
        assert sum(directory.types.values()) == len(ODD)
        assert directory.types["Organization"] == 2


def test_no_users_is_an_error_and_leaves_the_old_directory(tmp_path):
    path = tmp_path / "directory.db"
    bake(ODD, ABOUT, path)
    before = path.read_bytes()
    with pytest.raises(BuildError, match="no users to list"):
        bake([], ABOUT, path)
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["directory.db", "directory.db.lock"]


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_draft_that_is_a_link_to_another_file_is_replaced(tmp_path, link):
    (tmp_path / "precious").write_text("precious")
    link(tmp_path / "precious", tmp_path / "directory.db.part")
    make_directory(tmp_path).close()
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "directory.db").is_symlink()


def test_interrupted_bake_leaves_the_old_directory_and_the_next_succeeds(tmp_path):
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


def test_a_directory_that_another_process_bakes_is_left_to_it(tmp_path):
    path = tmp_path / "directory.db"
    with slow_bake(path) as process:
        with pytest.raises(BuildError, match=r"another process is baking .*/directory\.db"):
            bake([make_profile(1)], ABOUT, path)
        process.communicate("go on\n")
        assert process.returncode == 0
    bake(ODD, ABOUT, tmp_path / "same.db")
    assert path.read_bytes() == (tmp_path / "same.db").read_bytes()


def test_after_a_killed_bake_the_next_succeeds_and_leaves_no_draft(tmp_path):
    path = tmp_path / "directory.db"
    bake(ODD, ABOUT, path)
    before = path.read_bytes()
    with slow_bake(path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / "directory.db.part").exists()
        assert path.read_bytes() == before
        bake([make_profile(1)], ABOUT, path)
    assert path.read_bytes() != before
    assert names_in(tmp_path) == ["directory.db", "directory.db.lock"]


@pytest.mark.parametrize("identity", [-1, 2**63])
def test_id_out_of_range_is_an_error(tmp_path, identity):
    with pytest.raises(BuildError, match=f"the id of x is out of range: {identity}"):
        bake([make_profile(identity, "x")], ABOUT, tmp_path / "directory.db")
    assert names_in(tmp_path) == ["directory.db.lock"]


def test_error_names_a_path_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match=r"cannot write the directory .*/file/directory\.db"):
        bake(ODD, ABOUT, tmp_path / "file" / "directory.db")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a thesis", id="text"),
        pytest.param(b"SQLite format 3\0" + b"\0" * 84, id="another SQLite database"),
    ],
)
def test_other_files_are_not_overwritten(tmp_path, content):
    path = tmp_path / "precious"
    path.write_bytes(content)
    with pytest.raises(BuildError, match="is not a directory database, and was not changed"):
        bake(ODD, ABOUT, path)
    assert path.read_bytes() == content


def test_progress_counts_users_in_each_stage(tmp_path):
    reported = defaultdict(list)

    @contextmanager
    def progress(stage):
        yield reported[stage].append

    bake(map(make_profile, range(2500)), ABOUT, tmp_path / "directory.db", progress)
    for stage in ("Baking", "Reading names", "Indexing"):
        assert reported[stage] == [1000, 2000, 2500]


def test_a_missing_permission_names_the_remedy(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)  # root may write every folder
    with pytest.raises(BuildError, match=r"Permission denied.*name another with --database"):
        bake(ODD, ABOUT, tmp_path / "directory.db")

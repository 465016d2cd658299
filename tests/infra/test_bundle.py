import os
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from infra import bundle as module
from infra.bundle import bundle, main, release_of
from infra.errors import BundleError


def install(folder: Path) -> None:
    """Stand in for pip: one package, with what no request needs."""
    for name in ("one/__init__.py", "one/tests/test_one.py", "one-1.dist-info/LICENSE", "bin/one"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o600)


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def no_lambda_python(monkeypatch, tmp_path):
    """A machine without the Python that Lambda runs, so that nothing is compiled."""
    monkeypatch.setattr(module, "_HERE", "2.7")
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_lambda_python")
def test_it_holds_the_function_its_packages_and_the_database(directory, tmp_path):
    said = bundle(tmp_path / "bundle", directory.path, install)
    found = files(tmp_path / "bundle")
    function = {p.name for p in (module.ROOT / "function").glob("*.py")}
    name = f"directory-{directory.release}.db"
    assert found == {f"function/{one}" for one in function} | {
        *("one/__init__.py", "one-1.dist-info/LICENSE", name),
    }
    assert (tmp_path / "bundle" / name).read_bytes() == directory.path.read_bytes()
    assert re.search(r"\(code 0\.\d MB, database 0\.\d MB\); 2\d\d\.\d MB of 250\.0 MB left", said)
    assert name in said


def test_a_second_bundle_takes_the_place_of_the_first(directory, tmp_path):
    for _ in range(2):
        bundle(tmp_path, directory.path, install)
        (tmp_path / "directory-of-yesterday.db").touch()
    bundle(tmp_path, directory.path, install)
    assert len(list(tmp_path.glob("*.db"))) == 1


def test_one_that_failed_is_no_hindrance(directory, tmp_path):
    def fail(folder: Path) -> None:
        raise BundleError("no network")

    with pytest.raises(BundleError, match="no network"):
        bundle(tmp_path, directory.path, fail)
    bundle(tmp_path, directory.path, install)


def test_everyone_may_read_it_whatever_the_umask(directory, tmp_path):
    before = os.umask(0o077)
    try:
        bundle(tmp_path / "bundle", directory.path, install)
    finally:
        os.umask(before)
    for path in (tmp_path / "bundle").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_code_is_compiled_where_lambdas_python_is(directory, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_HERE", module.PYTHON)
    assert "; compiled" in bundle(tmp_path, directory.path, install)
    (compiled,) = (tmp_path / "function/__pycache__").glob("handler.*.pyc")
    content = compiled.read_bytes()
    # https://peps.python.org/pep-0552/: by hash, and not to be checked.
    assert content[4:8] == (0b01).to_bytes(4, "little")
    assert b"/var/task/function/handler.py" in content
    assert str(tmp_path).encode() not in content


@pytest.mark.usefixtures("no_lambda_python")
def test_it_says_where_lambdas_python_is_not(directory, tmp_path):
    said = bundle(tmp_path / "bundle", directory.path, install)
    assert "not compiled, as there is no python3.14 here" in said
    assert not list((tmp_path / "bundle").rglob("*.pyc"))


@pytest.mark.usefixtures("no_lambda_python")
def test_a_shim_without_its_python_is_none(directory, tmp_path):
    shim = tmp_path / "python3.14"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert "not compiled" in bundle(tmp_path / "bundle", directory.path, install)


def test_what_does_not_fit_is_refused(directory, tmp_path):
    size = directory.path.stat().st_size
    with pytest.raises(BundleError, match=r"would be .* MB unpacked, .* list fewer users"):
        bundle(tmp_path / "bundle", directory.path, install, most=size)
    with pytest.raises(BundleError, match="list fewer users"):  # and before it is copied
        bundle(tmp_path / "none", directory.path, install, most=size - 1)
    assert not (tmp_path / "none").exists()


def test_a_folder_with_something_else_in_it_stays(directory, tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(BundleError, match="something else"):
        bundle(tmp_path, directory.path, install)
    assert files(tmp_path) >= {"letter.txt"}


def test_a_database_in_wal_mode_is_refused(directory, tmp_path):
    copy = tmp_path / "copy.db"
    copy.write_bytes(directory.path.read_bytes())
    sql = sqlite3.connect(copy)
    sql.execute("PRAGMA journal_mode = wal")
    sql.close()
    with pytest.raises(BundleError, match="WAL"):
        release_of(copy)


def test_an_earlier_bundle_stays_where_there_is_no_database(directory, tmp_path, capsys):
    bundle(tmp_path / "bundle", directory.path, install)
    assert main([str(tmp_path / "bundle"), "--database", str(tmp_path / "none.db")]) == 1
    assert "cannot read the directory" in capsys.readouterr().err
    assert files(tmp_path / "bundle")


def test_an_ordinary_database_is_refused(tmp_path):
    sql = sqlite3.connect(tmp_path / "other.db")
    sql.execute("CREATE TABLE users (id)")
    sql.close()
    with pytest.raises(BundleError, match="stamped"):
        release_of(tmp_path / "other.db")


def test_sam_builds_it_with_make(directory, tmp_path):
    """As sam does: from a copy of function/ elsewhere, by the Makefile's own path.

    A database that is none ends it before anything is installed.
    """
    done = subprocess.run(
        ["make", "--makefile", module.ROOT / "function/Makefile", "build-ProfilesFunction"],
        env={**os.environ, "ARTIFACTS_DIR": str(tmp_path / "out"), "DATABASE": "/none.db"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "Error: cannot read the directory /none.db" in done.stderr

import os
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from infra import bundle as module
from infra.bundle import bundle, checked_release, main
from infra.errors import BundleError


def install(folder: Path) -> None:
    """Install a package as pip does, with tests and a command that no request needs."""
    for name in ("pkg/__init__.py", "pkg/tests/test_pkg.py", "pkg-1.dist-info/LICENSE", "bin/pkg"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o600)


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def no_lambda_python(monkeypatch, tmp_path):
    """A machine without a Python of Lambda's version, so that nothing is compiled."""
    monkeypatch.setattr(module, "_THIS_PYTHON", "2.7")
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_lambda_python")
def test_bundle_has_the_function_its_packages_and_the_database(directory, tmp_path):
    description = bundle(tmp_path / "bundle", directory.path, install)
    function = {p.name for p in (module.ROOT / "function").glob("*.py")}
    name = f"directory-{directory.release}.db"
    assert files(tmp_path / "bundle") == {f"function/{module_name}" for module_name in function} | {
        *("pkg/__init__.py", "pkg-1.dist-info/LICENSE", name),
    }
    assert (tmp_path / "bundle" / name).read_bytes() == directory.path.read_bytes()
    sizes = r"\(code 0\.\d MB, database 0\.\d MB\); 2\d\d\.\d MB of 250\.0 MB left"
    assert re.search(sizes, description)
    assert name in description


def test_second_bundle_replaces_the_first(directory, tmp_path):
    for _ in range(2):
        bundle(tmp_path, directory.path, install)
        (tmp_path / "directory-of-yesterday.db").touch()
    bundle(tmp_path, directory.path, install)
    assert len(list(tmp_path.glob("*.db"))) == 1


def test_bundle_that_failed_is_replaced(directory, tmp_path):
    def fail(folder: Path) -> None:
        raise BundleError("no network")

    with pytest.raises(BundleError, match="no network"):
        bundle(tmp_path, directory.path, fail)
    bundle(tmp_path, directory.path, install)


def test_everyone_can_read_the_bundle_with_any_umask(directory, tmp_path):
    before = os.umask(0o077)
    try:
        bundle(tmp_path / "bundle", directory.path, install)
    finally:
        os.umask(before)
    for path in (tmp_path / "bundle").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_code_is_compiled_by_lambdas_python(directory, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_THIS_PYTHON", module.PYTHON)
    assert "; compiled" in bundle(tmp_path, directory.path, install)
    (compiled,) = (tmp_path / "function/__pycache__").glob("handler.*.pyc")
    content = compiled.read_bytes()
    # A hash that is not to be checked: https://peps.python.org/pep-0552/
    assert content[4:8] == (0b01).to_bytes(4, "little")
    assert b"/var/task/function/handler.py" in content
    assert str(tmp_path).encode() not in content


@pytest.mark.usefixtures("no_lambda_python")
def test_missing_lambda_python_is_reported(directory, tmp_path):
    description = bundle(tmp_path / "bundle", directory.path, install)
    assert "not compiled, as there is no python3.14 here" in description
    assert not list((tmp_path / "bundle").rglob("*.pyc"))


@pytest.mark.usefixtures("no_lambda_python")
def test_shim_without_its_python_does_not_compile(directory, tmp_path):
    shim = tmp_path / "python3.14"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert "not compiled" in bundle(tmp_path / "bundle", directory.path, install)


def test_too_large_bundle_is_refused(directory, tmp_path):
    size = directory.path.stat().st_size
    with pytest.raises(BundleError, match=r"would be .* MB unpacked, .* list fewer users"):
        bundle(tmp_path / "bundle", directory.path, install, max_size=size)
    with pytest.raises(BundleError, match="list fewer users"):  # before anything is copied
        bundle(tmp_path / "none", directory.path, install, max_size=size - 1)
    assert not (tmp_path / "none").exists()


def test_folder_with_other_files_is_refused(directory, tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(BundleError, match="is not empty and is no bundle"):
        bundle(tmp_path, directory.path, install)
    assert files(tmp_path) >= {"letter.txt"}


def test_database_in_wal_mode_is_refused(directory, tmp_path):
    copy = tmp_path / "copy.db"
    copy.write_bytes(directory.path.read_bytes())
    sql = sqlite3.connect(copy)
    sql.execute("PRAGMA journal_mode = wal")
    sql.close()
    with pytest.raises(BundleError, match="WAL"):
        checked_release(copy)


def test_earlier_bundle_stays_if_there_is_no_database(directory, tmp_path, capsys):
    bundle(tmp_path / "bundle", directory.path, install)
    assert main([str(tmp_path / "bundle"), "--database", str(tmp_path / "none.db")]) == 1
    assert "cannot read the database" in capsys.readouterr().err
    assert files(tmp_path / "bundle")


def test_database_that_is_no_directory_is_refused(tmp_path):
    sql = sqlite3.connect(tmp_path / "other.db")
    sql.execute("CREATE TABLE users (id)")
    sql.close()
    with pytest.raises(BundleError, match="another program made it"):
        checked_release(tmp_path / "other.db")


def test_a_folder_that_cannot_be_written_is_one_line(directory, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main([str(tmp_path / "file/bundle"), "--database", str(directory.path)]) == 1
    assert capsys.readouterr().err.startswith("Error: a part of the path is a file, not a folder")


def test_makefile_of_the_function_makes_the_bundle(directory, tmp_path):
    """sam runs it in a copy of function/, and names the Makefile by its path.

    The database is missing, so that the command ends before anything is installed.
    """
    completed = subprocess.run(
        ["make", "--makefile", module.ROOT / "function/Makefile", "build-ProfilesFunction"],
        env={**os.environ, "ARTIFACTS_DIR": str(tmp_path / "out"), "DATABASE": "/none.db"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode
    assert "Error: cannot read the database /none.db" in completed.stderr

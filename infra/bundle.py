"""The bundle for Lambda: the function, its locked packages and the database.

``python -m infra.bundle FOLDER --database build/directory.db`` makes it; `sam build` runs that
(function/Makefile). It needs pip, but no container and no Python of Lambda's version: pip picks the
packages for Lambda's Python, and none has compiled code.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from function.database import Directory
from function.database_file import bundled_name
from function.errors import FunctionError
from generator.errors import is_fixable, reason
from infra.errors import BundleError

ROOT = Path(__file__).parents[1]
# Lambda's runtime: template.yaml has the same.
PYTHON = "3.14"
# Only pure Python, so that one bundle runs on either of Lambda's processors.
PLATFORM = "any"
# In bytes, code and layers together, unpacked.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_SIZE = 250 * 2**20
# The folder of the bundle in Lambda, which tracebacks name.
TASK_ROOT = "/var/task"

_THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_NOT_BUNDLED = shutil.ignore_patterns("__pycache__", "requirements.txt", "Makefile")

Install = Callable[[Path], None]


def bundle(folder: Path, database: Path, install: Install, max_size: int = MAX_SIZE) -> str:
    """Make the bundle, and return its description.

    Args:
        folder: where to make it: a new or empty folder, or an earlier bundle, which is replaced.
        database: a baked directory.
        install: puts the function's packages into a folder.
        max_size: how many bytes the bundle may have.

    Raises:
        BundleError: the file is not a directory database, the bundle is too large, or *folder*
            holds something else.
    """
    checked_release(database)
    _check_size(database.stat().st_size, database.stat().st_size, max_size)
    _empty(folder)
    # First: the function's files mark the folder as a bundle, even if a later step fails.
    shutil.copytree(ROOT / "function", folder / "function", ignore=_NOT_BUNDLED)
    copy = _copy_database(database, folder)
    install(folder)
    _delete_unneeded(folder)
    compiled = _compile(folder)
    _make_readable(folder)
    size, database_size = _size(folder), copy.stat().st_size
    _check_size(size, database_size, max_size)
    return (
        f"Bundle   {_mb(size)} in {folder}"
        f" (code {_mb(size - database_size)}, database {_mb(database_size)});"
        f" {_mb(max_size - size)} of {_mb(max_size)} left\n         {copy.name}; {compiled}"
    )


def install_locked(folder: Path) -> None:
    """Install the packages of function/requirements.txt into *folder*, for Lambda's Python.

    Raises:
        BundleError: pip failed; it has written why.
    """
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"),
        *("--implementation", "cp", "--python-version", PYTHON, "--platform", PLATFORM),
        *("--target", str(folder), "--requirement", str(ROOT / "function/requirements.txt")),
    ]
    if subprocess.run(command, check=False).returncode:  # noqa: S603  (pip, and our own lock file)
        raise BundleError("pip could not install the function's packages: see above")


def checked_release(database: Path) -> str:
    """Return the release of *database*, which is opened as the function opens it.

    Raises:
        BundleError: it is not a directory database, or cannot be read from a read-only disk.
    """
    try:
        directory = Directory(database)
    except FunctionError as exc:
        raise BundleError(f"{exc} (for make and sam, name it with DATABASE=...)") from exc
    directory.close()
    with database.open("rb") as file:
        header = file.read(20)
    # 1 is a rollback journal. 2 is a write-ahead log (WAL), which needs files beside the database,
    # and Lambda's disk is read-only. https://sqlite.org/fileformat2.html#file_format_version_numbers
    if header[18:] != b"\1\1":
        raise BundleError(f"{database} is in WAL mode: bake it anew, or set journal_mode to delete")
    return directory.release


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "function/handler.py").is_file():
            raise BundleError(f"{folder} is not empty and is no bundle: name another, or remove it")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _copy_database(database: Path, folder: Path) -> Path:
    """Copy *database* into *folder*, under the name that the function looks for."""
    copy = folder / "directory.db"
    shutil.copyfile(database, copy)
    # The copy's release, since another bake may have replaced the file in the meantime.
    return copy.rename(folder / bundled_name(checked_release(copy)))


def _delete_unneeded(folder: Path) -> None:
    """Delete the packages' commands, tests and byte code."""
    for path in [*folder.rglob("__pycache__"), *folder.rglob("tests"), folder / "bin"]:
        shutil.rmtree(path, ignore_errors=True)


def _compile(folder: Path) -> str:
    """Compile the code if there is a Python of Lambda's version, and return whether.

    Lambda cannot store byte code, because /var/task is read-only: each cold start would compile the
    code again. The times of files in a zip mean nothing, so Python must not compare them.
    https://peps.python.org/pep-0552/
    """
    python = sys.executable if _THIS_PYTHON == PYTHON else shutil.which(f"python{PYTHON}")
    command = [
        *("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", TASK_ROOT, str(folder)),
    ]
    # pyenv's `python3.14` is on the path even if that Python is not installed, and fails.
    if python and not _run([python, *command]):
        return "compiled"
    return f"not compiled, as there is no python{PYTHON} here: cold starts take longer"


def _run(command: list[str]) -> int:
    return subprocess.run(  # noqa: S603  (a Python, and the arguments above)
        command, check=False, stderr=subprocess.DEVNULL
    ).returncode


def _make_readable(folder: Path) -> None:
    """Make the bundle readable by everyone: Lambda reads it as another user."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _check_size(size: int, database_size: int, max_size: int) -> None:
    if size > max_size:
        raise BundleError(
            f"the bundle would be {_mb(size)} unpacked, {_mb(database_size)} of it the database,"
            f" and Lambda takes {_mb(max_size)}: list fewer users (--total), or deploy the function"
            " as a container image, which may have 10 GB"
        )


def _mb(size: int) -> str:
    """Return *size* in Lambda's MB, each of 1,048,576 bytes."""
    return f"{size / 2**20:.1f} MB"


def main(arguments: Iterable[str] | None = None) -> int:
    """Make the bundle, and return the exit status: 0 for success, 1 for an error."""
    parser = argparse.ArgumentParser(prog="python -m infra.bundle", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", type=Path, default=Path("build/directory.db"))
    options = parser.parse_args(None if arguments is None else list(arguments))
    try:
        print(bundle(options.folder, options.database, install_locked))
    except (BundleError, OSError) as exc:
        if isinstance(exc, OSError) and not is_fixable(exc):  # a bug
            raise
        print(f"Error: {reason(exc)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

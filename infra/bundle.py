"""The bundle that Lambda gets: the function, its locked packages, and the database.

``python -m infra.bundle FOLDER --database build/directory.db``, which is what `sam build` runs
(function/Makefile). Needs pip, and neither a container nor Lambda's Python: the packages are picked
for Lambda's Python, and none has compiled code.
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
from infra.errors import BundleError

ROOT = Path(__file__).parents[1]
# Lambda's runtime: template.yaml has the same.
PYTHON = "3.14"
# Pure Python alone, so that one bundle runs on either of Lambda's processors.
PLATFORM = "any"
# Of code and layers, unpacked, in bytes.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST = 250 * 2**20
# Where Lambda puts the bundle: what tracebacks name.
TASK_ROOT = "/var/task"

_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

Install = Callable[[Path], None]


def bundle(folder: Path, database: Path, install: Install, most: int = MOST) -> str:
    """Make *folder* the bundle with *database*, and return what there is to say of it.

    Args:
        folder: new, empty, or an earlier bundle.
        database: a baked directory.
        install: puts the packages into a folder.
        most: how many bytes a bundle may have.

    Raises:
        BundleError: the database is none, or everything together is too large.
    """
    release_of(database)
    _check_size(database.stat().st_size, database.stat().st_size, most)
    _empty(folder)
    # First, as it tells what the folder is, should the rest fail.
    shutil.copytree(ROOT / "function", folder / "function", ignore=_IGNORED)
    database = _take(database, folder)
    install(folder)
    _trim(folder)
    compiled = _compile(folder)
    _let_everyone_read(folder)
    total, of_it = _size(folder), database.stat().st_size
    _check_size(total, of_it, most)
    return (
        f"Bundle   {_mb(total)} in {folder} (code {_mb(total - of_it)}, database {_mb(of_it)});"
        f" {_mb(most - total)} of {_mb(most)} left\n         {database.name}; {compiled}"
    )


def install_locked(folder: Path) -> None:
    """Put what function/requirements.txt names into *folder*, as Lambda's Python wants it."""
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"),
        *("--implementation", "cp", "--python-version", PYTHON, "--platform", PLATFORM),
        *("--target", str(folder), "--requirement", str(ROOT / "function/requirements.txt")),
    ]
    if subprocess.run(command, check=False).returncode:  # noqa: S603  (pip, and our own lock file)
        raise BundleError("pip could not install the function's packages: see above")


def release_of(database: Path) -> str:
    """Return the release of *database*, opened as the function will.

    Raises:
        BundleError: it is not a baked directory, or cannot be read where nothing can be written.
    """
    try:
        directory = Directory(database)
    except FunctionError as exc:
        raise BundleError(f"{exc} (DATABASE=... does for make and sam)") from exc
    directory.close()
    with database.open("rb") as file:
        header = file.read(20)
    # 1 is a rollback journal, 2 a write-ahead log, whose files Lambda's read-only disk cannot have.
    # https://sqlite.org/fileformat2.html#file_format_version_numbers
    if header[18:] != b"\1\1":
        raise BundleError(f"{database} is in WAL mode: bake it anew, or set journal_mode to delete")
    return directory.release


_IGNORED = shutil.ignore_patterns("__pycache__", "requirements.txt", "Makefile")


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "function/handler.py").is_file():
            raise BundleError(f"{folder} has something else in it: name another, or remove it")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _take(database: Path, folder: Path) -> Path:
    """Copy *database* into *folder*, under the name that the function looks for."""
    copy = folder / "directory.db"
    shutil.copyfile(database, copy)
    # Of the copy, as another bake may have taken the file's place meanwhile.
    return copy.rename(folder / bundled_name(release_of(copy)))


def _trim(folder: Path) -> None:
    """Remove what no request needs: commands, tests, and other Pythons' byte code."""
    for path in [*folder.rglob("__pycache__"), *folder.rglob("tests"), folder / "bin"]:
        shutil.rmtree(path, ignore_errors=True)


def _compile(folder: Path) -> str:
    """Compile the code where Lambda's Python is at hand, and say whether.

    /var/task is read-only: what is not compiled here is compiled at every cold start. Times in
    a zip mean nothing, so the code is never compared with them. https://peps.python.org/pep-0552/
    """
    python = sys.executable if _HERE == PYTHON else shutil.which(f"python{PYTHON}")
    command = [
        *("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", TASK_ROOT, str(folder)),
    ]
    # A shim may be on the path and its Python not.
    if python and not _run([python, *command]):
        return "compiled"
    return f"not compiled, as there is no python{PYTHON} here: cold starts take longer"


def _let_everyone_read(folder: Path) -> None:
    """Lambda reads the bundle as another user, whatever this one's umask is."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _run(command: list[str]) -> int:
    return subprocess.run(  # noqa: S603  (a Python, and what is written above)
        command, check=False, stderr=subprocess.DEVNULL
    ).returncode


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _check_size(total: int, database: int, most: int) -> None:
    if total > most:
        raise BundleError(
            f"the bundle would be {_mb(total)} unpacked, {_mb(database)} of it the database, and"
            f" Lambda takes {_mb(most)}: list fewer users (--total), or deploy the function as a"
            " container image, which may have 10 GB"
        )


def _mb(size: int) -> str:
    """Return *size* as Lambda counts: of 250 MB, each has 1,048,576 bytes."""
    return f"{size / 2**20:.1f} MB"


def main(arguments: Iterable[str] | None = None) -> int:
    """Make the bundle that *arguments* ask for; 1 if it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m infra.bundle", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", type=Path, default=Path("build/directory.db"))
    options = parser.parse_args(None if arguments is None else list(arguments))
    try:
        print(bundle(options.folder, options.database, install_locked))
    except BundleError as exc:
        print(f"Error: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

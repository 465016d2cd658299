"""Environments for the benchmarks: one with the peers, and the bundle as Lambda gets it."""

import compileall
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install(folder: Path, requirements: str, *options: str) -> None:
    """Install the packages of the lock file *requirements*."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--requirement", ROOT / requirements, *options),
        ],
        check=True,
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )


def peers(folder: Path) -> Path:
    """Make an environment with the peers; return its Python."""
    place = folder / "peers"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    python = place / "bin/python"
    install(folder, "requirements/bench.txt", "--prefix", str(place), "--ignore-installed")
    return python


def bundle(folder: Path) -> Path:
    """Make the bundle without the database: the function, its packages and their byte code."""
    place = folder / "bundle"
    install(folder, "function/requirements.txt", "--no-compile", "--target", str(place))
    ignored = shutil.ignore_patterns("__pycache__", "requirements.txt")
    shutil.copytree(ROOT / "function", place / "function", ignore=ignored)
    # /var/task is read-only, so without byte code every cold start would compile. The times of
    # files in a zip are arbitrary, so byte code must not be checked against them.
    # https://peps.python.org/pep-0552/
    compileall.compile_dir(
        place, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    return place


def size(folder: Path) -> int:
    """Return the size of the files in *folder* without byte code, in bytes."""
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )

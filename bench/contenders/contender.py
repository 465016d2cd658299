"""What a contender is, and what all of them are given: which pages, and the users as data."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.contenders.markup import Nodes
from bench.environment import ROOT
from function.contract import Profile, implied_urls
from function.database import Directory
from generator.render import site
from generator.render.assets import read_assets
from generator.render.pages import Renderer
from generator.site import STATIC, TEMPLATES, Build, Listing, user_row

HERE = Path(__file__).parent
SIZES = (10, 25, 50, 100)
ORIGIN = "https://users.example.org"  # hugo_site/hugo.toml has it too
# Of a user's texts, those to escape; the last three are there where id and name do not imply them.
TEXTS = ("username", "type", "avatar", "avatar_2x", "profile_url")
Pages = Mapping[Listing, Nodes]
Users = Sequence[Mapping[str, Any]]


class Contender(NamedTuple):
    """Who makes the pages: a process of *command*, with the folder to make behind it.

    *output* is how that is said.
    """

    name: str
    command: Sequence[str | Path]
    output: str = "{}"
    environ: dict[str, str] = {}  # noqa: RUF012
    cwd: Path = ROOT

    def run(self, folder: Path) -> None:
        """Make the pages below *folder*/users, which is not there yet."""
        done = subprocess.run(
            [*self.command, self.output.format(folder)],
            cwd=self.cwd,
            env={**os.environ, **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode:
            raise SystemExit(f"{self.name} failed: {done.stderr.decode()[-2000:]}")


def ours(database: Path, jobs: int = 1) -> Contender:
    """Return the verb `render`."""
    command = [sys.executable, "-m", "generator", "render", "--database", database, "--no-data"]
    options = [
        "--origin",
        ORIGIN,
        "--orders",
        "id",
        "--types",
        "none",
        "--jobs",
        str(jobs),
        "--output",
    ]
    return Contender("ghdirectory render", [*command, *options])


def plan(directory: Directory) -> Build:
    """Return which pages all contenders make."""
    return site.make_build(directory, SIZES, ("id",), "none")


def renderer(directory: Directory, *, use_slots: bool = True) -> Renderer:
    """Return who draws our pages of *directory*, as `render` does."""
    assets = read_assets(TEMPLATES, STATIC)
    return Renderer(
        plan(directory),
        directory.about,
        assets,
        "/",
        origin=ORIGIN,
        widest=site.find_widest(directory),
        use_slots=use_slots,
    )


def record(profile: Profile) -> Mapping[str, Any]:
    """Return *profile* as contenders read it: addresses, fit to be shown, if not implied."""
    found = {"id": str(profile.id), "username": profile.username, "type": profile.type}
    if (profile.avatar_url, profile.html_url) == implied_urls(profile.id, profile.username):
        return found
    addresses = user_row(*profile)[3:]
    names = ("avatar", "avatar_2x", "profile_url")
    return {
        **found,
        "own": True,
        **{name: address or "" for name, address in zip(names, addresses, strict=True)},
    }


def same_place(name: str) -> int:
    """Return the page size whose page shows the same first user: "same_0" is of the first."""
    return SIZES[int(name.removeprefix("same_"))]


def write_data(folder: Path, pages: Iterable[Listing], users: Users) -> None:
    """Write users.json and listings.json to *folder*."""
    (folder / "users.json").write_text(json.dumps(users))
    found = [{"size": one.pagination, "prefix": one.prefix} for one in pages]
    (folder / "listings.json").write_text(json.dumps(found))

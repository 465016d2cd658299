"""A contender: a program that makes the pages. All get the same users, as data."""

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
from generator.render.pages import Download, Renderer
from generator.render.templates import STATIC, TEMPLATES
from generator.site import Build, Listing, user_row

HERE = Path(__file__).parent
SIZES = (10, 25, 50, 100)
ORIGIN = "https://users.example.org"  # hugo_site/hugo.toml has it too
# A user's texts, which are escaped. The last three are empty if id and username imply them.
TEXTS = ("username", "type", "initial", "avatar", "avatar_2x", "profile_url")
Pages = Mapping[Listing, Nodes]
Users = Sequence[Mapping[str, Any]]


class Contender(NamedTuple):
    """A program that makes the pages.

    Attributes:
        name: its name in tables.
        command: its command line, without the output folder.
        output: the last argument, with {} for the output folder.
        environ: environment variables.
        cwd: the working directory.
    """

    name: str
    command: Sequence[str | Path]
    output: str = "{}"
    environ: dict[str, str] = {}  # noqa: RUF012
    cwd: Path = ROOT

    def run(self, folder: Path) -> None:
        """Make the pages in *folder*/users, which does not exist yet."""
        process = subprocess.run(
            [*self.command, self.output.format(folder)],
            cwd=self.cwd,
            env={**os.environ, **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if process.returncode:
            raise SystemExit(f"{self.name} failed: {process.stderr.decode()[-2000:]}")


def ours(database: Path, jobs: int = 1) -> Contender:
    """Return `ghdirectory render`, the command that the others are compared with."""
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
    """Return the build that all contenders make the pages of."""
    return site.make_build(directory, SIZES, ("id",), "none")


def renderer(
    directory: Directory,
    build: Build | None = None,
    downloads: Sequence[Download] = (),
    *,
    use_slots: bool = True,
) -> Renderer:
    """Return what draws the pages of *directory* in `render`; *build* is `plan` if not given."""
    assets = read_assets(TEMPLATES, STATIC)
    return Renderer(
        build or plan(directory),
        directory.about,
        assets,
        origin=ORIGIN,
        downloads=downloads,
        use_slots=use_slots,
    )


def record(profile: Profile) -> Mapping[str, Any]:
    """Return *profile* as contenders read it.

    It has addresses, fit to be shown, only if id and username do not imply them.
    """
    texts = {"id": str(profile.id), "username": profile.username, "type": profile.type}
    texts["initial"] = profile.username[:1]
    if (profile.avatar_url, profile.html_url) == implied_urls(profile.id, profile.username):
        return texts
    addresses = user_row(*profile)[3:6]
    names = ("avatar", "avatar_2x", "profile_url")
    return {
        **texts,
        "own": True,
        **{name: address or "" for name, address in zip(names, addresses, strict=True)},
    }


def same_place(name: str) -> int:
    """Return the page size that a value is for: "same_0" is for the smallest."""
    return SIZES[int(name.removeprefix("same_"))]


def write_data(folder: Path, pages: Iterable[Listing], users: Users) -> None:
    """Write users.json and listings.json to *folder*."""
    (folder / "users.json").write_text(json.dumps(users))
    listings = [{"size": listing.pagination, "prefix": listing.prefix} for listing in pages]
    (folder / "listings.json").write_text(json.dumps(listings))

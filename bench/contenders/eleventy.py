"""Eleventy, from npm, with its fastest kind of template: a function that draws a page."""

import json
import shutil
import subprocess
from pathlib import Path

from bench.contenders.contender import (
    HERE,
    TEXTS,
    Contender,
    Pages,
    Users,
    same_place,
    write_data,
)
from bench.contenders.markup import Language

NAME = "Eleventy, .11ty.js"


def install(folder: Path) -> Path | None:
    """Install the packages of eleventy_site/package-lock.json; return None if npm cannot."""
    if not shutil.which("npm"):
        print("Eleventy is left out: npm is not installed")
        return None
    shutil.copytree(HERE / "eleventy_site", folder)
    process = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
    )
    if process.returncode:
        print(f"Eleventy is left out: npm cannot install it: {process.stderr.decode()[-300:]}")
        return None
    return folder


def version(installed: Path) -> str:
    """Return the versions of Eleventy and node."""
    package = json.loads((installed / "node_modules/@11ty/eleventy/package.json").read_text())
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)
    return f"Eleventy {package['version']}, node {node.stdout.strip()}"


def make(installed: Path, folder: Path, pages: Pages, users: Users) -> Contender:
    """Write Eleventy's site: a function for each page size, called for each page of an array."""
    folder.mkdir()
    shutil.copytree(HERE / "eleventy_site/input", folder / "input")
    for name in ("eleventy.config.js", "package.json"):
        shutil.copy(HERE / "eleventy_site" / name, folder)
    (folder / "node_modules").symlink_to(installed / "node_modules")
    language = _javascript()
    drawn = ",\n".join(
        f"{listing.pagination}: (p, escape, people, each) => `{language.write(nodes)}`"
        for listing, nodes in pages.items()
    )
    (folder / "markup.js").write_text(f"export const draw = {{\n{drawn}\n}};\n")
    write_data(folder, pages, users)
    command = ["node", installed / "node_modules/@11ty/eleventy/cmd.cjs", "--quiet"]
    return Contender(NAME, command, "--output={}", cwd=folder)


def _javascript() -> Language:
    def value(name: str) -> str:
        if name in ("id", *TEXTS):
            return f"${{{'u.id' if name == 'id' else f'escape(u.{name})'}}}"
        if name.startswith("same_"):
            return f"${{Math.floor(p.skip / {same_place(name)}) + 1}}"
        known = {"prev": "p.page - 1", "next": "p.page + 1", "number": "n"}
        number = name.removesuffix("_text")
        shown = known.get(number, f"p.{number}")
        return f"${{{shown if number == name else f'people({shown})'}}}"

    conditions = {
        "has_prev": "p.page > 1",
        "has_next": "p.page < p.pages",
        "own": "u.own",
        "has_type": "u.type",
        "has_picture": "u.avatar",
        "has_dense": "u.avatar_2x",
        "has_address": "u.profile_url",
        "is_gap": "n === null",
        "is_current": "n === p.page",
        "is_far": "n !== 1 && n !== p.pages",
    }

    def test(name: str, yes: str, no: str) -> str:
        condition = conditions.get(name) or f'u.type === "{name.removeprefix("type=")}"'
        return f"${{{condition} ? `{yes}` : `{no}`}}"

    def each(name: str, body: str) -> str:
        return f"${{each(p.{name}, ({'u' if name == 'rows' else 'n'}) => `{body}`)}}"

    def text(plain: str) -> str:
        return plain.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")

    return Language(text, value, test, each)

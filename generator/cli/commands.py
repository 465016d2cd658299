"""The commands: their options, and the stage that each runs.

The only module that reads the environment. What one command alone needs is imported there: a
server, a client and the store take a fifth of a second to load.
"""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from function.answer import answer_profiles
from function.database import Directory
from function.errors import FunctionError
from function.query import parse_query
from generator import publish as publishing
from generator.cli import stages, terminal, types
from generator.cli.help import Group
from generator.errors import GeneratorError, UnknownSource, can_be_mended
from generator.render import Place
from generator.site import DEFAULT_ORDERS, DEFAULT_PAGE_SIZES

if TYPE_CHECKING:
    from generator.seed import Gathering

EPILOG = """
GITHUB_TOKEN in the environment raises GitHub's limit from 60 to 5,000 requests an hour.

To complete words with TAB in bash (zsh and fish alike):

\b
  eval "$(_GHDIRECTORY_COMPLETE=bash_source ghdirectory)"

Example: ghdirectory build --total 1000 && ghdirectory serve
"""
MAX_TOTAL = 10**15  # users; an integer of SQLite ends at 2^63
STORE, DATABASE, SITE = "build/github_users.db", "build/directory.db", "build/site"
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def option(names: str, type: Any, help: str, default: Any = None, **more: Any) -> Decorator:
    """Return a decorator that adds an option. Most of click's own would not fit in a line."""
    if default is not None:  # which click would take for a value
        more["default"] = default
    return click.option(*names.split(), type=type, help=help, **more)


def flag(name: str, help: str) -> Decorator:
    """Return a decorator that adds an option without a value."""
    return click.option(name, help=help, is_flag=True)


def options(*decorators: Decorator) -> Decorator:
    """Return a decorator that adds several options, in this order."""
    return lambda command: reduce(lambda made, add: add(made), reversed(decorators), command)


sources_argument = click.argument(
    "sources",
    nargs=-1,
    metavar="[SOURCE]...",
    help="Lists of users, as `ghdirectory help` names them; auto if there is none. Of several, the"
    " directory has the users of all, each once.",
)
store_option = option("--store", types.FILE, "The store of seeded users.", STORE)
title_option = option("--title", types.TITLE, "The site's title, instead of the sources' names.")
database_option = option("--database", types.FILE, "The baked directory.", DATABASE)
site_option = option("--site", types.FOLDER, "The rendered site.", SITE)
output_option = option("--output --site output", types.FOLDER, "The site to make.", SITE)
base_path_option = option("--base-path", types.PATH, "The path of the site on its host.", "/")
seed_options = options(
    option("-t --total", types.TOTAL, "How many users of each source to list.", 150),
    flag("--refresh", "Read stored lists again, and note what changed."),
    option(
        "--max-wait",
        types.DURATION,
        "How long to wait for GitHub in all, as in 90 (seconds), 15m or 2h. 0: not at all.",
        "15m",
    ),
    store_option,
    option(
        "--api-url",
        types.API_URL,
        "GitHub's API. GitHub Enterprise Server's is https://HOST/api/v3.",
        types.DEFAULT_API_URL,
        envvar="GITHUB_API_URL",
        show_envvar=True,
    ),
)
render_options = options(
    option(
        "--page-sizes",
        types.PAGE_SIZES,
        "Page sizes to render, as in 10,25,50 or 1-100. 25 is always rendered.",
        ",".join(map(str, DEFAULT_PAGE_SIZES)),
    ),
    option(
        "--orders",
        types.ORDERS,
        "Orders to render, of id, -id, type and -type. id is always rendered.",
        ",".join(DEFAULT_ORDERS),
    ),
    option(
        "--types",
        types.TYPES,
        "Types that get lists of their own, as in User,Bot. all: the commonest; none: no type.",
        "all",
    ),
    option(
        "--origin",
        types.ORIGIN,
        "The site's host, as in https://example.org. Without it there are neither canonical links"
        " nor a sitemap.",
    ),
    base_path_option,
    click.option("--data/--no-data", default=True, help="Whether to offer all users as files."),
    option("--jobs", types.UP_TO_256, "Processes that render.", show_default="one for each core"),
)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog=EPILOG,
)
@click.version_option(None, "-V", "--version", package_name="github-user-directory")
def ghdirectory() -> None:
    """Make a directory of GitHub users: a static site and the API's database."""


@ghdirectory.command(epilog="Example: ghdirectory seed org:python repo:psf/requests --total 1000")
@sources_argument
@seed_options
@flag("--dry-run", "Only say how many requests it takes, and how many are left.")
def seed(sources: tuple[str, ...], dry_run: bool, **gathering: Any) -> None:
    """Read users into the store, going on where the last run stopped."""
    seeder = _gathering(**gathering)
    if dry_run:
        seeder.estimate(sources)
    else:
        seeder.run(sources)


@ghdirectory.command(epilog="Example: ghdirectory bake --title 'Our people'")
@store_option
@option("--output", types.FILE, "The directory to make.", DATABASE)
@title_option
def bake(**options: Any) -> None:
    """Bake the users in the store into the directory, one read-only file."""
    stages.bake(**options)


@ghdirectory.command(epilog="Example: ghdirectory render --page-sizes 1-100 --no-data")
@database_option
@output_option
@render_options
def render(**options: Any) -> None:
    """Render every page of the directory to a static file."""
    _render(**options)


@ghdirectory.command(epilog="Example: ghdirectory check --site build/site")
@database_option
@site_option
@base_path_option
def check(**options: Any) -> None:
    """Check that the site shows what the API answers, and that its links resolve."""
    stages.check(**options)


@ghdirectory.command(epilog="Example: ghdirectory build file:users.csv --total 1000")
@sources_argument
@seed_options
@title_option
@database_option
@output_option
@render_options
def build(
    sources: tuple[str, ...],
    title: str | None,
    database: Path,
    output: Path,
    base_path: str,
    **options: Any,
) -> None:
    """Seed, bake, render and check in one run."""
    names = ("total", "refresh", "max_wait", "store", "api_url")
    gathering = {name: options.pop(name) for name in names}
    warning = _gathering(**gathering).run(sources)
    stages.bake(gathering["store"], database, title)
    _render(database, output, base_path, **options)
    stages.check(database, output, base_path)
    if warning:  # once more, where it is seen
        terminal.warn(warning)


@ghdirectory.command(epilog="Example: ghdirectory query 'username=jo&order_by=type&page=2'")
@click.argument(
    "pairs",
    type=types.QUERY,
    metavar="[QUERY]",
    default="",
    help="A query string, percent-encoded where need be, or an address or path with one.",
)
@flag("--explain", "Print the SQL, its plan, rows and pages read, and the time.")
@database_option
def query(pairs: list[tuple[str, str]], explain: bool, database: Path) -> int:
    """Print the API's answer to a query.

    The exit status is 1 if the API refuses it.
    """
    if explain:
        from generator import explain as explaining

        terminal.say(str(explaining.explain(database, parse_query(pairs))))
        return 0
    with closing(Directory(database)) as directory:
        answer = answer_profiles(directory, pairs)
    terminal.say_json(answer.body)
    return 0 if answer.status == 200 else 1


@ghdirectory.command(epilog="Example: ghdirectory serve --port 8080")
@option("--port", types.PORT, "The port to listen on. 0: any that is free.", 5000)
@option("--host", types.NAME, "The address to listen on.", "127.0.0.1")
@database_option
@site_option
@base_path_option
def serve(port: int, host: str, database: Path, site: Path, base_path: str) -> None:
    """Show the site and the API on a port of this machine."""
    from generator import serve as serving

    preview = serving.Preview(database, site, base_path)
    if preview.build.release != preview.directory.release:
        terminal.warn(
            f"The site in {site} is of release {preview.build.release}, the API's of"
            f" {preview.directory.release}; `ghdirectory render` brings them together."
        )
    serving.serve(preview, host, port, terminal.say)


@ghdirectory.command(epilog="Example: ghdirectory publish --bucket my-site --dry-run")
@option("--bucket", types.NAME, "The bucket to publish into.", required=True)
@option("--release", types.NAME, "What the site's release has to be.", show_default="any")
@site_option
@option(
    "--endpoint-url",
    types.ENDPOINT,
    "A store that is not AWS's, but speaks S3.",
    envvar="AWS_ENDPOINT_URL",
    show_envvar=True,
)
@option("--concurrency", types.UP_TO_256, "How many requests run at a time.", 32)
@flag("--allow-sample", "Publish invented accounts, too.")
@flag("--verify", "Only compare a release with its manifest.")
@flag("--dry-run", "Only say what would be done.")
def publish(
    bucket: str,
    release: str | None,
    site: Path,
    endpoint_url: str | None,
    concurrency: int,
    allow_sample: bool,
    verify: bool,
    dry_run: bool,
) -> None:
    """Upload the site into a bucket, as a release that is whole or not there.

    It goes below releases/NAME/. The manifest is uploaded last, when all files that it names are
    known to be there. Credentials and region are found as all of AWS's tools find them.
    """
    with closing(stages.open_bucket(bucket, endpoint_url, concurrency)) as store:
        if verify:
            stages.verify(store, site, release, concurrency)
        else:
            local = publishing.read_site(site, release, allow_sample=allow_sample)
            stages.publish(store, site, local, concurrency, dry_run=dry_run)


@ghdirectory.command("help")
@click.argument("command", required=False)
@click.pass_context
def help_(ctx: click.Context, command: str | None) -> None:
    """Show this help, or that of a command."""
    parent = ctx.find_root()
    if command is None:
        terminal.say(parent.get_help())
        return
    _, found, _ = ghdirectory.resolve_command(parent, [command])
    assert found is not None  # noqa: S101  (a wrong name is an error already)
    terminal.say(found.get_help(found.context_class(found, info_name=command, parent=parent)))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 an error that was written, 2 bad usage.

    *arguments* are the process's own if they are not given.

    Raises:
        KeyboardInterrupt: Ctrl-C ended the command.
    """
    terminal.escape_what_cannot_be_encoded()
    try:
        status = ghdirectory.main(
            arguments, "ghdirectory", standalone_mode=False, terminal_width=terminal.width()
        )
    except click.Abort as exc:
        raise KeyboardInterrupt from exc
    except click.ClickException as exc:
        exc.show()
        status = exc.exit_code
    except UnknownSource as exc:
        terminal.error(f"{exc}\n`ghdirectory help` lists the sources.")
        status = 2
    except (GeneratorError, FunctionError) as exc:
        terminal.error(str(exc))
        status = 1
    except OSError as exc:
        if not can_be_mended(exc):  # a bug
            raise
        terminal.error(str(exc))
        status = 1
    terminal.drop_unwritten()
    raise SystemExit(status or 0)


def _render(
    database: Path, output: Path, base_path: str, origin: str | None, data: bool, **options: Any
) -> None:
    stages.render(database, output, Place(origin or "", base_path), with_data=data, **options)


def _gathering(
    total: int, refresh: bool, max_wait: float, store: Path, api_url: str
) -> "Gathering":
    from generator.github import Client
    from generator.seed import Gathering, Terminal

    client = partial(Client, api_url, _token(), max_wait=max_wait, wait=terminal.wait)
    reports = Terminal(terminal.say, terminal.warn, terminal.progress)
    return Gathering(store, api_url, min(total, MAX_TOTAL), refresh, client, reports)


def _token() -> str | None:
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise click.UsageError("GITHUB_TOKEN holds characters that no token has")
    return token or None

"""The commands. Each builds objects from its options and runs one stage.

A package that only one command needs is imported in that command. The server, the client and the
store take a fifth of a second to load.
"""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click

from function.answer import answer_profiles
from function.database import Directory
from function.errors import FunctionError
from function.query import parse_query
from generator import publish as publishing
from generator.cli import options, stages, terminal, types
from generator.cli.help import Group
from generator.errors import GeneratorError, UnknownSource, is_fixable, reason
from generator.render import Place

NAME = "ghdirectory"
MAX_TOTAL = 10**15  # users; SQLite's integers end at 2^63
EPILOG = """
A GitHub token in the environment variable GITHUB_TOKEN raises GitHub's limit from 60 to 5,000
requests an hour.

To complete words with TAB in bash (see README.md for zsh and fish):

\b
  eval "$(_GHDIRECTORY_COMPLETE=bash_source ghdirectory)"

Example: ghdirectory build --total 1000 && ghdirectory serve
"""


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    options_metavar="",
    subcommand_metavar="COMMAND [OPTIONS]...",
    epilog=EPILOG,
)
@click.version_option(None, "-V", "--version", package_name="github-user-directory")
def ghdirectory() -> None:
    """Make a directory of GitHub users: a static site and the API's database."""


@ghdirectory.command(epilog="Example: ghdirectory seed org:python repo:psf/requests --total 1000")
@options.sources_argument
@options.seed_options
@click.option("--dry-run", is_flag=True, help="Only print how many requests are needed and left.")
def seed(
    sources: Sequence[str],
    total: int,
    refresh: bool,
    max_wait: float,
    store: Path,
    api_url: str,
    dry_run: bool,
) -> str | None:
    """Read users into the store, continuing where the last run stopped."""
    from generator.github import Client
    from generator.seed import Reporter, Seeder

    token = options.github_token()
    make_client = partial(Client, api_url, token, max_wait=max_wait, wait=terminal.wait)
    reporter = Reporter(terminal.say, terminal.warn, terminal.progress)
    seeder = Seeder(store, api_url, min(total, MAX_TOTAL), refresh, make_client, reporter)
    if not dry_run:
        return seeder.run(sources)
    seeder.estimate(sources)
    return None


@ghdirectory.command(epilog="Example: ghdirectory bake --title 'Our people'")
@options.store_option
@click.option(
    "--output",
    "database",
    type=types.FILE,
    default=options.DATABASE,
    help="The directory to write.",
)
@options.title_option
def bake(store: Path, database: Path, title: str | None) -> None:
    """Bake the users in the store into the directory, a read-only database."""
    stages.bake(store, database, title)


@ghdirectory.command(epilog="Example: ghdirectory render --page-sizes 1-100 --no-data")
@options.database_option
@options.output_option
@options.render_options
def render(
    database: Path, site: Path, origin: str | None, base_path: str, data: bool, **settings: Any
) -> None:
    """Render every page of the directory to a static file."""
    place = Place(origin or "", base_path)
    stages.render(database, site, place, with_data=data, **settings)


@ghdirectory.command(epilog="Example: ghdirectory check --site build/site")
@options.database_option
@options.site_option
@options.base_path_option
def check(database: Path, site: Path, base_path: str) -> None:
    """Check that the site's pages match the API, and that their links resolve."""
    stages.check(database, site, base_path)


@ghdirectory.command(epilog="Example: ghdirectory build file:users.csv --total 1000")
@options.sources_argument
@options.seed_options
@options.title_option
@options.database_option
@options.output_option
@options.render_options
def build(**settings: Any) -> None:
    """Seed, bake, render and check in one run."""
    warning = _run(seed, settings)
    for stage in (bake, render, check):
        _run(stage, settings)
    if warning:  # repeated at the end, where it is seen
        terminal.warn(warning)


def _run(command: click.Command, settings: dict[str, Any]) -> Any:
    """Run *command* with those of *settings* that it takes, and return its value."""
    names = settings.keys() & {parameter.name for parameter in command.params}
    return click.get_current_context().invoke(command, **{name: settings[name] for name in names})


@ghdirectory.command(epilog="Example: ghdirectory query 'username=jo&order_by=type&page=2'")
@click.argument(
    "pairs",
    type=types.query,
    metavar="[QUERY]",
    default="",
    help="A query string, or a URL or path that has one.",
)
@click.option("--explain", is_flag=True, help="Print the SQL, its plan, rows and pages read, time.")
@options.database_option
def query(pairs: list[tuple[str, str]], explain: bool, database: Path) -> None:
    """Print the API's answer to a query.

    The exit status is 1 if the API refuses the query.
    """
    if explain:
        from generator.explain import explain as explain_query

        terminal.say(str(explain_query(database, parse_query(pairs))))
        return
    with closing(Directory(database)) as directory:
        answer = answer_profiles(directory, pairs)
    terminal.say_json(answer.body)
    click.get_current_context().exit(0 if answer.status == 200 else 1)


@ghdirectory.command(epilog="Example: ghdirectory serve --port 8080")
@click.option(
    "--port", type=types.Integer(0, 65535), default=5000, help="The port. 0: any free port."
)
@click.option("--host", type=types.name, default="127.0.0.1", help="The address to listen on.")
@options.database_option
@options.site_option
@options.base_path_option
def serve(port: int, host: str, database: Path, site: Path, base_path: str) -> None:
    """Serve the site and the API on this machine, as a preview."""
    from generator.serve import Preview
    from generator.serve import serve as serve_preview

    preview = Preview(database, site, base_path)
    if preview.build.release != preview.directory.release:
        terminal.warn(
            f"The site in {site} is release {preview.build.release}, but the API is release"
            f" {preview.directory.release}. Run `ghdirectory render` to update the site."
        )
    serve_preview(preview, host, port, terminal.say)


@ghdirectory.command(epilog="Example: ghdirectory publish --bucket my-site --dry-run")
@click.option("--bucket", type=types.name, required=True, help="The bucket to upload to.")
@click.option(
    "--release", type=types.name, show_default="any", help="The id that the site must have."
)
@options.site_option
@click.option(
    "--endpoint-url",
    metavar="URL",
    type=types.url,
    envvar="AWS_ENDPOINT_URL",
    show_envvar=True,
    help="A server other than AWS that speaks S3.",
)
@click.option(
    "--concurrency", type=types.Integer(1, 256), default=32, help="How many requests run at once."
)
@click.option("--allow-sample", is_flag=True, help="Publish the invented accounts of `sample` too.")
@click.option("--verify", is_flag=True, help="Only compare a published site with its manifest.")
@click.option("--dry-run", is_flag=True, help="Only print what would be uploaded.")
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
    """Upload the site to a bucket, below a prefix of its own.

    The files go below releases/ID/. The manifest is uploaded last, after all files that it
    lists: a site with a manifest is complete. Credentials and region are found as by the AWS
    CLI.
    """
    with closing(publishing.S3Bucket(bucket, endpoint_url, concurrency)) as s3_bucket:
        if verify:
            stages.verify(s3_bucket, site, release, concurrency)
        else:
            manifest = publishing.read_site(site, release, allow_sample=allow_sample)
            stages.publish(s3_bucket, site, manifest, concurrency, dry_run=dry_run)


@ghdirectory.command("help")
@click.argument("command", required=False)
def help_(command: str | None) -> None:
    """Show this help, or the help of a command."""
    words = [command, "--help"] if command else ["--help"]
    ghdirectory.main(words, NAME, standalone_mode=False)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 success, 1 an error with a message, 2 bad usage.

    Args:
        arguments: the words after the program's name; None: those of this process.

    Raises:
        KeyboardInterrupt: Ctrl-C ended the command.
    """
    terminal.escape_unencodable()
    try:
        # The status is None unless a command called Context.exit.
        status = ghdirectory.main(arguments, NAME, standalone_mode=False)
    except click.Abort as exc:
        raise KeyboardInterrupt from exc
    except click.ClickException as exc:
        exc.show()
        status = exc.exit_code
    except UnknownSource as exc:
        terminal.error(f"{exc}\n`ghdirectory help` describes the sources.")
        status = 2
    except (GeneratorError, FunctionError, OSError) as exc:
        if isinstance(exc, OSError) and not is_fixable(exc):
            raise  # a bug: its traceback is needed
        terminal.error(reason(exc))
        status = 1
    raise SystemExit(status or 0)

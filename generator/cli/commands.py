"""The commands. Each runs one stage, shows its progress and reports its result.

A package that only one command needs is imported in that command. All stages take a third of a
second to load, which is most of a build that has nothing to do.
"""

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from function.answer import answer_profiles
from function.contract import About
from function.database import Directory
from function.errors import FunctionError
from function.query import PARAMETERS, parse_query
from generator.changes import changes_file, read_changes, write_changes
from generator.cli import options, terminal, types
from generator.cli.help import Group
from generator.errors import (
    LACK_OF_MEMORY,
    GeneratorError,
    StoreError,
    UnknownSource,
    is_fixable,
    is_lack_of_memory,
    reason,
)
from generator.last_build import LastBuild
from generator.site import read_build
from generator.text import count, counts

if TYPE_CHECKING:
    from generator import publish as publishing
    from generator.store import ListProgress

NAME = "ghdirectory"
EPILOG = """
A GitHub token in the environment variable GITHUB_TOKEN (or GH_TOKEN) raises GitHub's limit from 60
to 5,000 requests an hour. It needs no scope.

To complete words with TAB in bash (docs/cli.md has the lines for zsh and fish):

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
    """Make a static site of GitHub's users, and the database of its API."""


@ghdirectory.command(epilog="Example: ghdirectory seed org:python repo:psf/requests --total 1000")
@options.sources_argument
@options.seed_options
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only print how many requests are needed, and how many GitHub still allows.",
)
def seed(
    sources: Sequence[str],
    total: int | None,
    refresh: bool,
    max_wait: float,
    store: Path,
    api_url: str,
    dry_run: bool,
) -> None:
    """Read users into the store, continuing where the last run stopped."""
    from generator.github import Client
    from generator.seed import Reporter, Seeder

    token = options.github_token()
    make_client = partial(Client, api_url, token, max_wait=max_wait, wait=terminal.wait)
    reporter = Reporter(terminal.say, terminal.warn, terminal.progress)
    seeder = Seeder(store, api_url, total, refresh, make_client, reporter)
    if dry_run:
        seeder.estimate(sources)
    elif warning := seeder.run(sources):
        # At the end of all stages, where it is seen, even if one of them fails.
        click.get_current_context().find_root().call_on_close(partial(terminal.warn, warning))


@ghdirectory.command(epilog="Example: ghdirectory bake --title 'Our people'")
@options.store_option
@click.option(
    "--output",
    "--database",
    "database",
    type=types.FILE,
    default=options.DATABASE,
    help="The directory to write, a database file.",
)
@options.title_option
@options.jobs_option
def bake(store: Path, database: Path, title: str | None, jobs: int | None) -> None:
    """Bake the users in the store into the directory, a read-only database."""
    from generator.bake import bake as bake_directory
    from generator.store import Store

    with closing(Store(store)) as opened:
        sizes = {chosen: opened.count(chosen.identity, chosen.total) for chosen in opened.chosen()}
        lists = [chosen for chosen, size in sizes.items() if size]
        if not lists:
            raise StoreError(f"{store} has no users; run `ghdirectory seed` first")
        about = _describe(lists, title)
        progress = partial(terminal.progress, total=sum(sizes.values()), unit="users")
        cut = [chosen.total for chosen in lists if opened.is_cut(chosen.identity)]
        cut_at = max(cut, default=None)
        users = bake_directory(
            opened.profiles(), about, database, progress, cut_at=cut_at, jobs=jobs
        )
        write_changes(changes_file(database), opened.changes())
    with closing(Directory(database)) as directory:
        file = f"{database.stat().st_size / 1000:,.0f} kB, release {directory.release}"
    terminal.say(f"Baked    {count(users, 'user')} into {database} ({file})")


def _describe(lists: Sequence["ListProgress"], title: str | None) -> About:
    from generator.seed import joined_title

    return About(
        source=", ".join(chosen.source for chosen in lists),
        title=title or joined_title([chosen.title for chosen in lists]),
        seeded_at=max(chosen.seeded_at or "" for chosen in lists),
    )


@ghdirectory.command(epilog="Example: ghdirectory render --page-sizes 1-100 --no-data")
@options.database_option
@options.output_option
@options.render_options
def render(
    database: Path,
    site: Path,
    page_sizes: tuple[int, ...],
    orders: tuple[str, ...],
    types: str,
    origin: str | None,
    base_path: str,
    data: bool,
    jobs: int | None,
) -> None:
    """Render every page of the directory to a static file."""
    from generator.render import make_build, render_site

    changes = read_changes(changes_file(database))
    with closing(Directory(database)) as directory:
        try:
            build = make_build(directory, page_sizes, orders, types, base_path)
        except ValueError as exc:
            raise click.BadParameter(str(exc), param_hint="'--types'") from exc
        with terminal.progress("Rendering", build.total_pages(), "pages") as advance:
            files = render_site(
                directory,
                build,
                site,
                origin or "",
                advance,
                changes=changes,
                with_data=data,
                jobs=jobs,
            )
    terminal.say(
        f"Rendered {build.total_pages():,} pages into {site} (files: {counts(asdict(files))})"
    )


@ghdirectory.command(epilog="Example: ghdirectory check --site build/site")
@options.database_option
@options.site_option
@options.jobs_option
def check(database: Path, site: Path, jobs: int | None) -> None:
    """Check that the site is complete: its pages match the API, and its links resolve."""
    from generator.check import check as check_site

    with closing(Directory(database)) as directory:
        build = read_build(site)
        with terminal.progress("Checking", build.total_pages(), "pages") as advance:
            check_site(directory, build, site, advance, jobs=jobs)
    terminal.say(
        f"Checked  {build.total_pages():,} pages: they match the API, and all links resolve"
    )


@ghdirectory.command(epilog="Example: ghdirectory build file:users.csv --total 1000")
@options.sources_argument
@options.seed_options
@options.title_option
@options.database_option
@options.output_option
@options.render_options
def build(**settings: Any) -> None:
    """Seed, bake, render and check in one run, unless nothing changed since the last one."""
    last, is_local = _last_build(**settings)
    unchanged = last.unchanged_files() if is_local else None
    if unchanged is None:
        _run(seed, settings)
        unchanged = last.unchanged_files()
    if unchanged is None:
        with last.replaced():
            for stage in (bake, render, check):
                _run(stage, settings)
    else:
        terminal.say(
            f"Kept     {settings['site']}: nothing changed since the last build"
            f" ({count(unchanged, 'file')})"
        )


def _last_build(
    sources: Sequence[str],
    api_url: str,
    store: Path,
    database: Path,
    site: Path,
    refresh: bool,
    jobs: int | None,
    max_wait: float,
    **settings: Any,
) -> tuple[LastBuild, bool]:
    """Return the last build, and whether its sources are files of this machine."""
    from generator.seed import local_files

    files = None if refresh else local_files(sources, api_url)
    inputs = (sources, api_url, store, database, sorted(settings.items()))
    return LastBuild(site, store, database, inputs, files or ()), files is not None


def _run(command: click.Command, settings: dict[str, Any]) -> Any:
    """Run *command* with those of *settings* that it takes, and return its value."""
    names = settings.keys() & {parameter.name for parameter in command.params}
    return click.get_current_context().invoke(command, **{name: settings[name] for name in names})


@ghdirectory.command(epilog="Example: ghdirectory query 'username=jo&pagination=10&page=2'")
@click.argument(
    "pairs",
    type=types.query,
    metavar="[QUERY]",
    default="",
    help=f"A query string of {', '.join(PARAMETERS)}; or a URL or path that has one.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Print how the answer is found: the SQL, its plan, what it reads, and the time.",
)
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
@click.option(
    "--host",
    type=types.name,
    default="127.0.0.1",
    help="The address to listen on. 0.0.0.0: all addresses.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the site in a browser.")
@options.database_option
@options.site_option
def serve(port: int, host: str, open_browser: bool, database: Path, site: Path) -> None:
    """Serve the site and the API on this machine, as a preview. Ctrl-C ends it."""
    import webbrowser

    from generator.serve import Preview
    from generator.serve import serve as serve_preview

    with suppress(KeyboardInterrupt):
        preview = Preview(database, site)
        if preview.build.release != preview.directory.release:
            terminal.warn(
                f"The site in {site} is release {preview.build.release}, but the API is release"
                f" {preview.directory.release}. Run `ghdirectory render` to update the site."
            )
        open_url = webbrowser.open if open_browser else None
        serve_preview(preview, host, port, terminal.say, open_url)


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
    from generator import publish as publishing

    with closing(publishing.S3Bucket(bucket, endpoint_url, concurrency)) as s3_bucket:
        if verify:
            site_id = release or publishing.read_site(site, allow_sample=True).site_id
            files = publishing.verify(site_id, s3_bucket, concurrency).files
            terminal.say(f"Verified {count(len(files), 'file')} of site {site_id}: all unchanged")
        else:
            manifest = publishing.read_site(site, release, allow_sample=allow_sample)
            _publish(site, manifest, s3_bucket, concurrency, dry_run)


def _publish(
    site: Path,
    manifest: "publishing.Manifest",
    bucket: "publishing.Bucket",
    concurrency: int,
    dry_run: bool,
) -> None:
    from generator import publish as publishing

    plan = publishing.compare(manifest, bucket, concurrency)
    address = f"{bucket.address}/{manifest.prefix}"
    terminal.say(f"Planned  {address}: {plan}")
    if dry_run:
        for line in plan.lines():
            terminal.say(f"         {line}")
        return
    with terminal.progress("Uploading", len(plan.uploads), "files") as advance:
        publishing.apply(plan, manifest, site, bucket, concurrency, advance)
    files = count(len(manifest.files), "file")
    terminal.say(f"Published {files} as {address}, each compared with the rendered file")


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
    except (MemoryError, RuntimeError) as exc:
        if not is_lack_of_memory(exc):
            raise
        terminal.error(LACK_OF_MEMORY)
        status = 1
    raise SystemExit(status or 0)

"""The verbs: parse, build objects, call one function, say what came of it.

The only module that reads the environment or writes to the terminal. A verb imports by itself what
others do not need: rendering that finds nothing to do takes no longer than to look.
"""

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

import click

from function.contract import About
from function.database import Directory
from function.errors import FunctionError
from generator import site as rendering
from generator.errors import GeneratorError, PublishError, StoreError, UnknownSource
from generator.files import read_build
from generator.github import DEFAULT_API_URL
from generator.pages import DEFAULT_ORDERS, DEFAULT_PAGE_SIZES, parse_orders, parse_page_sizes
from generator.site import DEFAULT_ORIGIN
from generator.words import count, moment, span

if TYPE_CHECKING:
    from generator.gather import Gathering

SECONDS_A_LINE = 5  # of progress, where there is no terminal to draw a bar on


class Parsed(click.ParamType[object]):
    """An option's text, turned into a value by *parse*; its ValueError is bad usage."""

    def __init__(self, name: str, parse: Callable[[str], object]) -> None:
        self.name, self._parse = name, parse

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Return *value* parsed."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


def _api_url(text: str) -> str:
    parts = urlsplit(text)
    host = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not an address like {DEFAULT_API_URL}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _endpoint(text: str) -> str:
    try:
        return _api_url(text)
    except ValueError as exc:
        raise ValueError(f"{text!r} is not an address like https://s3.example.org") from exc


def _base_path(text: str) -> str:
    names = text.strip("/").split("/") if text.strip("/") else []
    if not all(re.fullmatch(r"[A-Za-z0-9._~-]+", name) and name.strip(".") for name in names):
        raise ValueError(f"{text!r} is not a path like / or /directory/")
    return "".join(f"/{name}" for name in names) + "/"


def _origin(text: str) -> str:
    parts = urlsplit(text.rstrip("/"))
    if (
        parts.scheme not in ("http", "https")
        or not re.fullmatch(
            r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?", parts.netloc
        )
        or text.rstrip("/") != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError(f"{text!r} is not an origin like https://example.org")
    return text.rstrip("/").lower()


def _seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,9})\s*([smh]?)", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a time like 90 (seconds), 15m or 2h")
    seconds = int(found[1]) * {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}[found[2]]
    return min(seconds, 366 * 86400.0)  # longer than anybody waits, and than calendars end


FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
STORE = "build/github_users.db"
DATABASE = "build/directory.db"
SITE = "build/site"

sources_argument = click.argument("sources", metavar="[SOURCE]...", nargs=-1)
total_option = click.option(
    "-t",
    "--total",
    type=click.IntRange(1),
    callback=lambda ctx, option, total: min(total, 10**15),  # SQLite's integers end somewhere
    default=150,
    show_default=True,
    metavar="N",
    help="How many users the directory is to list: the first N of each source.",
)
store_option = click.option(
    "--store", type=FILE, default=STORE, show_default=True, help="Where what is gathered is kept."
)
api_url_option = click.option(
    "--api-url",
    type=Parsed("url", _api_url),
    envvar="GITHUB_API_URL",
    default=DEFAULT_API_URL,
    show_default=True,
    show_envvar=True,
    help="GitHub's API; GitHub Enterprise Server's is https://HOST/api/v3.",
)
refresh_option = click.option(
    "--refresh",
    is_flag=True,
    help="Read again what is stored: note who changed, was renamed, or is gone.",
)
max_wait_option = click.option(
    "--max-wait",
    type=Parsed("time", _seconds),
    default="15m",
    show_default=True,
    help="How long to wait for GitHub's limits and faults in all: 90 (seconds), 15m, 2h; 0: never.",
)
title_option = click.option(
    "--title", metavar="TEXT", help="The site's title, instead of what the sources are called."
)
database_option = click.option(
    "--database", type=FILE, default=DATABASE, show_default=True, help="The baked directory."
)
site_option = click.option(
    "--site", type=FOLDER, default=SITE, show_default=True, help="The rendered site."
)
output_option = click.option(
    "--output", type=FOLDER, default=SITE, show_default=True, help="The site's folder."
)
page_sizes_option = click.option(
    "--page-sizes",
    type=Parsed("sizes", parse_page_sizes),
    default=",".join(map(str, DEFAULT_PAGE_SIZES)),
    show_default=True,
    help="Page sizes to render, as in 10,25,50 or 1-100; 25 always is.",
)
orders_option = click.option(
    "--orders",
    type=Parsed("orders", parse_orders),
    default=",".join(DEFAULT_ORDERS),
    show_default=True,
    help="Orders to render, of id, -id, type and -type; id always is.",
)
types_option = click.option(
    "--types",
    default="all",
    show_default=True,
    metavar="NAMES",
    help="Types to list by themselves, too, as in User,Bot; all: the commonest; or none.",
)
base_path_option = click.option(
    "--base-path",
    type=Parsed("path", _base_path),
    default="/",
    show_default=True,
    help="Where the site lies on its host.",
)
origin_option = click.option(
    "--origin",
    type=Parsed("origin", _origin),
    default=DEFAULT_ORIGIN,
    show_default=True,
    help="The site's host, for the sitemap and for links that have to name it.",
)
data_option = click.option(
    "--data/--no-data", default=True, show_default=True, help="Put all users into files, too."
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    help="How many processes share the rendering.  [default: one for each core]",
)


def site_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* the options of what a site has and where it will be."""
    options = (
        *(page_sizes_option, orders_option, types_option),
        *(origin_option, base_path_option, data_option, jobs_option),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    epilog="Example: python -m generator build --total 1000 && python -m generator serve",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="github-user-directory")
def cli() -> None:
    """Make a directory of GitHub users: a static site and the API's database.

    SOURCE is any of these; of several, the directory has the users of all, each once.

    \b
      users                  GitHub's own list of all users, in the order they signed up
      org:NAME               the members of an organisation
      repo:OWNER/NAME        the contributors to a repository
      stargazers:OWNER/NAME  who starred a repository
      followers:LOGIN        who follows a user
      search:QUERY           what GitHub's search for users finds, as in search:location:iceland
      file:PATH              CSV (columns id and login; type, avatar_url, html_url may follow),
                             JSON or NDJSON of GitHub's user objects
      sample                 150 invented accounts, for a look without a network
      auto                   users; where GitHub cannot be reached, what is stored or else sample

    GITHUB_TOKEN, if set, raises GitHub's limit from 60 to 5,000 requests an hour.
    """  # noqa: D301  (click's own mark for lines to leave alone)


@cli.command(epilog="Example: python -m generator seed org:python repo:psf/requests --total 1000")
@sources_argument
@total_option
@refresh_option
@max_wait_option
@click.option(
    "--dry-run", is_flag=True, help="Say how many requests it takes and how many are left; stop."
)
@store_option
@api_url_option
def seed(
    sources: tuple[str, ...],
    total: int,
    refresh: bool,
    max_wait: float,
    dry_run: bool,
    store: Path,
    api_url: str,
) -> None:
    """Gather users into the store, going on where it stopped."""
    gathering = _gathering(store, api_url, total, refresh=refresh, max_wait=max_wait)
    with _sources():
        if dry_run:
            gathering.estimate(sources)
        else:
            gathering.run(sources)


@cli.command(epilog="Example: python -m generator bake --title 'Our people'")
@store_option
@click.option(
    "--output", type=FILE, default=DATABASE, show_default=True, help="The directory to make."
)
@title_option
def bake(store: Path, output: Path, title: str | None) -> None:
    """Bake the store's users into the directory: one read-only file."""
    from generator import bake as baking
    from generator.sources import joined_title
    from generator.store import Store

    with closing(Store(store)) as found:
        sizes = {one: found.count(one.identity, one.total) for one in found.chosen()}
        lists = [one for one, size in sizes.items() if size]
        if not lists:
            raise StoreError(
                f"there are no users in {store}; `python -m generator seed` gathers some"
            )
        about = About(
            ", ".join(one.source for one in lists),
            title or joined_title([one.title for one in lists]),
            max(one.seeded_at or "" for one in lists),
        )
        wanted = sum(sizes.values())
        users = baking.bake(
            found.profiles(), about, output, lambda what: _progress(what, wanted, "users")
        )
    with closing(Directory(output)) as directory:
        size = output.stat().st_size / 1000
        click.echo(
            f"Baked    {count(users, 'user')} into {output}"
            f" ({size:,.0f} kB, release {directory.release})"
        )


@cli.command(
    epilog="Example: python -m generator render --page-sizes 1-100 --base-path /directory/"
)
@database_option
@output_option
@site_options
def render(
    database: Path,
    output: Path,
    page_sizes: tuple[int, ...],
    orders: tuple[str, ...],
    types: str,
    origin: str,
    base_path: str,
    data: bool,
    jobs: int | None,
) -> None:
    """Render every page of the directory to static files."""
    # Read through once and in order: nothing of the file has to stay in memory.
    with closing(Directory(database, mapped=False)) as directory:
        try:
            built = rendering.plan(directory, page_sizes, orders, types)
        except ValueError as exc:
            raise click.BadParameter(str(exc), param_hint="--types") from exc
        with _progress("Rendering", built.page_count(), "pages") as advance:
            done = rendering.render(
                directory,
                built,
                output,
                rendering.Place(origin, base_path),
                advance,
                with_data=data,
                jobs=jobs,
            )
    click.echo(
        f"Rendered {built.page_count():,} pages into {output}"
        f" (files: {done.written:,} written, {done.unchanged:,} unchanged,"
        f" {done.removed:,} removed)"
    )


@cli.command(epilog="Example: python -m generator check --site build/site")
@database_option
@site_option
@base_path_option
def check(database: Path, site: Path, base_path: str) -> None:
    """Check the site against the API, and its links."""
    from generator import check as checking

    with closing(Directory(database)) as directory:
        built = read_build(site)
        with _progress("Checking", built.page_count(), "pages") as advance:
            checking.check(directory, built, site, base_path, advance)
    click.echo(
        f"Checked  {built.page_count():,} pages: they show what the API lists,"
        " and their links lead somewhere"
    )


@cli.command(epilog="Example: python -m generator build file:users.csv --total 1000")
@sources_argument
@total_option
@refresh_option
@max_wait_option
@title_option
@store_option
@api_url_option
@database_option
@output_option
@site_options
@click.pass_context
def build(
    ctx: click.Context,
    /,
    sources: tuple[str, ...],
    total: int,
    refresh: bool,
    max_wait: float,
    title: str | None,
    store: Path,
    api_url: str,
    database: Path,
    output: Path,
    base_path: str,
    **site: Any,
) -> None:
    """Seed, bake, render and check, in one."""
    gathering = _gathering(store, api_url, total, refresh=refresh, max_wait=max_wait)
    with _sources():
        warning = gathering.run(sources)
    ctx.invoke(bake, store=store, output=database, title=title)
    ctx.invoke(render, database=database, output=output, base_path=base_path, **site)
    ctx.invoke(check, database=database, site=output, base_path=base_path)
    if warning:  # once more, where the eye rests
        _warn(warning)


@cli.command(epilog="Example: python -m generator query 'username=jo&order_by=type&page=2'")
@click.argument("parameters", metavar="QUERY", default="")
@click.option(
    "--explain", is_flag=True, help="Print the SQL, its plan, rows and pages read, and the time."
)
@database_option
@click.pass_context
def query(ctx: click.Context, parameters: str, explain: bool, database: Path) -> None:
    """Print what the API answers to QUERY, or how it comes to it.

    QUERY is a query string as in an address, percent-encoded where need be. Exits with 1 when
    the API would refuse it.
    """
    from function.answer import answer_profiles
    from function.query import parse_query
    from generator import explain as explaining

    # Bytes of the command line that are no UTF-8 are read as the API reads such bytes.
    text = os.fsencode(parameters.removeprefix("?")).decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True)
    if explain:
        click.echo(explaining.explain(database, parse_query(pairs)))
        return
    with closing(Directory(database)) as directory:
        answer = answer_profiles(directory, pairs)
    click.echo(answer.body)
    ctx.exit(0 if answer.status == 200 else 1)


@cli.command(epilog="Example: python -m generator serve --port 8080")
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@database_option
@site_option
@base_path_option
def serve(port: int, host: str, database: Path, site: Path, base_path: str) -> None:
    """Show the site and the API on one port of this machine."""
    from generator import serve as serving

    preview = serving.Preview(database, site, base_path)
    if preview.build.release != preview.directory.release:
        _warn(
            f"The site in {site} is of release {preview.build.release}, the API's of"
            f" {preview.directory.release}; `python -m generator render` brings them together."
        )
    serving.serve(preview, host, port, click.echo)


@cli.command(epilog="Example: python -m generator publish --bucket my-site --dry-run")
@click.option("--bucket", required=True, metavar="NAME", help="The bucket to publish into.")
@click.option(
    "--release", metavar="NAME", help="Which one it has to be.  [default: whichever the site is]"
)
@site_option
@click.option(
    "--endpoint-url",
    type=Parsed("url", _endpoint),
    envvar="AWS_ENDPOINT_URL",
    show_envvar=True,
    help="A store that is not AWS, but speaks S3.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=32,
    show_default=True,
    help="How many requests are under way at a time.",
)
@click.option("--allow-sample", is_flag=True, help="Publish invented accounts, too.")
@click.option("--verify", is_flag=True, help="Only compare what is there with its manifest.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
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

    It goes below releases/NAME/; the manifest is uploaded last, once all that it names is known to
    be there. Credentials and region are found as all of AWS's tools find them.
    """
    from generator import publish as publishing

    try:
        from generator.s3 import S3Bucket
    except ModuleNotFoundError as exc:  # building does without
        raise PublishError(f"{exc.name} is missing; `make .venv/.deploy` installs it") from exc
    with closing(S3Bucket(bucket, endpoint_url, concurrency)) as store:
        if verify:
            name = release or publishing.read_site(site, allow_sample=True).name
            found = publishing.verify(name, store, concurrency)
            click.echo(
                f"Verified {count(len(found.files), 'file')} of release {name}:"
                " they are as they were published"
            )
            return
        local = publishing.read_site(site, release, allow_sample=allow_sample)
        place = f"{store.address}/{local.prefix}"
        plan = publishing.look(local, store, concurrency)
        click.echo(f"Planned  {place}: {plan}")
        if dry_run:
            for line in plan.lines():
                click.echo(f"         {line}")
            return
        with _progress("Uploading", len(plan.uploads), "files") as advance:
            publishing.carry_out(plan, local, site, store, concurrency, advance)
    click.echo(
        f"Published {count(len(local.files), 'file')} as {place},"
        " each compared with what was rendered"
    )


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 an error, 2 bad usage.

    *arguments* are the process's own if they are not given.
    """
    # What ends work by itself ends the processes that share it, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        status = cli.main(arguments, standalone_mode=False) or 0
    except click.Abort:
        click.echo("Interrupted; the same command goes on where it can.", err=True)
        status = 1
    except click.ClickException as exc:
        exc.show()
        status = exc.exit_code
    except (GeneratorError, FunctionError, OSError) as exc:
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {exc}", err=True)
        status = 1
    sys.exit(status)


def _token() -> str | None:
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise click.UsageError("GITHUB_TOKEN holds characters that no token has")
    return token or None


def _gathering(
    path: Path, api_url: str, total: int, *, refresh: bool, max_wait: float
) -> "Gathering":
    from generator.client import Client
    from generator.gather import Gathering, Terminal

    client = partial(Client, api_url, _token(), max_wait=max_wait, wait=_wait)
    return Gathering(path, api_url, total, refresh, client, Terminal(click.echo, _warn, _progress))


@contextmanager
def _sources() -> Iterator[None]:
    """Turn what names no source into bad usage."""
    try:
        yield
    except UnknownSource as exc:
        raise click.BadParameter(str(exc), param_hint="SOURCE") from exc


def _wait(seconds: float, why: str) -> None:
    """Wait, having said until when and why."""
    now = datetime.now(UTC)
    until = moment(now + timedelta(seconds=seconds), now)
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""  # the bar, which is drawn anew later
    click.echo(f"{clear}Waiting  until {until} ({span(seconds)}): {why}", err=True)
    time.sleep(seconds)


def _warn(text: str) -> None:
    rule = "*" * 78
    for line in (rule, *(f"  {line}" for line in f"WARNING: {text}".splitlines()), rule):
        click.secho(line, fg="yellow", bold=True, err=True)


@contextmanager
def _progress(label: str, length: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Give a function to be told how many of *length* are done: a bar, or lines in a log."""
    if sys.stderr.isatty():
        with click.progressbar(
            length=length, label=f"{label:<9}", file=sys.stderr, show_pos=True
        ) as bar:
            yield lambda done: bar.update(done - bar.pos)
        return
    said = time.monotonic()

    def line(done: int) -> None:
        nonlocal said
        if time.monotonic() - said >= SECONDS_A_LINE:
            said = time.monotonic()
            click.echo(f"{label:<10}{done:,} of {length:,} {unit}", err=True)

    yield line

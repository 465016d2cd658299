"""The verbs: parse, build objects, call one function, say what came of it.

The only module that reads the environment or writes to the terminal.
"""

import math
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, urlsplit

import click

from function.answer import answer_profiles
from function.contract import About
from function.database import Directory
from function.errors import FunctionError
from generator import bake as baking
from generator import check as checking
from generator import seed as gathering
from generator import serve as serving
from generator import site as rendering
from generator import sources
from generator.client import Client
from generator.errors import GeneratorError, SourceError, StoreError, Unreachable
from generator.files import read_build
from generator.github import DEFAULT_API_URL
from generator.pages import DEFAULT_PAGE_SIZES, parse_orders, parse_page_sizes
from generator.seed import Outcome
from generator.sources import Source
from generator.store import Progress, Store

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


def _base_path(text: str) -> str:
    names = text.strip("/").split("/") if text.strip("/") else []
    if not all(re.fullmatch(r"[A-Za-z0-9._~-]+", name) and name.strip(".") for name in names):
        raise ValueError(f"{text!r} is not a path like / or /directory/")
    return "".join(f"/{name}" for name in names) + "/"


def _seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,9})\s*([smh]?)", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a time like 90 (seconds), 15m or 2h")
    return int(found[1]) * {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}[found[2]]


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
    default="id,type",
    show_default=True,
    help="Orderings to render; id always is.",
)
base_path_option = click.option(
    "--base-path",
    type=Parsed("path", _base_path),
    default="/",
    show_default=True,
    help="Where the site lies on its host.",
)


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
    seeding = Seeding(store, api_url, total, refresh, max_wait)
    if dry_run:
        seeding.estimate(sources)
    else:
        seeding.run(sources)


@cli.command(epilog="Example: python -m generator bake --title 'Our people'")
@store_option
@click.option(
    "--output", type=FILE, default=DATABASE, show_default=True, help="The directory to make."
)
@title_option
def bake(store: Path, output: Path, title: str | None) -> None:
    """Bake the store's users into the directory: one read-only file."""
    with closing(Store(store)) as found:
        counts = {one: found.count(one.identity, one.total) for one in found.chosen()}
        lists = [one for one, count in counts.items() if count]
        if not lists:
            raise StoreError(
                f"there are no users in {store}; `python -m generator seed` gathers some"
            )
        about = About(
            ", ".join(one.source for one in lists),
            title or sources.title([one.title for one in lists]),
            max(one.seeded_at or "" for one in lists),
        )
        with _progress("Baking", sum(counts.values()), "users") as advance:
            users = baking.bake(found.profiles(), about, output, advance)
    with closing(Directory(output)) as directory:
        size = output.stat().st_size / 1000
        click.echo(
            f"Baked    {_count(users, 'user')} into {output}"
            f" ({size:,.0f} kB, release {directory.release})"
        )


@cli.command(
    epilog="Example: python -m generator render --page-sizes 1-100 --base-path /directory/"
)
@database_option
@output_option
@page_sizes_option
@orders_option
@base_path_option
def render(
    database: Path,
    output: Path,
    page_sizes: tuple[int, ...],
    orders: tuple[str, ...],
    base_path: str,
) -> None:
    """Render every page of the directory to static files."""
    with closing(Directory(database)) as directory:
        built = rendering.plan(directory, page_sizes, orders)
        with _progress("Rendering", built.page_count(), "pages") as advance:
            done = rendering.render(directory, built, output, base_path, advance)
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
@page_sizes_option
@orders_option
@base_path_option
@click.pass_context
def build(
    ctx: click.Context,
    sources: tuple[str, ...],
    total: int,
    refresh: bool,
    max_wait: float,
    title: str | None,
    store: Path,
    api_url: str,
    database: Path,
    output: Path,
    page_sizes: tuple[int, ...],
    orders: tuple[str, ...],
    base_path: str,
) -> None:
    """Seed, bake, render and check, in one."""
    warning = Seeding(store, api_url, total, refresh, max_wait).run(sources)
    ctx.invoke(bake, store=store, output=database, title=title)
    ctx.invoke(
        render,
        database=database,
        output=output,
        page_sizes=page_sizes,
        orders=orders,
        base_path=base_path,
    )
    ctx.invoke(check, database=database, site=output, base_path=base_path)
    if warning:  # once more, where the eye rests
        _warn(warning)


@cli.command(epilog="Example: python -m generator query 'username=jo&order_by=type&page=2'")
@click.argument("parameters", metavar="QUERY", default="")
@database_option
@click.pass_context
def query(ctx: click.Context, parameters: str, database: Path) -> None:
    """Print what the API answers to QUERY.

    QUERY is a query string as in an address, percent-encoded where need be. Exits with 1 when
    the API would refuse it.
    """
    # Bytes of the command line that are no UTF-8 are read as the API reads such bytes.
    text = os.fsencode(parameters.removeprefix("?")).decode("utf-8", "replace")
    with closing(Directory(database)) as directory:
        answer = answer_profiles(directory, parse_qsl(text, keep_blank_values=True))
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
    preview = serving.Preview(database, site, base_path)
    if preview.build.release != preview.directory.release:
        _warn(
            f"The site in {site} is of release {preview.build.release}, the API's of"
            f" {preview.directory.release}; `python -m generator render` brings them together."
        )
    serving.serve(preview, host, port, click.echo)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 an error, 2 bad usage.

    *arguments* are the process's own if they are not given.
    """
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


@dataclass(frozen=True, slots=True)
class Seeding:
    """The verb `seed`, with its options."""

    path: Path
    api_url: str
    total: int
    refresh: bool
    max_wait: float

    def run(self, specs: Sequence[str]) -> str | None:
        """Seed the sources named, and return the warning that was given, if one was."""
        auto, found = self._parse(specs)
        try:
            self._from(found, insist=not auto)
        except Unreachable as exc:
            if not auto:
                raise SourceError(
                    f"{exc}; without a network file:PATH and sample are sources"
                ) from exc
            return self._without_github(found[0], str(exc))
        return None

    def estimate(self, specs: Sequence[str]) -> None:
        """Say what seeding the sources named would take of GitHub's limit."""
        _, found = self._parse(specs)
        needed: Counter[str] = Counter()
        with closing(Store(self.path, sources.world(found, self.api_url))) as store:
            for source in found:
                users, requests = gathering.requests_needed(
                    source, store.progress(source.identity), self.total, refresh=self.refresh
                )
                at_most = "" if source.by_id or not requests else "at most "
                click.echo(
                    f"{source.name}: {at_most}{_count(requests, 'request')}, for"
                    f" {at_most}{_count(users, 'user')} of {self.total:,}"
                    if source.url
                    else f"{source.name}: no request"
                )
                needed[source.resource] += requests
        if not any(source.url for source in found):
            return
        with closing(self._client()) as client:
            for resource, requests in needed.items():
                limit = client.rate_limit(resource)
                if limit is None:
                    click.echo(f"{self.api_url} has no rate limit")
                    continue
                click.echo(
                    f"{self.api_url} has {limit.remaining:,} of {limit.limit:,} requests left"
                    f" until {_moment(limit.resets_at)}"
                    + ("" if resource == "core" else f" for {resource}")
                )
                if requests > limit.remaining:
                    click.echo(
                        f"That is {requests - limit.remaining:,} too few for now: what is"
                        " missing is waited for as long as --max-wait allows"
                        + ("" if client.authorized else "; GITHUB_TOKEN raises the limit to 5,000")
                    )

    def _parse(self, specs: Sequence[str]) -> tuple[bool, list[Source]]:
        """Return whether the sources are what `auto` stands for, and which they are, each once."""
        auto = not specs or list(specs) == ["auto"]
        if not auto and "auto" in specs:
            raise click.BadParameter(
                "auto is what seeds when nothing else is named; leave it out", param_hint="SOURCE"
            )
        try:
            found = [sources.parse(spec, self.api_url) for spec in (("users",) if auto else specs)]
        except ValueError as exc:
            raise click.BadParameter(str(exc), param_hint="SOURCE") from exc
        return auto, list({source.identity: source for source in found}.values())

    def _from(self, found: Sequence[Source], *, insist: bool = True) -> None:
        with ExitStack() as stack:
            world = sources.world(found, self.api_url)
            store = stack.enter_context(closing(Store(self.path, world)))
            store.choose([_listed(source) for source in found], self.total)
            if any(source.url for source in found):
                client = stack.enter_context(closing(self._client(insist=insist)))
            for source in found:
                with _progress("Seeding", self.total, "users") as advance:
                    outcome = (
                        gathering.crawl(
                            *(source, store, self.total, client, _now, advance, _warn),
                            refresh=self.refresh,
                        )
                        if source.url
                        else gathering.copy(source, store, self.total, _now, advance)
                    )
                self._say(source, outcome, store.count(source.identity, self.total))
            if store.displaced:
                click.echo(f"Kept     what {self.path} held before as {store.displaced}")

    def _say(self, source: Source, outcome: Outcome, users: int) -> None:
        fewer = f"; {self.total:,} were asked for" if users < self.total else ""
        click.echo(
            f"Seeded   {_count(users, 'user')} into {self.path} (source: {source.name}{fewer})"
        )
        tally = outcome.tally
        counts = {
            "new": tally.new,
            "renamed": tally.renamed,
            "changed type": tally.retyped,
            **({"changed address": tally.changed} if tally.changed else {}),
            "gone": tally.gone,
            "unchanged": tally.unchanged,
        }
        said = ", ".join(f"{count:,} {what}" for what, count in counts.items())
        if source.url:
            said += f"; {_count(outcome.requests, 'request')}"
        if outcome.not_modified:
            said += f", {outcome.not_modified:,} answered with 304 (not modified)"
        click.echo(f"         {said}")
        for note in outcome.notes:
            click.echo(f"         {note}")
        if self.refresh and source.url and not _token():
            click.echo(
                "         Without GITHUB_TOKEN an answer of 304 counts for GitHub's limit like any"
            )

    def _without_github(self, users: Source, why: str) -> str:
        """Use what is stored, first of all of *users*, or else the sample; return the warning."""
        for world in (sources.world([users], self.api_url), ""):
            with closing(Store(self.path, world)) as store:
                lists = [_listed(users)] if world else store.chosen()
                lists = [one for one in lists if store.count(one.identity, 1)]
                if all(one.source == "sample" for one in lists):
                    continue
                store.choose(lists, self.total)
                store.want()
                lists = store.chosen()
                names = ", ".join(one.source for one in lists)
                count = sum(1 for _ in store.profiles())
                fewer = f"; {self.total:,} were asked for" if count < self.total else ""
                warning = (
                    f"{why}.\nThis is made from what {self.path} holds: {_count(count, 'user')}"
                    f" (source: {names}, as of {max(one.seeded_at or '' for one in lists)}{fewer})."
                )
                _warn(warning)
                return warning
        warning = f"{why}.\nThis is made from the embedded SAMPLE: its accounts are invented."
        _warn(warning)
        self._from([sources.parse("sample", self.api_url)])
        return warning

    def _client(self, *, insist: bool = True) -> Client:
        return Client(self.api_url, _token(), max_wait=self.max_wait, wait=_wait, insist=insist)


def _listed(source: Source) -> Progress:
    return Progress(source.identity, source.name, source.title)


def _token() -> str | None:
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise click.UsageError("GITHUB_TOKEN holds characters that no token has")
    return token or None


def _now() -> datetime:
    return datetime.now(UTC)


def _wait(seconds: float, why: str) -> None:
    """Wait, having said until when and why."""
    until = _now() + timedelta(seconds=seconds)
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""  # the bar, which is drawn anew later
    click.echo(f"{clear}Waiting  until {_moment(until)} ({_time(seconds)}): {why}", err=True)
    time.sleep(seconds)


def _moment(when: datetime) -> str:
    """Return *when* for people, with the date unless it is within a day from now."""
    near = timedelta(0) <= when - _now() < timedelta(days=1)
    return f"{when:%H:%M:%S} UTC" if near else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _time(seconds: float) -> str:
    """Return *seconds* for people: "12 min 3 s"."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = {"h": hours, "min": minutes, "s": rest}
    return " ".join(f"{count:,} {unit}" for unit, count in parts.items() if count) or "0 s"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


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

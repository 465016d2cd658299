"""The verbs: parse, build objects, call one function, say what came of it.

The only module that reads the environment or writes to the terminal. A verb imports by itself what
others do not need, and command lines are argparse's: rendering that finds nothing to do takes no
longer than to look.
"""

import argparse
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TextIO, TypeVar
from urllib.parse import parse_qsl

from function.contract import About
from function.database import Directory
from function.errors import FunctionError
from generator import options
from generator import site as rendering
from generator.errors import GeneratorError, PublishError, StoreError, UnknownSource
from generator.files import identity, read_build, sealed_release
from generator.pages import DEFAULT_ORDERS, DEFAULT_PAGE_SIZES, parse_orders, parse_page_sizes
from generator.site import DEFAULT_ORIGIN
from generator.words import count, moment, span

if TYPE_CHECKING:
    from generator.gather import Gathering

PROGRAM = "python -m generator"
ABOUT = """Make a directory of GitHub users: a static site and the API's database.

SOURCE is any of these; of several, the directory has the users of all, each once.

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

GITHUB_TOKEN, if set, raises GitHub's limit from 60 to 5,000 requests an hour."""

STORE = "build/github_users.db"
DATABASE = "build/directory.db"
SITE = "build/site"
SECONDS_A_LINE = 5  # of progress, where there is no terminal to draw a bar on


class BadUsage(Exception):
    """What was asked for cannot be; the text begins with the name of the option or argument."""


class Option(NamedTuple):
    """An option, or an argument, of verbs: its *names*, and what argparse is to know of it.

    *variable* of the environment, where it is set, has the default.
    """

    names: tuple[str, ...]
    settings: dict[str, Any]
    variable: str | None = None


class Verb(NamedTuple):
    """A verb: what it runs, with the values of its options, and an *example* of it.

    *run* returns the exit status, if that is not 0.
    """

    run: Callable[..., int | None]
    options: tuple[Option, ...]
    example: str


VERBS: dict[str, Verb] = {}

Run = TypeVar("Run", bound=Callable[..., int | None])


def verb(*of: Option, example: str) -> Callable[[Run], Run]:
    """Make a function the verb of its name, with these options."""

    def register(run: Run) -> Run:
        VERBS[run.__name__] = Verb(run, of, f"Example: {PROGRAM} {example}")
        return run

    return register


def option(
    *names: str,
    help: str,
    parse: Callable[[str], object] = str,
    variable: str | None = None,
    **settings: Any,
) -> Option:
    """Return an option whose text *parse* makes a value of; a ValueError of it is bad usage."""
    notes = [f"env var: {variable}"] * bool(variable)
    if "default" in settings:
        notes.append(f"default: {settings['default']}")

    def value(text: str) -> object:
        try:
            return parse(text)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(str(exc)) from exc

    settings |= {"help": f"{help}  [{'; '.join(notes)}]" if notes else help, "type": value}
    return Option(names, settings, variable)


def flag(*names: str, help: str, **settings: Any) -> Option:
    """Return an option without a value."""
    return Option(names, {"action": "store_true", "help": help, **settings})


sources_argument = Option(
    ("sources",),
    {
        "metavar": "SOURCE",
        "nargs": "*",
        "help": f"Where the users are from: `{PROGRAM} --help` has what there is.",
    },
)
total_option = option(
    *("-t", "--total"),
    parse=options.total,
    default=150,
    metavar="N",
    help="How many users the directory is to list: the first N of each source.",
)
store_option = option(
    "--store",
    metavar="FILE",
    parse=options.file,
    default=STORE,
    help="Where what is gathered is kept.",
)
api_url_option = option(
    "--api-url",
    metavar="URL",
    parse=options.api_url,
    variable="GITHUB_API_URL",
    default=options.DEFAULT_API_URL,
    help="GitHub's API; GitHub Enterprise Server's is https://HOST/api/v3.",
)
refresh_option = flag(
    "--refresh", help="Read again what is stored: note who changed, was renamed, or is gone."
)
max_wait_option = option(
    "--max-wait",
    metavar="TIME",
    parse=options.seconds,
    default="15m",
    help="How long to wait for GitHub's limits and faults in all: 90 (seconds), 15m, 2h; 0: never.",
)
title_option = option(
    "--title", metavar="TEXT", help="The site's title, instead of what the sources are called."
)
database_option = option(
    "--database", metavar="FILE", parse=options.file, default=DATABASE, help="The baked directory."
)
site_option = option(
    "--site", metavar="FOLDER", parse=options.folder, default=SITE, help="The rendered site."
)
output_option = option(
    "--output", metavar="FOLDER", parse=options.folder, default=SITE, help="The site's folder."
)
base_path_option = option(
    "--base-path",
    metavar="PATH",
    parse=options.base_path,
    default="/",
    help="Where the site lies on its host.",
)
# What a site has, and where it will be.
site_options = (
    option(
        "--page-sizes",
        metavar="SIZES",
        parse=parse_page_sizes,
        default=",".join(map(str, DEFAULT_PAGE_SIZES)),
        help="Page sizes to render, as in 10,25,50 or 1-100; 25 always is.",
    ),
    option(
        "--orders",
        metavar="ORDERS",
        parse=parse_orders,
        default=",".join(DEFAULT_ORDERS),
        help="Orders to render, of id, -id, type and -type; id always is.",
    ),
    option(
        "--types",
        metavar="NAMES",
        default="all",
        help="Types to list by themselves, too, as in User,Bot; all: the commonest; or none.",
    ),
    option(
        "--origin",
        metavar="ORIGIN",
        parse=options.origin,
        default=DEFAULT_ORIGIN,
        help="The site's host, for the sitemap and for links that have to name it.",
    ),
    base_path_option,
    flag("--data", default=True, help=argparse.SUPPRESS),
    flag(
        "--no-data", action="store_false", dest="data", help="Do not put all users into files, too."
    ),
    option(
        "--jobs",
        metavar="N",
        parse=options.whole(1, 256),
        help="How many processes share the rendering.  [default: one for each core]",
    ),
)


@verb(
    sources_argument,
    total_option,
    refresh_option,
    max_wait_option,
    flag("--dry-run", help="Say how many requests it takes and how many are left; stop."),
    store_option,
    api_url_option,
    example="seed org:python repo:psf/requests --total 1000",
)
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


@verb(
    store_option,
    option(
        "--output",
        metavar="FILE",
        parse=options.file,
        default=DATABASE,
        help="The directory to make.",
    ),
    title_option,
    example="bake --title 'Our people'",
)
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
        _say(
            f"Baked    {count(users, 'user')} into {output}"
            f" ({size:,.0f} kB, release {directory.release})"
        )


@verb(
    database_option,
    output_option,
    *site_options,
    example="render --page-sizes 1-100 --base-path /directory/",
)
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
    directory_identity = identity(database)
    release = sealed_release(output, directory_identity)
    # Read through once and in order: nothing of the file has to stay in memory.
    with closing(Directory(database, release=release, mapped=False)) as directory:
        try:
            built = rendering.plan(directory, page_sizes, orders, types)
        except ValueError as exc:
            raise BadUsage(f"--types: {exc}") from exc
        with _progress("Rendering", built.page_count(), "pages") as advance:
            done = rendering.render(
                directory,
                built,
                output,
                rendering.Place(origin, base_path),
                advance,
                with_data=data,
                jobs=jobs,
                identity=directory_identity,
            )
    _say(
        f"Rendered {built.page_count():,} pages into {output}"
        f" (files: {done.written:,} written, {done.unchanged:,} unchanged,"
        f" {done.removed:,} removed)"
    )


@verb(database_option, site_option, base_path_option, example="check --site build/site")
def check(database: Path, site: Path, base_path: str) -> None:
    """Check the site against the API, and its links."""
    from generator import check as checking

    with closing(Directory(database)) as directory:
        built = read_build(site)
        with _progress("Checking", built.page_count(), "pages") as advance:
            checking.check(directory, built, site, base_path, advance)
    _say(
        f"Checked  {built.page_count():,} pages: they show what the API lists,"
        " and their links lead somewhere"
    )


@verb(
    sources_argument,
    total_option,
    refresh_option,
    max_wait_option,
    title_option,
    store_option,
    api_url_option,
    database_option,
    output_option,
    *site_options,
    example="build file:users.csv --total 1000",
)
def build(
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
    bake(store, database, title)
    render(database, output, base_path=base_path, **site)
    check(database, output, base_path)
    if warning:  # once more, where the eye rests
        _warn(warning)


@verb(
    Option(
        ("parameters",),
        {"metavar": "QUERY", "nargs": "?", "default": "", "help": "As behind an address's ?."},
    ),
    flag("--explain", help="Print the SQL, its plan, rows and pages read, and the time."),
    database_option,
    example="query 'username=jo&order_by=type&page=2'",
)
def query(parameters: str, explain: bool, database: Path) -> int:
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
        _say(str(explaining.explain(database, parse_query(pairs))))
        return 0
    with closing(Directory(database)) as directory:
        answer = answer_profiles(directory, pairs)
    _say(answer.body.decode())
    return 0 if answer.status == 200 else 1


@verb(
    option(
        "--port",
        metavar="N",
        parse=options.whole(0, 65535),
        default=5000,
        help="The port to listen on; 0: any that is free.",
    ),
    option("--host", metavar="HOST", default="127.0.0.1", help="The address to listen on."),
    database_option,
    site_option,
    base_path_option,
    example="serve --port 8080",
)
def serve(port: int, host: str, database: Path, site: Path, base_path: str) -> None:
    """Show the site and the API on one port of this machine."""
    from generator import serve as serving

    preview = serving.Preview(database, site, base_path)
    if preview.build.release != preview.directory.release:
        _warn(
            f"The site in {site} is of release {preview.build.release}, the API's of"
            f" {preview.directory.release}; `python -m generator render` brings them together."
        )
    serving.serve(preview, host, port, _say)


@verb(
    option(
        "--bucket", metavar="NAME", required=True, help="The bucket to publish into.  [required]"
    ),
    option(
        "--release",
        metavar="NAME",
        help="Which one it has to be.  [default: whichever the site is]",
    ),
    site_option,
    option(
        "--endpoint-url",
        metavar="URL",
        parse=options.endpoint,
        variable="AWS_ENDPOINT_URL",
        help="A store that is not AWS, but speaks S3.",
    ),
    option(
        "--concurrency",
        metavar="N",
        parse=options.whole(1, 256),
        default=32,
        help="How many requests are under way at a time.",
    ),
    flag("--allow-sample", help="Publish invented accounts, too."),
    flag("--verify", help="Only compare what is there with its manifest."),
    flag("--dry-run", help="Only say what would be done."),
    example="publish --bucket my-site --dry-run",
)
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
            _say(
                f"Verified {count(len(found.files), 'file')} of release {name}:"
                " they are as they were published"
            )
            return
        local = publishing.read_site(site, release, allow_sample=allow_sample)
        place = f"{store.address}/{local.prefix}"
        plan = publishing.look(local, store, concurrency)
        _say(f"Planned  {place}: {plan}")
        if dry_run:
            for line in plan.lines():
                _say(f"         {line}")
            return
        with _progress("Uploading", len(plan.uploads), "files") as advance:
            publishing.carry_out(plan, local, site, store, concurrency, advance)
    _say(
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
        status = _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        _say("\nInterrupted; the same command goes on where it can.", sys.stderr)
        status = 1
    except BrokenPipeError:  # who reads has seen enough; nothing is to be said of it at the end
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except (GeneratorError, FunctionError, OSError) as exc:
        _say(f"{_styled('Error:', _RED)} {exc}", sys.stderr)
        status = 1
    sys.exit(status)


def _run(arguments: Sequence[str]) -> int:
    """Do what *arguments* ask for, and return the exit status."""
    name, *words = arguments or [""]
    if name not in VERBS:
        return _about(arguments)
    found = parser(name)
    try:
        values = found.parse_intermixed_args([*_joined(words, VERBS[name].options)])
        return VERBS[name].run(**vars(values)) or 0
    except BadUsage as exc:
        found.error(str(exc))


def _about(arguments: Sequence[str]) -> int:
    """Say what the program is, or which version of it; that is all there is without a verb."""
    verbs = "\n".join(
        f"  {name:<9}{(found.run.__doc__ or '').partition('.')[0]}."
        for name, found in VERBS.items()
    )
    found = _Parser(
        prog=PROGRAM,
        usage="%(prog)s [-h] [--version] VERB ...",
        description=f"{ABOUT}\n\nVerbs, each of which has a --help of its own:\n{verbs}",
        epilog=f"Example: {PROGRAM} build --total 1000 && {PROGRAM} serve",
    )
    found.add_argument("--version", action="store_true", help="show the version and exit")
    if arguments and not arguments[0].startswith("-"):
        found.error(f"No such command {arguments[0]!r}; there are {', '.join(VERBS)}")
    if found.parse_args(arguments).version:
        from importlib.metadata import version

        _say(f"{PROGRAM}, version {version('github-user-directory')}")
        return 0
    found.print_help(sys.stderr)
    return 2


class _Parser(argparse.ArgumentParser):
    """argparse's, for texts that are laid out already, and errors in the manner of all others."""

    def __init__(self, **settings: Any) -> None:
        form = partial(argparse.RawDescriptionHelpFormatter, max_help_position=30, width=88)
        super().__init__(formatter_class=form, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Say how the verb is used and what is wrong, and exit with 2."""
        self.print_usage(sys.stderr)
        _say(f"{_styled('Error:', _RED)} {message}; --help has more", sys.stderr)
        sys.exit(2)


def parser(name: str) -> argparse.ArgumentParser:
    """Return what reads the arguments of the verb of that *name*."""
    run, of, example = VERBS[name]
    arguments = "".join(
        f" [{one.settings['metavar']}{'...' * (one.settings['nargs'] == '*')}]"
        for one in of
        if not one.names[0].startswith("-")
    )
    found = _Parser(
        prog=f"{PROGRAM} {name}",
        usage=f"%(prog)s [OPTION]...{arguments}",
        description=(run.__doc__ or "").replace("\n    ", "\n"),
        epilog=example,
    )
    for one in of:
        settings = dict(one.settings)
        if one.variable:
            settings["default"] = os.environ.get(one.variable) or settings.get("default")
        found.add_argument(*one.names, **settings)
    return found


def _joined(words: Sequence[str], of: Sequence[Option]) -> Iterator[str]:
    """Yield *words*, those of options together with their values.

    argparse would else take the value in `--orders -id` for an option.
    """
    valued = {name for one in of if "type" in one.settings for name in one.names}
    following = iter(words)
    for word in following:
        value = next(following, None) if word in valued else None
        yield word if value is None else f"{word}={value}"
        if word == "--":
            yield from following


def _token() -> str | None:
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise BadUsage("GITHUB_TOKEN holds characters that no token has")
    return token or None


def _gathering(
    path: Path, api_url: str, total: int, *, refresh: bool, max_wait: float
) -> "Gathering":
    from generator.client import Client
    from generator.gather import Gathering, Terminal

    client = partial(Client, api_url, _token(), max_wait=max_wait, wait=_wait)
    return Gathering(path, api_url, total, refresh, client, Terminal(_say, _warn, _progress))


@contextmanager
def _sources() -> Iterator[None]:
    """Turn what names no source into bad usage."""
    try:
        yield
    except UnknownSource as exc:
        raise BadUsage(f"SOURCE: {exc}") from exc


def _wait(seconds: float, why: str) -> None:
    """Wait, having said until when and why."""
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    until = moment(now + timedelta(seconds=seconds), now)
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""  # the bar, which is drawn anew later
    _say(f"{clear}Waiting  until {until} ({span(seconds)}): {why}", sys.stderr)
    time.sleep(seconds)


def _warn(text: str) -> None:
    rule = "*" * 78
    for line in (rule, *(f"  {line}" for line in f"WARNING: {text}".splitlines()), rule):
        _say(_styled(line, _YELLOW), sys.stderr)


@contextmanager
def _progress(label: str, length: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Give a function to be told how many of *length* are done: a bar, or lines in a log."""
    if sys.stderr.isatty():
        import click

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
            _say(f"{label:<10}{done:,} of {length:,} {unit}", sys.stderr)

    yield line


# https://www.ecma-international.org/publications-and-standards/standards/ecma-48/ (8.3.117)
_RED, _YELLOW = "1;31", "1;33"


def _styled(text: str, style: str) -> str:
    """Return *text* as a terminal, if there is one for errors, shows it in that style."""
    return f"\x1b[{style}m{text}\x1b[0m" if sys.stderr.isatty() else text


def _say(text: str, where: TextIO | None = None) -> None:
    """Write *text* as a line *where* it belongs, which is what others read if not said."""
    print(text, file=where or sys.stdout, flush=True)

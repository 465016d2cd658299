"""The verbs: parse, build objects, call one function, say what came of it.

The only module that reads the environment. A verb imports by itself what others do not need:
rendering that finds nothing to do takes no longer than to look.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar
from urllib.parse import parse_qsl

from function.contract import About
from function.database import Directory
from function.errors import FunctionError
from generator.cli import terminal
from generator.cli import types as options
from generator.cli.command_line import (
    HELP,
    Argument,
    BadUsage,
    Option,
    explained,
    filled,
    flag,
    in_columns,
    meant,
    option,
    read,
    usage,
)
from generator.errors import GeneratorError, PublishError, StoreError, UnknownSource
from generator.render import Place, plan, render_site
from generator.site import (
    DEFAULT_ORDERS,
    DEFAULT_PAGE_SIZES,
    file_identity,
    parse_orders,
    parse_page_sizes,
    read_build,
    sealed_release,
)
from generator.text import count

if TYPE_CHECKING:
    from generator.seed import Gathering

ABOUT = "Make a directory of GitHub users: a static site and the API's database."
SOURCES = (
    ("users", "GitHub's own list of all users, in the order they signed up"),
    ("org:NAME", "the members of an organisation"),
    ("repo:OWNER/NAME", "the contributors to a repository"),
    ("stargazers:OWNER/NAME", "who starred a repository"),
    ("followers:LOGIN", "who follows a user"),
    ("search:QUERY", "what GitHub's search for users finds, as in search:location:iceland"),
    (
        "file:PATH",
        "CSV (columns id and login; type, avatar_url, html_url may follow), JSON or NDJSON of"
        " GitHub's user objects",
    ),
    ("sample", "150 invented accounts, for a look without a network"),
    ("auto", "users; where GitHub cannot be reached, what is stored or else sample"),
)
ABOUT_SOURCES = "SOURCE is any of these; of several, the directory has the users of all, each once."
ABOUT_TOKEN = "GITHUB_TOKEN, if set, raises GitHub's limit from 60 to 5,000 requests an hour."  # noqa: S105  (no token)

STORE = "build/github_users.db"
DATABASE = "build/directory.db"
SITE = "build/site"


class Verb(NamedTuple):
    """A verb: what it runs with the values of its options, and what these are.

    *run* returns the exit status, if that is not 0.
    """

    run: Callable[..., int | None]
    options: tuple[Option, ...]
    argument: Argument | None
    example: str


VERBS: dict[str, Verb] = {}

Run = TypeVar("Run", bound=Callable[..., int | None])


def verb(*of: Option, example: str, argument: Argument | None = None) -> Callable[[Run], Run]:
    """Make a function the verb of its name, with these options."""

    def register(run: Run) -> Run:
        VERBS[run.__name__] = Verb(run, of, argument, example)
        return run

    return register


sources_argument = Argument("sources", "SOURCE", many=True)
total_option = option(
    *("-t", "--total"),
    metavar="N",
    parse=options.total,
    default="150",
    note="1 or more",
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
# Where users are from, and how they are asked for.
gathering_options = (total_option, refresh_option, max_wait_option, store_option, api_url_option)
title_option = option(
    "--title",
    parse=options.title,
    metavar="TEXT",
    help="The site's title, instead of what the sources are called.",
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
        note="default: none",
        help="The site's host, as in https://example.org; without it there are neither canonical"
        " links nor a sitemap.",
    ),
    base_path_option,
    flag("--data", "--no-data", default=True, help="Put all users into files, too, or do not."),
    option(
        "--jobs",
        metavar="N",
        parse=options.whole(1, 256),
        note="1 to 256, default: one for each core",
        help="How many processes share the rendering.",
    ),
)


@verb(
    *gathering_options,
    flag("--dry-run", help="Say how many requests it takes and how many are left; stop."),
    argument=sources_argument,
    example="seed org:python repo:psf/requests --total 1000",
)
def seed(sources: tuple[str, ...], dry_run: bool, **gathering: Any) -> None:
    """Gather users into the store, going on where it stopped.

    SOURCE is what the general help lists; if there is none, it is auto.
    """
    with _sources():
        if dry_run:
            _gathering(**gathering).estimate(sources)
        else:
            _gathering(**gathering).run(sources)


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
    from generator.bake import bake as bake_directory
    from generator.seed import joined_title
    from generator.store import Store

    with closing(Store(store)) as found:
        sizes = {one: found.count(one.identity, one.total) for one in found.chosen()}
        lists = [one for one, size in sizes.items() if size]
        if not lists:
            raise StoreError(f"there are no users in {store}; `ghdirectory seed` gathers some")
        about = About(
            ", ".join(one.source for one in lists),
            title or joined_title([one.title for one in lists]),
            max(one.seeded_at or "" for one in lists),
        )
        wanted = sum(sizes.values())
        users = bake_directory(
            found.profiles(), about, output, lambda what: terminal.progress(what, wanted, "users")
        )
    with closing(Directory(output)) as directory:
        size = output.stat().st_size / 1000
        terminal.say(
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
    origin: str | None,
    base_path: str,
    data: bool,
    jobs: int | None,
) -> None:
    """Render every page of the directory to static files."""
    directory, file = _opened(database, output)
    with closing(directory):
        try:
            built = plan(directory, page_sizes, orders, types)
        except ValueError as exc:
            raise BadUsage(f"--types: {exc}") from exc
        with terminal.progress("Rendering", built.page_count(), "pages") as advance:
            done = render_site(
                directory,
                built,
                output,
                Place(origin or "", base_path),
                advance,
                with_data=data,
                jobs=jobs,
                file_identity=file,
            )
    terminal.say(
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
        with terminal.progress("Checking", built.page_count(), "pages") as advance:
            checking.check(directory, built, site, base_path, advance)
    terminal.say(
        f"Checked  {built.page_count():,} pages: they show what the API lists,"
        " and their links lead somewhere"
    )


@verb(
    *gathering_options,
    title_option,
    database_option,
    output_option,
    *site_options,
    argument=sources_argument,
    example="build file:users.csv --total 1000",
)
def build(
    sources: tuple[str, ...],
    total: int,
    refresh: bool,
    max_wait: float,
    store: Path,
    api_url: str,
    title: str | None,
    database: Path,
    output: Path,
    base_path: str,
    **site: Any,
) -> None:
    """Seed, bake, render and check, in one.

    SOURCE is what the general help lists; if there is none, it is auto.
    """
    with _sources():
        warning = _gathering(total, refresh, max_wait, store, api_url).run(sources)
    bake(store, database, title)
    render(database, output, base_path=base_path, **site)
    check(database, output, base_path)
    if warning:  # once more, where the eye rests
        terminal.warn(warning)


@verb(
    flag("--explain", help="Print the SQL, its plan, rows and pages read, and the time."),
    database_option,
    argument=Argument("parameters", "QUERY"),
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
        terminal.say(str(explaining.explain(database, parse_query(pairs))))
        return 0
    with closing(Directory(database)) as directory:
        answer = answer_profiles(directory, pairs)
    terminal.say_bytes(answer.body)  # as the API sends it
    return 0 if answer.status == 200 else 1


@verb(
    option(
        "--port",
        metavar="N",
        parse=options.whole(0, 65535),
        default="5000",
        note="0 to 65535",
        help="The port to listen on; 0: any that is free.",
    ),
    option(
        "--host",
        metavar="HOST",
        parse=options.some_text,
        default="127.0.0.1",
        help="The address to listen on.",
    ),
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
        terminal.warn(
            f"The site in {site} is of release {preview.build.release}, the API's of"
            f" {preview.directory.release}; `ghdirectory render` brings them together."
        )
    serving.serve(preview, host, port, terminal.say)


@verb(
    option(
        "--bucket",
        metavar="NAME",
        parse=options.some_text,
        is_required=True,
        help="The bucket to publish into.",
    ),
    option(
        "--release",
        metavar="NAME",
        parse=options.some_text,
        note="default: whichever the site is",
        help="The release that the site has to be.",
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
        default="32",
        note="1 to 256",
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
        from generator.publish import S3Bucket
    except ModuleNotFoundError as exc:  # building does without
        raise PublishError(f"{exc.name} is missing; `make .venv/.deploy` installs it") from exc
    with closing(S3Bucket(bucket, endpoint_url, concurrency)) as store:
        if verify:
            name = release or publishing.read_site(site, allow_sample=True).name
            found = publishing.verify(name, store, concurrency)
            terminal.say(
                f"Verified {count(len(found.files), 'file')} of release {name}:"
                " they are as they were published"
            )
            return
        local = publishing.read_site(site, release, allow_sample=allow_sample)
        place = f"{store.address}/{local.prefix}"
        plan = publishing.compare(local, store, concurrency)
        terminal.say(f"Planned  {place}: {plan}")
        if dry_run:
            for line in plan.lines():
                terminal.say(f"         {line}")
            return
        with terminal.progress("Uploading", len(plan.uploads), "files") as advance:
            publishing.apply(plan, local, site, store, concurrency, advance)
    terminal.say(
        f"Published {count(len(local.files), 'file')} as {place},"
        " each compared with what was rendered"
    )


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 an error, 2 bad usage.

    *arguments* are the process's own if they are not given.
    """
    terminal.take_any_text()
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        terminal.tell("Interrupted; the same command goes on where it can.")
        status = 1
    except BrokenPipeError:  # who reads has seen enough
        status = 1
    except (GeneratorError, FunctionError, OSError) as exc:
        terminal.error(str(exc))
        status = 1
    terminal.let_go()
    sys.exit(status)


def _run(arguments: Sequence[str]) -> int:
    """Do what *arguments* ask for, and return the exit status."""
    program = _program()
    if not arguments:
        terminal.tell(_about(program))
        return 2
    name, *words = arguments
    if name in HELP:
        terminal.say(_about(program))
        return 0
    if name == "--version":
        from importlib.metadata import version

        terminal.say(f"{program}, version {version('github-user-directory')}")
        return 0
    try:
        if name not in VERBS:
            there = meant(name, [*VERBS, *HELP, "--version"])
            after = "; options come after the verb" if name.startswith("-") and not there else ""
            raise BadUsage(f"there is no verb {name!r}{there or after}")
        run, of, argument, _ = VERBS[name]
        program += f" {name}"
        values = read(words, of, argument, os.environ)
        if values is None:
            terminal.say(_help(name, program))
            return 0
        return run(**values) or 0
    except BadUsage as exc:
        terminal.error(f"{exc}\n`{program} --help` says what there is.")
        return 2


def _program() -> str:
    """Return how this was called."""
    name = Path(sys.argv[0]).stem
    return name if name == "ghdirectory" else "python -m generator"


def _about(program: str) -> str:
    """Return the help on all verbs."""
    width = terminal.width()
    verbs = [(name, (one.run.__doc__ or "").partition("\n\n")[0]) for name, one in VERBS.items()]
    return "\n\n".join(
        (
            f"Usage: {program} VERB [OPTION]...",
            filled(f"{ABOUT}\n\n{ABOUT_SOURCES}", width),
            in_columns(SOURCES, width),
            explained(ABOUT_TOKEN, [flag("--version", help="Show the version and exit.")], width),
            f"Verbs, each of which has a --help of its own:\n{in_columns(verbs, width)}",
            f"Example: {program} build --total 1000 && {program} serve",
        )
    )


def _help(name: str, program: str) -> str:
    """Return the help on the verb of that *name*."""
    run, of, argument, example = VERBS[name]
    about = (run.__doc__ or "").rstrip().replace("\n    ", "\n")
    return (
        f"{usage(program, argument)}\n\n{explained(about, of, terminal.width())}\n\n"
        f"Example: {program.removesuffix(name)}{example}"
    )


def _opened(database: Path, site: Path) -> tuple[Directory, str]:
    """Return the directory, to be read through once and in order, and which file it is.

    Its release is known without reading it if it is the one that the *site* was made from.
    """
    file = file_identity(database)
    directory = Directory(database, release=sealed_release(site, file), mapped=False)
    if file_identity(database) == file:
        return directory, file
    directory.close()  # it may be another one that has come in its place
    return Directory(database, mapped=False), ""


def _token() -> str | None:
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise BadUsage("GITHUB_TOKEN holds characters that no token has")
    return token or None


def _gathering(
    total: int, refresh: bool, max_wait: float, store: Path, api_url: str
) -> "Gathering":
    from generator.github import Client
    from generator.seed import Gathering, Terminal

    client = partial(Client, api_url, _token(), max_wait=max_wait, wait=terminal.wait)
    return Gathering(
        store,
        api_url,
        total,
        refresh,
        client,
        Terminal(terminal.say, terminal.warn, terminal.progress),
    )


@contextmanager
def _sources() -> Iterator[None]:
    """Turn what names no source into bad usage."""
    try:
        yield
    except UnknownSource as exc:
        raise BadUsage(f"SOURCE: {exc}") from exc

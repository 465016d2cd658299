"""The sources of users: GitHub's lists, files and the sample.

No source is opened before its `records` is called. A new source is one row of `SOURCES`.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from function.contract import Profile
from function.errors import shorten
from generator.errors import UnknownSource
from generator.github import (
    MAX_PER_PAGE,
    MAX_SEARCH_RESULTS,
    Batch,
    Reply,
    list_url,
    read_search,
    read_user,
    read_users,
    web_url,
)
from generator.seed.files import STDIN, read_records
from generator.seed.sample import PATH as SAMPLE
from generator.seed.sample import read_sample

FILE_SUFFIXES = (".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".gz")


@dataclass(frozen=True, slots=True)
class Source:
    """A list of users, on GitHub or on this machine.

    Attributes:
        name: the public name. That of a file is without its folder.
        title: a description to use within a sentence, as in "members of python".
        identity: the key of the list in a store.
        url: the address where a list on GitHub starts; None for a list on this machine.
        is_by_id: whether the list is read by id (see `generator.seed.paging`).
        read: decodes a reply.
        max_users: the number of users that GitHub lists at most; None if there is no limit.
        resource: the rate limit of GitHub that counts its requests.
        caveat: a remark about what the list leaves out, for people.
        records: reads a list on this machine from its start. It yields each user after the place
            that messages name it by.
        path: the file of a list on this machine.
    """

    name: str
    title: str
    identity: str
    url: str | None = None
    is_by_id: bool = False
    read: Callable[[Reply], Batch] = read_users
    max_users: int | None = None
    resource: str = "core"
    caveat: str = ""
    records: Callable[[], Iterator[tuple[str, Profile]]] | None = None
    path: Path | None = None


# Takes the kind, the detail after the colon ("" without one) and the address of the API.
MakeSource = Callable[[str, str, str], Source]


def parse_source(spec: str, api_url: str) -> Source:
    """Return the source that *spec* names, as in "users", "org:python" or "file:users.csv".

    It may also be the address of a page of the server, as in "https://github.com/orgs/python".

    Raises:
        UnknownSource: there is no such source.
    """
    if _is_several(spec, api_url):
        raise UnknownSource(
            f"{shorten(spec)} looks like several sources: each is an argument of its own"
            " (with make, one in SOURCE and the others in ARGS)"
        )
    name = _parse_address(spec, api_url)
    if not _is_complete(name):
        suggestion = _suggestion(spec)
        advice = (
            f"did you mean {suggestion!r}?" if suggestion else f"there are auto, {', '.join(FORMS)}"
        )
        raise UnknownSource(f"there is no source {spec!r}; {advice}")
    kind, _, detail = name.partition(":")
    _, _, make_source = SOURCES[kind]
    return make_source(kind, detail, api_url)


def _is_several(spec: str, api_url: str) -> bool:
    """Return whether *spec* is several sources, and not a query or file name with blanks."""
    first, *rest = words = spec.split() or [""]
    if first.startswith("search:"):  # its query may have org: and followers:, but no other source
        names = (word for word in rest if not word.startswith(("org:", "followers:")))
        return any(":" in name and _is_complete(name) for name in names)
    if not rest or (first.startswith("file:") and os.path.lexists(spec.removeprefix("file:"))):
        return False
    host = _host(api_url)
    return all(word == "auto" or _is_complete(word) or host.match(word) for word in words)


def _is_complete(name: str) -> bool:
    """Return whether *name* has the form of a source."""
    kind, colon, detail = name.partition(":")
    form, *_ = SOURCES.get(kind, (None,))
    return form is not None and (bool(detail.strip()) if ":" in form else not colon)


def _host(api_url: str) -> re.Pattern[str]:
    """Return a pattern for the start of the addresses of a server's pages."""
    host = re.escape(web_url(api_url).partition("//")[2])
    return re.compile(rf"(?:https?://)?(?:www\.)?{host}/", re.IGNORECASE)


def _parse_address(spec: str, api_url: str) -> str:
    """Return the source that the page at *spec* shows; *spec* if it is no address of a page.

    Raises:
        UnknownSource: the page is that of an account.
    """
    if not (start := _host(api_url).match(spec)):
        return spec
    path, _, text = spec[start.end() :].partition("#")[0].partition("?")
    query = dict(parse_qsl(text))
    match [unquote(part) for part in path.split("/") if part]:
        case ["orgs", name] | ["orgs", name, "people"]:
            return f"org:{name}"
        case ["search"] if query.get("type") == "users" and "q" in query:
            return f"search:{query['q']}"
        case [owner, name, "stargazers", *_]:
            return f"stargazers:{owner}/{name}"
        case [owner, name, *_] if owner != "orgs":
            return f"repo:{owner}/{name}"
        case [login] if query.get("tab") == "followers":
            return f"followers:{login}"
        case [login]:
            raise UnknownSource(
                f"{shorten(spec)} is an account: name org:{login} for the members of an"
                f" organisation, or followers:{login}"
            )
    return spec


def _suggestion(spec: str) -> str | None:
    """Return the source that a user may mean by *spec*, which names none."""
    kind, colon, detail = spec.partition(":")
    if not colon:
        # Path.is_file would raise OSError for a name that is too long.
        if spec.lower().endswith(FILE_SUFFIXES) or os.path.isfile(spec):  # noqa: PTH113
            return f"file:{spec}"
        if re.fullmatch(r"[\w.-]+/[\w.-]+", spec):
            return f"repo:{spec}"
    (closest,) = get_close_matches(kind.lower(), [*SOURCES, "auto"], n=1) or [""]
    form, *_ = SOURCES.get(closest, (closest,))
    return f"{closest}:{detail}" if ":" in form and detail.strip() else form or None


def local_files(specs: Sequence[str], api_url: str) -> list[Path] | None:
    """Return the files of the named sources; None if one is on GitHub, or can be read only once.

    Raises:
        UnknownSource: there is no such source.
    """
    paths = [parse_source(spec, api_url).path for spec in specs if spec != "auto"]
    files = [path for path in paths if path and path.is_file()]
    return files if specs and len(files) == len(specs) else None


def joined_title(titles: Sequence[str]) -> str:
    """Return the title of a directory of several lists, as in "Members of a and sample users"."""
    *first, last = dict.fromkeys(titles)
    joined = f"{', '.join(first)} and {last}" if first else last
    return joined[0].upper() + joined[1:]


def _users(kind: str, detail: str, api_url: str) -> Source:
    url = list_url(api_url, "users", since=0)
    return Source(kind, "GitHub users", url, url, is_by_id=True)


def _search(kind: str, detail: str, api_url: str) -> Source:
    try:
        url = list_url(api_url, "search", "users", q=detail, per_page=MAX_PER_PAGE)
    except UnicodeEncodeError as exc:
        raise UnknownSource(f"{shorten(detail)} is not UTF-8") from exc
    return Source(
        f"{kind}:{detail}",
        f"GitHub users matching “{detail}”",
        url,
        url,
        read=read_search,
        max_users=MAX_SEARCH_RESULTS,
        resource="search",
        caveat=f"GitHub lists only the first {MAX_SEARCH_RESULTS:,} users that a search finds",
    )


def _named(path: str, title: str, kind: str, detail: str, api_url: str, **more: Any) -> Source:
    """Return the list at *path* of GitHub's API. {} stands for an account's or repository's name.

    *more* are further attributes of the source.
    """
    name = _read_name(detail, api_url, is_repository=path.startswith("repos/"))
    url = list_url(api_url, *path.format(name).split("/"), per_page=MAX_PER_PAGE)
    identity = url.lower()  # GitHub's names are not case-sensitive
    return Source(f"{kind}:{name}", title.format(name), identity, url, **more)


def _read_name(text: str, api_url: str, *, is_repository: bool) -> str:
    """Return the name in *text* without what people copy with it: an "@" or an address."""
    name = _host(api_url).sub("", text, count=1).removeprefix("@").rstrip("/")
    if is_repository:
        name = name.removesuffix(".git")
    parts = name.split("/")
    is_valid = all(part.strip(".") and part.isprintable() and " " not in part for part in parts)
    if not is_valid or len(parts) != 1 + is_repository:
        form = "repository like encode/httpx" if is_repository else "name like octocat"
        raise UnknownSource(f"{shorten(text)} is not a {form}")
    return name


def _file(kind: str, detail: str, api_url: str) -> Source:
    file = os.path.expanduser(detail)  # noqa: PTH111 - pathlib's raises for some names
    path = None if file == STDIN else Path(file)
    server = web_url(api_url)

    def records() -> Iterator[tuple[str, Profile]]:
        for place, record in read_records(file):
            yield place, read_user(record, place, server=server)

    names = (path.name, path.resolve()) if path else (STDIN, STDIN)
    name, full = (os.fsencode(name).decode("utf-8", "replace") for name in names)
    return Source(f"{kind}:{name}", "GitHub users", f"{kind}:{full}", records=records, path=path)


def _sample(kind: str, detail: str, api_url: str) -> Source:
    return Source(kind, "sample users", kind, records=read_sample, path=SAMPLE)


# By the word before the colon: the form, what the source is (for help), and a function to make it.
SOURCES: dict[str, tuple[str, str, MakeSource]] = {
    "users": ("users", "GitHub's list of all users, in the order they signed up", _users),
    "org": (
        "org:NAME",
        "the public members of an organisation; with a member's token, all members",
        partial(
            _named,
            "orgs/{}/members",
            "members of {}",
            caveat="GitHub lists the public members only; with a token of a member, it lists all",
        ),
    ),
    "repo": (
        "repo:OWNER/NAME",
        "the contributors to a repository, without anonymous ones",
        partial(
            _named,
            "repos/{}/contributors",
            "contributors to {}",
            caveat="GitHub links only the first 500 author addresses of a repository to accounts;"
            " the other contributors are anonymous, and are not listed",
        ),
    ),
    "stargazers": (
        "stargazers:OWNER/NAME",
        "the users who starred a repository",
        partial(_named, "repos/{}/stargazers", "stargazers of {}"),
    ),
    "followers": (
        "followers:LOGIN",
        "the followers of a user",
        partial(_named, "users/{}/followers", "followers of {}"),
    ),
    "search": (
        "search:QUERY",
        "the results of GitHub's user search, 1,000 at most; for example search:location:iceland",
        _search,
    ),
    "file": (
        "file:PATH",
        "a CSV file with the columns id and login (type, avatar_url and html_url are optional),"
        " or JSON or NDJSON with GitHub's user objects; file:- is standard input",
        _file,
    ),
    "sample": ("sample", "150 invented accounts, to try the program without a network", _sample),
}
# What each form of a source is.
FORMS = {form: description for form, description, _ in SOURCES.values()}

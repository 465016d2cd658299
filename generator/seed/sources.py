"""The sources of users: GitHub's lists, files and the sample.

No source is opened before its `records` is called. A new source is one function and one row of
`SOURCES`.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
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
    read_contributors,
    read_search,
    read_user,
    read_users,
    web_url,
)
from generator.seed.encodings import STDIN
from generator.seed.files import read_records
from generator.seed.sample import PATH as SAMPLE
from generator.seed.sample import read_sample

_GITHUB = re.compile(r"(?:https?://)?(?:www\.)?github\.com/", re.IGNORECASE)
FILE_SUFFIXES = (".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".gz")


@dataclass(frozen=True, slots=True)
class Source:
    """A list of users, on GitHub or on this machine.

    Attributes:
        name: the public name. That of a file is without its folder.
        title: a description to use within a sentence, as in "members of python".
        identity: the key of the list in a store.
        url: the address where a list on GitHub starts; None for a list on this machine.
        is_by_id: whether the list is read by id (see `generator.github.paging`).
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


def parse_source(spec: str, api_url: str) -> Source:
    """Return the source that *spec* names, as in "users", "org:python" or "file:users.csv".

    It may also be the address of a page of github.com.

    Raises:
        UnknownSource: there is no such source.
    """
    if _is_several(spec, api_url):
        raise UnknownSource(
            f"{shorten(spec)} looks like several sources: each is an argument of its own"
            " (with make, one in SOURCE and the others in ARGS)"
        )
    return _parse_one(spec, api_url)


def _is_several(spec: str, api_url: str) -> bool:
    """Return whether *spec* is several sources, and not a query or file name with blanks."""
    first, *rest = spec.split() or [""]
    kind = first.partition(":")[0]
    if kind == "file" and os.path.lexists(spec.removeprefix("file:")):
        return False
    if kind == "search":  # its query may have org: and followers:, but none of these
        return any(word.startswith(("search:", "repo:", "stargazers:", "file:")) for word in rest)
    try:
        for word in {first, *rest} - {"auto"}:
            _parse_one(word, api_url)
    except UnknownSource:
        return False
    return bool(rest)


def _parse_one(spec: str, api_url: str) -> Source:
    kind, colon, detail = _parse_address(spec).partition(":")
    form, make_source = SOURCES.get(kind, ("", None))
    has_detail = bool(detail.strip())
    if make_source is None or bool(colon) != (":" in form) or (colon and not has_detail):
        suggestion = _suggestion(spec)
        advice = (
            f"did you mean {suggestion!r}?" if suggestion else f"there are auto, {', '.join(FORMS)}"
        )
        raise UnknownSource(f"there is no source {spec!r}; {advice}")
    if kind != "file":
        try:
            detail.encode()
        except UnicodeEncodeError as exc:
            raise UnknownSource(f"{shorten(spec)} is not UTF-8") from exc
    return make_source(detail, api_url)


def _parse_address(spec: str) -> str:
    """Return the source that the page of github.com at *spec* shows; *spec* if it is no address.

    Raises:
        UnknownSource: the page is that of an account.
    """
    if not (start := _GITHUB.match(spec)):
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
    form, _ = SOURCES.get(closest, (closest, None))
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


def _users(detail: str, api_url: str) -> Source:
    url = list_url(api_url, "users", since=0)
    return Source("users", "GitHub users", url, url, is_by_id=True)


def _org(detail: str, api_url: str) -> Source:
    name = _name(_handle(detail))
    url = list_url(api_url, "orgs", name, "members", per_page=MAX_PER_PAGE)
    return Source(
        f"org:{name}",
        f"members of {name}",
        url.lower(),  # GitHub's names are not case-sensitive
        url,
        caveat="GitHub lists the public members only; with a token of a member, it lists all",
    )


def _repo(detail: str, api_url: str) -> Source:
    owner, name = _owner_and_name(detail)
    url = list_url(api_url, "repos", owner, name, "contributors", per_page=MAX_PER_PAGE)
    return Source(
        f"repo:{owner}/{name}",
        f"contributors to {owner}/{name}",
        url.lower(),  # GitHub's names are not case-sensitive
        url,
        read=read_contributors,
        caveat="GitHub links only the first 500 author addresses of a repository to accounts;"
        " the other contributors are anonymous, and are not listed",
    )


def _stargazers(detail: str, api_url: str) -> Source:
    owner, name = _owner_and_name(detail)
    url = list_url(api_url, "repos", owner, name, "stargazers", per_page=MAX_PER_PAGE)
    return Source(f"stargazers:{owner}/{name}", f"stargazers of {owner}/{name}", url.lower(), url)


def _followers(detail: str, api_url: str) -> Source:
    name = _name(_handle(detail))
    url = list_url(api_url, "users", name, "followers", per_page=MAX_PER_PAGE)
    return Source(f"followers:{name}", f"followers of {name}", url.lower(), url)


def _search(detail: str, api_url: str) -> Source:
    url = list_url(api_url, "search", "users", q=detail, per_page=MAX_PER_PAGE)
    return Source(
        f"search:{detail}",
        f"GitHub users matching “{detail}”",
        url,
        url,
        read=read_search,
        max_users=MAX_SEARCH_RESULTS,
        resource="search",
        caveat=f"GitHub lists only the first {MAX_SEARCH_RESULTS:,} users that a search finds",
    )


def _file(detail: str, api_url: str) -> Source:
    path = Path(detail)
    if path.parts[:1] == ("~",):
        path = path.expanduser()
    full_path = path if path == STDIN else path.resolve()
    server = web_url(api_url)

    def records() -> Iterator[tuple[str, Profile]]:
        for place, record in read_records(path):
            yield place, read_user(record, place, server=server)

    name, full = (os.fsencode(p).decode("utf-8", "replace") for p in (path.name, full_path))
    return Source(f"file:{name}", "GitHub users", f"file:{full}", records=records, path=path)


def _sample(detail: str, api_url: str) -> Source:
    return Source("sample", "sample users", "sample", records=read_sample, path=SAMPLE)


def _owner_and_name(detail: str) -> tuple[str, str]:
    owner, slash, name = _handle(detail).partition("/")
    if not slash:
        raise UnknownSource(f"{shorten(detail)} is not a repository like encode/httpx")
    return _name(owner), _name(name.removesuffix(".git"))


def _handle(text: str) -> str:
    """Return *text* without what people copy with a name: an "@", or the address of github.com."""
    return _GITHUB.sub("", text, count=1).removeprefix("@").rstrip("/")


def _name(text: str) -> str:
    """Return *text* if it can be an account's or a repository's name, one part of an address."""
    if not text.strip(".") or "/" in text or not text.isprintable() or " " in text:
        raise UnknownSource(f"{shorten(text)} is not a name like octocat")
    return text


# By the word before the colon: the form for help, and the function that makes the source.
SOURCES: dict[str, tuple[str, Callable[[str, str], Source]]] = {
    "users": ("users", _users),
    "org": ("org:NAME", _org),
    "repo": ("repo:OWNER/NAME", _repo),
    "stargazers": ("stargazers:OWNER/NAME", _stargazers),
    "followers": ("followers:LOGIN", _followers),
    "search": ("search:QUERY", _search),
    "file": ("file:PATH", _file),
    "sample": ("sample", _sample),
}
FORMS = tuple(form for form, _ in SOURCES.values())

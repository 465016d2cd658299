"""The lists that can be seeded. Opens nothing before a source's `profiles` is called.

A further source is one function and one row of `SOURCES`.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from function.contract import Profile
from generator.github import read_user, users_url
from generator.records import read_records
from generator.sample import read_sample


@dataclass(frozen=True, slots=True)
class Source:
    """A list of users: pages at *url* on GitHub, or *profiles* that are here already.

    Attributes:
        name: the list's name for the public; a file's without its folder.
        title: the list's name for people.
        identity: what a store of this list is known by.
        url: where the list starts, for one that GitHub serves.
        profiles: reads the list from its start, for one that is on this machine.
    """

    name: str
    title: str
    identity: str
    url: str | None = None
    profiles: Callable[[], Iterator[Profile]] | None = None


def parse(spec: str, api_url: str) -> Source:
    """Return the source that *spec* names, as in "users" or "file:users.csv".

    Raises:
        ValueError: there is no such source; the text says which there are.
    """
    kind, colon, detail = spec.partition(":")
    whole = bool(detail) if kind == "file" else not colon
    if kind not in SOURCES or not whole:
        raise ValueError(f"there is no source {spec!r}; there are auto, {', '.join(FORMS)}")
    return SOURCES[kind](detail, api_url)


def _users(detail: str, api_url: str) -> Source:
    url = users_url(api_url, since=0)
    return Source("users", "GitHub users", url, url=url)


def _file(detail: str, api_url: str) -> Source:
    path = Path(detail)

    def profiles() -> Iterator[Profile]:
        for where, record in read_records(path):
            if record is not None:
                yield read_user(record, where, complete=False)

    name, place = (os.fsencode(p).decode("utf-8", "replace") for p in (path.name, path.resolve()))
    return Source(f"file:{name}", "GitHub users", f"file:{place}", profiles=profiles)


def _sample(detail: str, api_url: str) -> Source:
    return Source("sample", "Sample users", "sample", profiles=read_sample)


SOURCES: dict[str, Callable[[str, str], Source]] = {
    "users": _users,
    "file": _file,
    "sample": _sample,
}
FORMS = ("users", "file:PATH", "sample")

"""Deployments: what is kept of them, and whether what is live is what it should be. Does no I/O.

They are kept in the site's bucket, so that any machine can go back to one:

- ``deployments/<time>-<release>.json``: the template as it was uploaded, and its parameters;
- ``deployments/history.json``: the names of those that went live and held, the live one last.
  Going back takes names off its end, so that going back twice goes back two; until that is done,
  it says that it is under way.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from function.answer import PATH as API_PATH
from generator.publish import Manifest, StoredObject
from generator.site import BUILD_KEY
from infra.errors import ParametersError
from infra.stack_name import why_not

DEPLOYMENTS = "deployments/"
HISTORY_KEY = f"{DEPLOYMENTS}history.json"
# What a deployment is asked for, and which file of its release has to come.
PAGES = {"/": "index.html", "/users": "users/1.html", "/build.json": BUILD_KEY}
API = f"{API_PATH}?pagination=1"


def check_stack_name(name: str) -> None:
    """Raise ParametersError unless a stack can be called *name*."""
    if reason := why_not(name):
        raise ParametersError(reason)


class Stack(NamedTuple):
    """A stack, as CloudFormation describes it."""

    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


class Answer(NamedTuple):
    """What a URL answers; the names of *headers* are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Deployment(NamedTuple):
    """A deployment that went live: its *name*, and all that it takes to repeat it."""

    name: str
    parameters: Mapping[str, str]
    template: str

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{DEPLOYMENTS}{self.name}.json"

    @property
    def site_id(self) -> str:
        """The id of the site that it shows."""
        return self.parameters["Release"]

    def is_what(self, stack: Stack, template: str) -> bool:
        """Return whether *stack*, made from *template*, is this very deployment."""
        return self.template == template and self.parameters.items() <= stack.parameters.items()

    def to_json(self) -> bytes:
        """Return what is kept of it."""
        return json.dumps({"parameters": dict(self.parameters), "template": self.template}).encode()


class History(NamedTuple):
    """The *names* of the deployments that held, the live one last.

    If going back to that *is_under_way*, it is to be live.
    """

    names: list[str]
    is_under_way: bool = False


def name_of(site_id: str, when: datetime) -> str:
    """Return what a deployment of *site_id* at that time is called; names sort by time."""
    return f"{when:%Y%m%dT%H%M%SZ}-{site_id}"


def site_id_of(name: str) -> str:
    """Return the site id of the deployment called *name*."""
    return name.partition("-")[2]


def surplus(
    objects: Iterable[StoredObject],
    kept: Collection[str],
    site_ids: Collection[str],
    before: datetime,
) -> list[str]:
    """Return the prefixes of the *objects* that nobody goes back to any more.

    Those are what is kept of deployments other than *kept*, and sites other than theirs and
    *site_ids*, if all of it was put *before* that time (aware).
    """
    wanted = {HISTORY_KEY, *(f"{DEPLOYMENTS}{name}.json" for name in kept)}
    wanted |= {f"releases/{site_id}/" for site_id in (*site_ids, *map(site_id_of, kept))}
    pattern = re.compile(rf"releases/[^/]+/|{DEPLOYMENTS}.+")
    newest: dict[str, datetime] = {}
    for one in objects:
        if (match := pattern.match(one.key)) and match[0] not in wanted:
            newest[match[0]] = max(one.modified, newest.get(match[0], one.modified))
    return sorted(prefix for prefix, modified in newest.items() if modified < before)


def unlike(get: Callable[[str], Answer], site: str, manifest: Manifest) -> str | None:
    """Return in which way what is at the address *site* is not *manifest*'s; None if in none.

    Pages have to be the site's to the byte, and the API of the directory they were made from.
    """
    try:
        for path, key in PAGES.items():
            answer = get(site + path)
            if answer.status != 200:
                return f"{site}{path} answers {answer.status}"
            if hashlib.sha256(answer.body).digest() != manifest.files[key].sha256:
                return f"{site}{path} is not the site's {key}"
        answer = get(site + API)
    except OSError as exc:
        return f"{site} does not answer: {exc}"
    if answer.status != 200:
        return f"{site}{API} answers {answer.status}"
    found = answer.headers.get("x-release")
    if found != manifest.release:
        return f"the API answers of {found}, and the pages are of {manifest.release}"
    return None

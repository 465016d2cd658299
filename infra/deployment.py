"""Deployments as values: names, records, history, and what is no longer needed. Does no I/O."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from generator.publish import StoredObject
from infra.cloud import Stack

DEPLOYMENTS = "deployments/"
HISTORY_KEY = f"{DEPLOYMENTS}history.json"


class Deployment(NamedTuple):
    """A deployment that succeeded, with all that repeating it takes.

    Attributes:
        name: its time and the site's id, as in 20261125T071829Z-c30ac21733c803a3-644dbbbe.
        parameters: the stack's parameters for the site.
        template: the stack's template, as it was uploaded.
    """

    name: str
    parameters: Mapping[str, str]
    template: str

    @property
    def key(self) -> str:
        """The key of its record in the site's bucket."""
        return record_key(self.name)

    @property
    def site_id(self) -> str:
        """The id of its site."""
        return self.parameters["Release"]

    def is_live(self, stack: Stack, template: str) -> bool:
        """Return whether *stack*, made from *template*, shows this deployment."""
        return self.template == template and self.parameters.items() <= stack.parameters.items()

    def to_json(self) -> bytes:
        """Return its record."""
        return json.dumps({"parameters": dict(self.parameters), "template": self.template}).encode()


class History(NamedTuple):
    """The deployments that succeeded.

    A rollback takes names off the end: two rollbacks go back by two deployments.

    Attributes:
        names: the names of the deployments, the live one last.
        is_under_way: whether a rollback to the last of them has begun and not yet ended.
    """

    names: list[str]
    is_under_way: bool = False


def deployment_name(site_id: str, time: datetime) -> str:
    """Return the name of a deployment of *site_id* at *time* (UTC). Names sort by time."""
    return f"{time:%Y%m%dT%H%M%SZ}-{site_id}"


def site_id_of(name: str) -> str:
    """Return the site id in the name of a deployment."""
    return name.partition("-")[2]


def record_key(name: str) -> str:
    """Return the key of the record of the deployment *name*."""
    return f"{DEPLOYMENTS}{name}.json"


def surplus_prefixes(
    objects: Iterable[StoredObject],
    deployments: Collection[str],
    site_ids: Collection[str],
    before: datetime,
) -> list[str]:
    """Return the prefixes of sites and records that can be deleted, sorted.

    A site or record is deleted only if all its objects are older than *before*.

    Args:
        objects: all objects of the site's bucket.
        deployments: the names of deployments whose records and sites are needed.
        site_ids: the ids of more sites that are needed.
        before: a time (aware).
    """
    needed = {HISTORY_KEY, *map(record_key, deployments)}
    needed |= {f"releases/{site_id}/" for site_id in (*site_ids, *map(site_id_of, deployments))}
    pattern = re.compile(rf"releases/[^/]+/|{DEPLOYMENTS}.+")
    newest: dict[str, datetime] = {}
    for item in objects:
        if (match := pattern.match(item.key)) and match[0] not in needed:
            newest[match[0]] = max(item.modified, newest.get(match[0], item.modified))
    return sorted(prefix for prefix, modified in newest.items() if modified < before)

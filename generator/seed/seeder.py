"""From the sources that are named to the store, with what there is to say of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from generator.errors import NobodyListed, SourceError, UnknownSource, Unreachable
from generator.github import Client
from generator.seed import crawl
from generator.seed.crawl import Outcome
from generator.seed.sources import Source, parse, world
from generator.store import Progress, Store
from generator.text import count, moment


@dataclass(frozen=True, slots=True)
class Terminal:
    """How to *say* a line, to *warn*, and to show *progress*.

    *progress* takes a label, how much there is to do and of what, and gives for a while a
    function to be told how much is done.
    """

    say: Callable[[str], None]
    warn: Callable[[str], None]
    progress: Callable[[str, int, str], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Gathering:
    """Seeds the store at *path* with the first *total* users of each source that is named.

    Attributes:
        path: the store.
        api_url: where GitHub's API is.
        total: how many users of each source are wanted.
        refresh: whether to read again what is stored.
        client: makes what asks GitHub; *insist* as in `Client`.
        terminal: where there is something to say.
    """

    path: Path
    api_url: str
    total: int
    refresh: bool
    client: Callable[..., Client]
    terminal: Terminal

    def run(self, specs: Sequence[str]) -> str | None:
        """Seed the sources named, and return the warning that was given, if one was.

        Raises:
            UnknownSource: one names no source.
            SourceError: one cannot be read; those before it are stored.
        """
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
        """Say what seeding the sources named would take of GitHub's limit.

        Raises: as `run`.
        """
        _, found = self._parse(specs)
        needed: Counter[str] = Counter()
        with closing(Store(self.path, world(found, self.api_url))) as store:
            for source in found:
                users, requests = crawl.requests_needed(
                    source, store, self.total, refresh=self.refresh
                )
                about, most = ("", "") if source.by_id or not requests else ("about ", "at most ")
                self.terminal.say(
                    f"{source.name}: {about}{count(requests, 'request')}, for"
                    f" {most}{count(users, 'user')} of {self.total:,}"
                    if source.url
                    else f"{source.name}: no request"
                )
                needed[source.resource] += requests
        if not any(source.url for source in found):
            return
        with closing(self.client()) as client:
            for resource, requests in needed.items():
                limit = client.rate_limit(resource)
                if limit is None:
                    self.terminal.say(f"{self.api_url} has no rate limit")
                    continue
                self.terminal.say(
                    f"{self.api_url} has {limit.remaining:,} of {limit.limit:,} requests left"
                    f" until {moment(limit.resets_at, _now())}"
                    + ("" if resource == "core" else f" for {resource}")
                )
                if requests > limit.remaining:
                    raised = "30 a minute" if resource == "search" else "5,000 an hour"
                    self.terminal.say(
                        f"That is {requests - limit.remaining:,} too few for now: what is"
                        " missing is waited for as long as --max-wait allows"
                        + ("" if client.authorized else f"; GITHUB_TOKEN raises it to {raised}")
                    )

    def _parse(self, specs: Sequence[str]) -> tuple[bool, list[Source]]:
        """Return whether the sources are what `auto` stands for, and which they are, each once."""
        auto = not specs or list(specs) == ["auto"]
        if not auto and "auto" in specs:
            raise UnknownSource(
                "auto seeds when nothing else is named: leave it out (for make, name one of the"
                " others in SOURCE)"
            )
        found = [parse(spec, self.api_url) for spec in (("users",) if auto else specs)]
        once: dict[str, Source] = {}
        for source in found:
            once.setdefault(source.identity, source)
        return auto, list(once.values())

    def _from(self, found: Sequence[Source], *, insist: bool = True) -> None:
        with ExitStack() as stack:
            store = stack.enter_context(closing(Store(self.path, world(found, self.api_url))))
            store.choose([_listed(source) for source in found], self.total)
            if any(source.url for source in found):
                client = stack.enter_context(closing(self.client(insist=insist)))
            stack.callback(self._say_displaced, store)
            empty: list[NobodyListed] = []
            for source in found:
                try:
                    with self.terminal.progress("Seeding", self.total, "users") as advance:
                        outcome = (
                            crawl.crawl(
                                *(source, store, self.total, client, _now, advance),
                                self.terminal.warn,
                                refresh=self.refresh,
                            )
                            if source.url
                            else crawl.copy(source, store, self.total, _now, advance)
                        )
                except NobodyListed as exc:  # others may
                    empty.append(exc)
                    if len(empty) == len(found):
                        raise
                    self.terminal.warn(str(exc))
                else:
                    self._say(source, outcome, store.count(source.identity, self.total))

    def _say_displaced(self, store: Store) -> None:
        if store.displaced:
            self.terminal.say(f"Kept     what {self.path} held before as {store.displaced}")

    def _say(self, source: Source, outcome: Outcome, users: int) -> None:
        fewer = f"; {self.total:,} were asked for" if users < self.total else ""
        self.terminal.say(
            f"Seeded   {count(users, 'user')} into {self.path} (source: {source.name}{fewer})"
        )
        tally = outcome.tally
        numbers = {
            "new": tally.new,
            "renamed": tally.renamed,
            "changed type": tally.retyped,
            **({"changed address": tally.changed} if tally.changed else {}),
            "gone": tally.gone,
            "unchanged": tally.unchanged,
        }
        said = ", ".join(f"{number:,} {what}" for what, number in numbers.items())
        if source.url:
            said += f"; {count(outcome.requests, 'request')}"
        if outcome.not_modified:
            said += f", {outcome.not_modified:,} answered with 304 (not modified)"
        self.terminal.say(f"         {said}")
        for note in outcome.notes:
            self.terminal.say(f"         {note}")

    def _without_github(self, users: Source, why: str) -> str:
        """Use what is stored, first of all of *users*, or else the sample; return the warning."""
        for here in (world([users], self.api_url), ""):
            with closing(Store(self.path, here)) as store:
                lists = [_listed(users)] if here else store.chosen()
                lists = [one for one in lists if store.count(one.identity, 1)]
                if all(one.source == "sample" for one in lists):
                    continue
                store.choose(lists, self.total)
                store.commit_choice()
                lists = store.chosen()
                names = ", ".join(one.source for one in lists)
                size = sum(1 for _ in store.profiles())
                fewer = f"; {self.total:,} were asked for" if size < self.total else ""
                warning = (
                    f"{why}.\nThis is made from what {self.path} holds: {count(size, 'user')}"
                    f" (source: {names}, as of {max(one.seeded_at or '' for one in lists)}{fewer})."
                )
                self.terminal.warn(warning)
                return warning
        warning = f"{why}.\nThis is made from the embedded SAMPLE: its accounts are invented."
        self.terminal.warn(warning)
        self._from([parse("sample", self.api_url)])
        return warning


def _listed(source: Source) -> Progress:
    return Progress(source.identity, source.name, source.title)


def _now() -> datetime:
    return datetime.now(UTC)

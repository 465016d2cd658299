"""Seeding of several sources: choose their lists in the store, read each, report what changed."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from generator.errors import EmptyList, SourceError, UnknownSource, Unreachable
from generator.github import Client
from generator.seed import crawl, local
from generator.seed.sample import read_sample
from generator.seed.sources import Source, parse_source
from generator.store import ListProgress, Store
from generator.text import count, counts, utc_time

# How many users of a list on GitHub the directory lists, if no total is given.
DEFAULT_TOTAL = 150
ALL = 10**9  # more users than any list has
# The words of a summary, in its order, by the keys of `Tally`.
TALLY_WORDS = {
    "new": "new in the store",  # which may be more than the directory lists
    "renamed": "renamed",
    "retyped": "changed type",
    "changed": "changed address",
    "gone": "gone",
    "unchanged": "unchanged",
    "left out": "left out (deleted accounts)",
}


@dataclass(frozen=True, slots=True)
class Reporter:
    """Shows results, warnings and progress.

    Attributes:
        say: shows a line of a result.
        warn: shows a warning.
        progress: takes a label, a total (None: unknown) and a unit, and returns a context manager.
            That gives a function to call with the number done so far.
    """

    say: Callable[[str], None]
    warn: Callable[[str], None]
    progress: Callable[[str, int | None, str], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Seeder:
    """Reads the first *total* users of each source into the store at *path*.

    Attributes:
        path: the store's file.
        api_url: the base address of GitHub's API.
        total: how many users of each source the directory lists. None: all users of a list on
            this machine, and `DEFAULT_TOTAL` of a list on GitHub.
        refresh: whether to read stored lists again.
        make_client: makes a client for GitHub's API. It takes *insist*, as `Client` does.
        reporter: shows results, warnings and progress.
    """

    path: Path
    api_url: str
    total: int | None
    refresh: bool
    make_client: Callable[..., Client]
    reporter: Reporter

    def run(self, specs: Sequence[str]) -> str | None:
        """Seed the named sources. No name, or the name "auto", stands for `users` with a fallback.

        If GitHub cannot be reached, `auto` takes the stored users, or else the sample.

        Returns:
            A warning that names the fallback, None without one.

        Raises:
            UnknownSource: a name is not that of a source.
            SourceError: a source cannot be read. The sources before it are stored.
        """
        is_auto, sources = self._parse(specs)
        try:
            self._seed(sources, insist=not is_auto)
        except Unreachable as exc:
            if is_auto:
                return self._fall_back(sources[0], str(exc))
            raise SourceError(f"{exc}; the sources file:PATH and sample need no network") from exc
        return None

    def estimate(self, specs: Sequence[str]) -> None:
        """Show how many requests seeding the named sources takes, and how many GitHub allows.

        Raises:
            UnknownSource, SourceError: as `run`.
        """
        _, sources = self._parse(specs)
        needed: Counter[str] = Counter()
        with closing(Store(self.path)) as store:
            for source in sources:
                needed[source.resource] += self._estimate_source(source, store)
        if any(source.url for source in sources):
            with closing(self.make_client()) as client:
                for resource, requests in needed.items():
                    self._report_limit(client, resource, requests)

    def _estimate_source(self, source: Source, store: Store) -> int:
        if not source.url:
            self.reporter.say(f"{source.name}: no request")
            return 0
        total = self._total(is_local=False)
        users, requests = crawl.requests_needed(source, store, total, refresh=self.refresh)
        # A list by page may be shorter, and its pages need not be full.
        about, most = ("", "") if source.is_by_id or not requests else ("about ", "at most ")
        self.reporter.say(
            f"{source.name}: {about}{count(requests, 'request')}, for"
            f" {most}{count(users, 'user')} of {total:,}"
        )
        return requests

    def _report_limit(self, client: Client, resource: str, requests: int) -> None:
        """Show what is left of GitHub's limit for *resource*, if *requests* are needed of it."""
        limit = client.rate_limit(resource)
        if limit is None:
            self.reporter.say(f"{self.api_url} has no rate limit")
            return
        self.reporter.say(
            f"{self.api_url} has {limit.remaining:,} of {limit.limit:,} requests left"
            f" until {utc_time(limit.resets_at, _now())}"
            + ("" if resource == "core" else f" for {resource}")
        )
        if requests > limit.remaining:
            authorized_limit = "30 a minute" if resource == "search" else "5,000 an hour"
            advice = "" if client.authorized else f"; GITHUB_TOKEN raises it to {authorized_limit}"
            self.reporter.say(
                f"That is {requests - limit.remaining:,} too few for now: seeding waits for more,"
                f" as long as --max-wait allows{advice}"
            )

    def _parse(self, specs: Sequence[str]) -> tuple[bool, list[Source]]:
        """Return whether *specs* mean `auto`, and the sources, each once."""
        is_auto = not specs or list(specs) == ["auto"]
        if not is_auto and "auto" in specs:
            raise UnknownSource(
                "auto cannot be combined with other sources: leave it out (with make, name one"
                " source in SOURCE and the others in ARGS)"
            )
        sources: dict[str, Source] = {}
        for spec in ("users",) if is_auto else specs:
            source = parse_source(spec, self.api_url)
            sources.setdefault(source.identity, source)
        return is_auto, list(sources.values())

    def _list(self, source: Source) -> ListProgress:
        total = self._total(is_local=source.url is None)
        return ListProgress(source.identity, source.name, source.title, total)

    def _total(self, *, is_local: bool) -> int:
        return self.total or (ALL if is_local else DEFAULT_TOTAL)

    def _seed(self, sources: Sequence[Source], *, insist: bool = True) -> None:
        lists = [self._list(source) for source in sources]
        empty = 0
        with closing(Store(self.path)) as store, ExitStack() as stack:
            store.choose(lists)
            client = None
            if any(source.url for source in sources):
                client = stack.enter_context(closing(self.make_client(insist=insist)))
            for source, chosen in zip(sources, lists, strict=True):
                try:
                    outcome = self._read(source, store, chosen.total, client)
                except EmptyList as exc:
                    # The other sources may have users.
                    empty += 1
                    if empty == len(sources):
                        raise
                    self.reporter.warn(str(exc))
                else:
                    self._report(source, outcome, store, chosen.total)

    def _read(
        self, source: Source, store: Store, total: int, client: Client | None
    ) -> crawl.Outcome:
        shown = total if total < ALL else None
        with self.reporter.progress("Seeding", shown, "users") as advance:
            if client is None or source.url is None:
                return local.copy(source, store, total, _now, advance, self.reporter.warn)
            arguments = (source, store, total, client, _now, advance, self.reporter.warn)
            return crawl.crawl(*arguments, refresh=self.refresh)

    def _report(self, source: Source, outcome: crawl.Outcome, store: Store, total: int) -> None:
        users = store.count(source.identity, total)
        remark = self._requested(users)
        if store.is_cut(source.identity):
            advice = "" if self.total else "; --total reads more"
            remark = f", the first {users:,} of a longer list{advice}"
        self.reporter.say(
            f"Seeded   {count(users, 'user')} into {self.path} (source: {source.name}{remark})"
        )
        self.reporter.say(f"         {_summary(source, outcome)}")
        for note in outcome.notes:
            self.reporter.say(f"         {note}")

    def _requested(self, users: int) -> str:
        is_short = self.total is not None and users < self.total
        return f"; {self.total:,} were asked for" if is_short else ""

    def _fall_back(self, users: Source, reason: str) -> str:
        """Use the stored users if there are any, or else the sample. Return the warning."""
        stored = self._choose_stored(users)
        sample = parse_source("sample", self.api_url)
        if not stored and not self._lists_sample(sample):
            self._seed([sample])
        return f"{reason}.\nUsed instead: {stored or 'the sample of invented accounts'}."

    def _lists_sample(self, sample: Source) -> bool:
        """Return whether the directory lists the users that the *sample* has now, and no others."""
        users = [user for _, user in islice(read_sample(), self._total(is_local=True))]
        with closing(Store(self.path)) as store:
            chosen = [(each.identity, each.total) for each in store.chosen()]
            is_chosen = chosen == [(sample.identity, self._total(is_local=True))]
            return is_chosen and [*store.profiles()] == users

    def _choose_stored(self, users: Source) -> str:
        """Choose the stored list *users*, or else the lists chosen before that have users.

        Return a description of their users; "" if none but the sample's are stored.
        """
        with closing(Store(self.path)) as store:
            lists = [self._list(users)]
            if not store.count(users.identity, 1):
                lists = [
                    replace(stored, total=self._total(is_local=stored.cursor is None))
                    for stored in store.chosen()
                    if store.count(stored.identity, 1)
                ]
            if all(stored.source == "sample" for stored in lists):
                return ""
            store.choose(lists)
            store.commit_choice()
            lists, number = store.chosen(), sum(1 for _ in store.profiles())
        return (
            f"{count(number, 'user')} of {self.path}"
            f" (source: {', '.join(stored.source for stored in lists)},"
            f" as of {max(stored.seeded_at or '' for stored in lists)}{self._requested(number)})"
        )


def _summary(source: Source, outcome: crawl.Outcome) -> str:
    """Return what was read, as in "150 new, 2 gone; 2 requests"."""
    if source.url and not outcome.requests:
        return "all were stored before; --refresh reads them again to find changes"
    tally = {word: outcome.tally[key] for key, word in TALLY_WORDS.items()}
    summary = counts(tally) or "nothing new"
    if source.url:
        summary += f"; {count(outcome.requests, 'request')}"
    if outcome.not_modified:
        summary += f", {outcome.not_modified:,} answered with 304 (not modified)"
    return summary


def _now() -> datetime:
    return datetime.now(UTC)

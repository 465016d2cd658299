"""Reporting progress while users are read in batches."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import TypeVar

BATCH = 1000  # users

T = TypeVar("T")
# Starts a named stage. Its context gives a function that takes the number of users read so far.
Progress = Callable[[str], AbstractContextManager[Callable[[int], None]]]


def no_progress(stage: str) -> AbstractContextManager[Callable[[int], None]]:
    """Show no progress."""
    return nullcontext(lambda users: None)


def in_batches(users: Iterable[T], stage: str, progress: Progress) -> Iterator[list[T]]:
    """Yield *users* in lists of up to `BATCH`, and report how many have been processed."""
    remaining, processed = iter(users), 0
    with progress(stage) as advance:
        while batch := list(islice(remaining, BATCH)):
            yield batch
            processed += len(batch)
            advance(processed)

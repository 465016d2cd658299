"""Numbers, sizes, moments and lengths of time as people say them."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import repeat


def count(number: int, what: str) -> str:
    """Return *number* of *what*: "1 user", "1,000 users"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def moment(when: datetime, now: datetime) -> str:
    """Return *when* (UTC), with the date unless it is within a day from *now*."""
    near = timedelta(0) <= when - now < timedelta(days=1)
    return f"{when:%H:%M:%S} UTC" if near else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def span(seconds: float) -> str:
    """Return *seconds*, rounded up: "12 min 3 s"."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = {"h": hours, "min": minutes, "s": rest}
    return " ".join(f"{number:,} {unit}" for unit, number in parts.items() if number) or "0 s"


def number(value: int) -> str:
    """Return *value* for people: "1,000"."""
    return f"{value:,}"


def numbers(values: Iterable[int]) -> Iterator[str]:
    """Return each of *values* as `number` does, without a call for each."""
    return map(int.__format__, values, repeat(","))


def percentage(part: int, whole: int) -> str:
    """Return how much of *whole* is *part*, for people: "12 %", "less than 1 %"."""
    if 0 < part * 100 < whole:
        return "less than 1 %"
    return f"{part * 100 // whole} %"


def day(moment: str) -> str:
    """Return the RFC 3339 *moment* for people: "24 November 2026"."""
    when = datetime.fromisoformat(moment)
    return f"{when.day} {when:%B %Y}"


def file_size(size: int) -> str:
    """Return *size*, in bytes, for people, to two digits: "1.2 MB"."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            times = size / factor
            return f"{times:.1f} {unit}" if times < 9.95 else f"{times:.0f} {unit}"
    return f"{size} bytes"


def rough_size(size: int) -> str:
    """Return *size*, in bytes, for pages, which need not change with it: "340 kB", "70 kB"."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if size >= 0.995 * factor:
            times = size / factor
            return f"{times:.1f} {unit}" if times < 9.95 else f"{times:.0f} {unit}"
    return f"{round(size, -4) // 1000} kB" if size >= 10_000 else "under 10 kB"

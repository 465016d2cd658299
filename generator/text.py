"""Numbers, sizes, times and durations as people read them. Does no I/O."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta


def number(value: int) -> str:
    """Return *value* with separators: "1,000"."""
    return f"{value:,}"


def count(value: int, noun: str) -> str:
    """Return *value* with its noun: "1 user", "1,000 users"."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"


def counts(numbers: Mapping[str, int]) -> str:
    """Return *numbers* with their words, without those that are 0: "2 new, 1,000 unchanged"."""
    return ", ".join(f"{number:,} {word}" for word, number in numbers.items() if number)


def percentage(part: int, whole: int) -> str:
    """Return the share that *part* is of *whole*, rounded: "12 %", "< 1 %".

    Only the whole is "100 %", and only nothing is "0 %".
    """
    if 0 < part * 100 < whole:
        return "< 1 %"
    rounded = (part * 200 + whole) // (whole * 2)
    return f"{rounded if part == whole else min(rounded, 99)} %"


def rough_size(size: int) -> str:
    """Return *size* bytes, rounded: "1.2 MB", "340 kB".

    Pages show it. They should not change if a file grows by a few bytes.
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if size >= 0.995 * factor:
            units = size / factor
            return f"{units:.1f} {unit}" if units < 9.95 else f"{units:.0f} {unit}"
    return f"{round(size, -4) // 1000} kB" if size >= 10_000 else "under 10 kB"


def utc_time(time: datetime, now: datetime) -> str:
    """Return *time* (UTC): "12:30:00 UTC", with the date unless it is within a day from *now*."""
    is_near = timedelta(0) <= time - now < timedelta(days=1)
    return f"{time:%H:%M:%S} UTC" if is_near else f"{time:%Y-%m-%d %H:%M:%S} UTC"


def day(timestamp: str) -> str:
    """Return the date of *timestamp* (RFC 3339): "24 November 2026"."""
    time = datetime.fromisoformat(timestamp)
    return f"{time.day} {time:%B %Y}"


def duration(seconds: float) -> str:
    """Return *seconds*, rounded up: "12 min 3 s"."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = {"h": hours, "min": minutes, "s": rest}
    return " ".join(f"{value:,} {unit}" for unit, value in parts.items() if value) or "0 s"

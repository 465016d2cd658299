"""Numbers, moments and lengths of time as people say them."""

import math
from datetime import datetime, timedelta


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

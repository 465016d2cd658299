"""The pages that a directory must answer, computed by brute force; and users to compare them on."""

import random

from function.contract import Profile
from function.query import ProfileQuery
from tests.factories import make_profile


def ascii_lower(text: str) -> str:
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)


def expected_page(profiles: list[Profile], query: ProfileQuery) -> tuple[list[Profile], int]:
    """Return the page of *query* and its total: filter, sort and slice, as README words it."""
    matches = _matches(profiles, query)
    matches.sort(
        key=lambda p: (p.type, p.id) if query.order_by.endswith("type") else p.id,
        reverse=query.order_by.startswith("-"),
    )
    start = (query.page - 1) * query.pagination
    return matches[start : start + query.pagination], len(matches)


def expected_exact(profiles: list[Profile], query: ProfileQuery) -> Profile | None:
    """Return the newest match of *query* whose whole name is the term."""
    name = query.username and ascii_lower(query.username)
    of_that_name = [p for p in _matches(profiles, query) if ascii_lower(p.username) == name]
    return max(of_that_name, default=None)


def _matches(profiles: list[Profile], query: ProfileQuery) -> list[Profile]:
    return [
        p
        for p in profiles
        if (query.username is None or ascii_lower(query.username) in ascii_lower(p.username))
        and (query.id is None or p.id == query.id)
        and (query.type is None or ascii_lower(p.type) == ascii_lower(query.type))
    ]


def expected_list(
    profiles: list[Profile], order_by: str, type_: str | None = None
) -> list[Profile]:
    """Return all of *profiles*, or those of *type_*, in that order."""
    return expected_page(profiles, ProfileQuery(1, 10**6, order_by, type=type_))[0]


def _varied_profiles(count: int) -> list[Profile]:
    """Return users whose names share few parts, some of them odd, and whose types are similar."""
    chance = random.Random(7)
    parts = ["ann", "Bo", "an", "-", "--", "x", "jo", "[bot]", "%", "_", '"', "\\", "\0", "ü", "é"]
    types = ["User"] * 30 + ["Organization"] * 8 + ["user", "USER", "Bot", "A & B", "Ünit", ""]
    profiles = []
    for number in range(count):
        name = "".join(
            chance.choices(parts, [9, 9, 9, 5, 1, 5, 5, *[1] * 8], k=chance.choice((1, 2, 3, 4)))
        )
        profile = make_profile(number * 3 + 1, name, type=chance.choice(types))
        if number % 11 == 0:
            profile = profile._replace(html_url=f"https://ghe.test/{number}")
        profiles.append(profile)
    return profiles


# Enough users for frequent terms, posting lists and anchors.
VARIED = _varied_profiles(3000)

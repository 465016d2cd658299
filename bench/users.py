"""Any number of invented users, with usernames like those of real accounts."""

import random
from collections.abc import Iterator

from function.contract import Profile
from tests.factories import make_profile


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words("""
    adam alex ali amy ana andre anna ben bob carl chris daniel david elena eric felix frank
    george hans ian igor ivan jack jakob james jan jason jean joe john jonas jose juan julia
    karl kevin lars laura leo linda lucas maria mark martin matt max michael mike nick nina oleg
    olga paul pedro peter petra rob sam sara simon sofia stefan steve thomas tim tom victor
""")
SYLLABLES = _words("""
    an ar as ba bel ber bo bra bur car chen co da den dor du el er es fa fel fer gan gar ger ha
    han har hen ho is jo ka kel ki ko kov la lan le lin lo lov ma man mar mi mo na nen ner ni no
    o ov pa pe po ra ram ri ro sa san sen ser shi si ski smi so son sta ta ten ter th to ton tsu
    va van ve ver vi vo wa wang wil wo ya yo za zev zhu
""")
WORDS = _words("""
    app code data dev foo game git hack hub kid lab labs lib net node open pixel py rust soft
    stack studio systems tech tools web works
""")


def users(count: int, seed: int = 1) -> Iterator[Profile]:
    """Yield *count* users by ascending id: one in ten is an organisation, few are bots."""
    chance = random.Random(seed)
    identity = 0
    for _ in range(count):
        identity += chance.choice((1, 1, 1, 1, 2, 3))
        drawn = chance.random()
        if drawn < 0.003:
            slug = f"{chance.choice(WORDS)}-{_surname(chance)}-{identity}"
            yield make_profile(
                identity,
                f"{slug}[bot]",
                type="Bot",
                avatar_url=f"https://avatars.githubusercontent.com/in/{identity}?v=4",
                html_url=f"https://github.com/apps/{slug}",
            )
        elif drawn < 0.1:
            name = f"{chance.choice(WORDS)}{chance.choice(('', '-'))}{_surname(chance)}"
            yield make_profile(
                identity, name + chance.choice(("", "-team", "HQ", "")), type="Organization"
            )
        else:
            yield make_profile(identity, _person(chance))


def _surname(chance: random.Random) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(chance.choice((2, 2, 3))))


def _person(chance: random.Random) -> str:
    shape = chance.random()
    first, last = chance.choice(FIRST), _surname(chance)
    if shape < 0.25:
        name = first + last
    elif shape < 0.4:
        name = f"{first}-{last}"
    elif shape < 0.6:
        name = first[0] + last
    elif shape < 0.75:
        name = last + chance.choice(WORDS)
    else:
        name = last + last[0]
    if chance.random() < 0.3:
        name += str(chance.randrange(10_000))
    return name.title() if chance.random() < 0.2 else name

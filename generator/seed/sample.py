"""The embedded sample: 150 invented accounts, to look at the site without a network.

No account is a real person's. The names are things, and the addresses lead to example.com. The
avatars are drawn here. sample.csv has the unusual names and types that real lists have.
"""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from function.contract import Profile

PATH = Path(__file__).with_name("sample.csv")


def read_sample() -> Iterator[tuple[str, Profile]]:
    """Yield the sample's accounts in ascending id, each after its place."""
    with PATH.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            login = row["login"]
            html_url = f"https://example.com/{quote(login, safe='')}"
            user = Profile(int(row["id"]), login, row["type"], identicon(login), html_url)
            yield f"{PATH.name}, line {number}", user


def identicon(name: str) -> str:
    """Return an avatar for *name*: five rows of squares, the right half mirroring the left.

    It is an SVG in a data: URL, so it is shown wherever the address is used.
    https://www.rfc-editor.org/rfc/rfc2397
    """
    digest = hashlib.sha256(name.encode()).digest()
    squares = "".join(
        f"M{x} {y}h1v1h-1z" for y in range(5) for x in range(5) if digest[y * 3 + min(x, 4 - x)] % 2
    )
    hue = digest[-1] * 360 // 256
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='-1 -1 7 7'>"
        f"<rect x='-1' y='-1' width='7' height='7' fill='hsl({hue} 40% 92%)'/>"
        f"<path fill='hsl({hue} 55% 42%)' d='{squares}'/></svg>"
    )
    return "data:image/svg+xml," + quote(svg, safe="='/:()")

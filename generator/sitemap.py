"""The site's map for search engines. Does no I/O.

https://www.sitemaps.org/protocol.html
"""

from collections.abc import Iterator
from itertools import chain, islice

from generator.pages import ABOUT_KEY, Build

KEY = "sitemap.xml"
# No more addresses than this are in one file.
MOST = 50_000

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemaps(build: Build, base: str, most: int = MOST) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and contents of the maps of *build*'s pages, the one to begin with last.

    Args:
        build: which pages there are.
        base: the site's address, as in https://example.org/directory/. It has no character
            that XML would have escaped.
        most: how many addresses a file may have.
    """
    keys = _keys(build)
    first = list(islice(keys, most))
    more = list(islice(keys, 1))
    if not more:
        yield KEY, _map(base, first)
        return
    names: list[str] = []
    rest = chain(more, keys)
    while first:
        names.append(f"sitemap-{len(names) + 1}.xml")
        yield names[-1], _map(base, first)
        first = list(islice(rest, most))
    entries = "".join(f"<sitemap><loc>{base}{name}</loc></sitemap>\n" for name in names)
    yield KEY, f"{_HEAD}<sitemapindex {_XMLNS}>\n{entries}</sitemapindex>\n".encode()


def _keys(build: Build) -> Iterator[str]:
    """Yield the keys of all pages; the first page of all is known by the site's own address."""
    yield ""
    yield ABOUT_KEY
    for listing in build.listings():
        for page in range(2 if listing.is_default else 1, build.pages(listing) + 1):
            yield listing.key(page)


def _map(base: str, keys: list[str]) -> bytes:
    entries = "".join(f"<url><loc>{base}{key}</loc></url>\n" for key in keys)
    return f"{_HEAD}<urlset {_XMLNS}>\n{entries}</urlset>\n".encode()

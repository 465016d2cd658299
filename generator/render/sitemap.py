"""The site's map for search engines. Does no I/O.

https://www.sitemaps.org/protocol.html
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from generator.site import ABOUT_KEY, Build, page_name

KEY = "sitemap.xml"
# No more addresses than this are in one file.
MOST = 50_000

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemaps(build: Build, base: str, most: int = MOST) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the keys of the maps of *build*'s pages, with their lines; the one to begin with last.

    Args:
        build: which pages there are.
        base: the site's address, as in https://example.org/directory/. It has no character
            that XML would have escaped.
        most: how many addresses a file may have.
    """
    keys = _keys(build)
    count = 1 + build.page_count()  # the first page of all is the site's own address
    if count <= most:
        yield KEY, _map("url", base, keys)
        return
    names = [f"sitemap-{number}.xml" for number in range(1, -(-count // most) + 1)]
    for name in names:
        yield name, _map("url", base, islice(keys, most))
    yield KEY, _map("sitemap", base, names)


def _keys(build: Build) -> Iterator[str]:
    """Yield the keys of all pages; the first page of all is known by the site's own address."""
    yield ""
    yield ABOUT_KEY
    for listing in build.listings():
        prefix = listing.prefix
        for page in range(2 if listing.is_default else 1, build.pages(listing) + 1):
            yield prefix + page_name(page)


def _map(what: str, base: str, keys: Iterable[str]) -> Iterator[str]:
    around = {"url": "urlset", "sitemap": "sitemapindex"}[what]
    yield f"{_HEAD}<{around} {_XMLNS}>\n"
    for key in keys:
        yield f"<{what}><loc>{base}{key}</loc></{what}>\n"
    yield f"</{around}>\n"

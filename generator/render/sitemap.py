"""Sitemaps: lists of all pages, for search engines. Does no I/O.

https://www.sitemaps.org/protocol.html
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from generator.site import PAGES_BESIDE, Build, page_name

KEY = "sitemap.xml"
MAX_URLS = 50_000  # in one file

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemaps(
    build: Build, base: str, files: Collection[str] = (), *, max_urls: int = MAX_URLS
) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the sitemaps of *build*'s pages: their keys and lines. The last one is `KEY`.

    If there are several, that one is an index of the others.

    Args:
        build: which pages there are.
        base: the site's address, as in https://example.org/people/. No character of it needs
            to be escaped in XML.
        files: the keys of the files beside the listings.
        max_urls: how many addresses a file may have.
    """
    beside = [key for key in PAGES_BESIDE if key in files]
    keys = _keys(build, beside)
    count = len(beside) + build.total_pages()
    if count <= max_urls:
        yield KEY, _map("url", base, keys)
        return
    names = [f"sitemap-{number}.xml" for number in range(1, -(-count // max_urls) + 1)]
    for name in names:
        yield name, _map("url", base, islice(keys, max_urls))
    yield KEY, _map("sitemap", base, names)


def _keys(build: Build, beside: Iterable[str]) -> Iterator[str]:
    """Yield the keys of all pages, *beside* those of listings. That of the first page is empty."""
    yield ""
    yield from beside
    for listing in build.listings():
        prefix = listing.prefix
        for page in range(2 if listing.is_default else 1, build.page_count(listing) + 1):
            yield prefix + page_name(page)


def _map(element: str, base: str, keys: Iterable[str]) -> Iterator[str]:
    root = {"url": "urlset", "sitemap": "sitemapindex"}[element]
    yield f"{_HEAD}<{root} {_XMLNS}>\n"
    for key in keys:
        yield f"<{element}><loc>{base}{key}</loc></{element}>\n"
    yield f"</{root}>\n"

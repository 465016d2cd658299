"""From the directory to the site: every page of every listing, one at a time."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from function.database import Directory
from generator import files
from generator.assets import read_assets
from generator.files import SiteFile, Written
from generator.pages import (
    BUILD_KEY,
    INDEX_KEY,
    NOT_FOUND_KEY,
    ROBOTS_KEY,
    Build,
    Listing,
)
from generator.render import STATIC, Renderer, Row


def plan(directory: Directory, page_sizes: tuple[int, ...], orders: tuple[str, ...]) -> Build:
    """Return which pages a site of *directory* has."""
    return Build(
        release=directory.release,
        users=directory.users,
        page_sizes=page_sizes,
        orders=orders,
        source=directory.about.source,
        seeded_at=directory.about.seeded_at,
    )


def render(
    directory: Directory,
    build: Build,
    folder: Path,
    base_path: str,
    advance: Callable[[int], None] = lambda pages: None,
) -> Written:
    """Write the site of *directory* to *folder*; see `files.write` for what happens there.

    *advance* is told how many of `Build.page_count` pages are done.
    """
    assets = read_assets(STATIC)
    renderer = Renderer(build, directory.about, assets, base_path)
    return files.write(
        folder, _site_files(directory, build, renderer, assets, advance), build.has_page
    )


def _site_files(
    directory: Directory,
    build: Build,
    renderer: Renderer,
    assets: Mapping[str, SiteFile],
    advance: Callable[[int], None],
) -> Iterator[SiteFile]:
    """Yield the site's files in the order to write them: what a page needs comes before it."""
    yield from assets.values()
    done = 0
    for order_by in build.orders:
        for listing, page, rows in _pages(directory, order_by, build.page_sizes, renderer):
            content = renderer.page(listing, page, rows)
            yield SiteFile(listing.key(page), content)
            if listing.is_default and page == 1:
                yield SiteFile(INDEX_KEY, content)
            done += 1
            advance(done)
    yield SiteFile(NOT_FOUND_KEY, renderer.missing())
    yield SiteFile(ROBOTS_KEY, b"User-agent: *\nAllow: /\n")
    yield SiteFile(BUILD_KEY, build.to_json())


def _pages(
    directory: Directory, order_by: str, page_sizes: tuple[int, ...], renderer: Renderer
) -> Iterator[tuple[Listing, int, list[Row]]]:
    """Yield every page of one ordering, in one pass: each row is drawn once, for all sizes."""
    rows: dict[Listing, list[Row]] = {Listing(order_by, size): [] for size in page_sizes}
    pages = dict.fromkeys(rows, 0)
    for profile in directory.profiles(order_by):
        row = renderer.row(profile)
        for listing, waiting in rows.items():
            waiting.append(row)
            if len(waiting) == listing.pagination:
                pages[listing] += 1
                yield listing, pages[listing], waiting
                waiting.clear()
    for listing, waiting in rows.items():
        if waiting:
            yield listing, pages[listing] + 1, waiting

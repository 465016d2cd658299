"""From the directory to the site: every page of every listing, and what is beside them."""

import hashlib
from collections.abc import Callable, Iterator
from math import gcd
from pathlib import Path
from typing import NamedTuple

from function.database import Directory
from generator.errors import BuildError
from generator.jobs import cores, map_in_processes
from generator.reading import read_columns
from generator.render.assets import read_assets
from generator.render.downloads import KEYS as DOWNLOAD_KEYS
from generator.render.downloads import write as write_downloads
from generator.render.pages import Download, Renderer, Widest
from generator.render.sitemap import KEY as SITEMAP_KEY
from generator.render.sitemap import sitemaps
from generator.site import (
    ABOUT_KEY,
    BUILD_KEY,
    INDEX_KEY,
    NOT_FOUND_KEY,
    ROBOTS_KEY,
    STATIC,
    TEMPLATES,
    Build,
    Listing,
    SiteFile,
    Update,
    Writer,
    Written,
    choose_types,
    page_name,
    sealed,
    type_pages,
)
from generator.text import rough_size

# So many users are drawn at a time, for pages of all sizes.
STRETCH = 5000
# Letters of a type that columns have room for; GitHub's own are shorter.
MAX_TYPE_LETTERS = 24


class Place(NamedTuple):
    """Where a site will be: *origin* as in https://example.org, *base_path* as in /directory/.

    Without an origin, the site has no address that names a host: no canonical links, no sitemap.
    """

    origin: str = ""
    base_path: str = "/"

    @property
    def address(self) -> str:
        """The site's address, with a slash at its end."""
        return self.origin + self.base_path


class Stretch(NamedTuple):
    """Users to draw: those from *start* to before *stop*, in one order, of a type or of all."""

    order_by: str
    slug: str | None
    start: int
    stop: int


def make_build(
    directory: Directory, page_sizes: tuple[int, ...], orders: tuple[str, ...], types: str = "all"
) -> Build:
    """Return which pages a site of *directory* has; see `choose_types` for *types*.

    Raises:
        ValueError: there is no such type.
    """
    return Build(
        release=directory.release,
        users=directory.users,
        page_sizes=page_sizes,
        orders=orders,
        types=choose_types(types, type_pages(directory.types)),
        source=directory.about.source,
        seeded_at=directory.about.seeded_at,
    )


def render_site(
    directory: Directory,
    build: Build,
    folder: Path,
    place: Place = Place(),  # noqa: B008  (it cannot be changed)
    advance: Callable[[int], None] = lambda pages: None,
    *,
    with_data: bool = True,
    jobs: int | None = None,
) -> Written:
    """Write the site of *directory* to *folder*, touching only what differs.

    What a page needs is written before it, and what the build does not have goes after all else
    stands. Interrupted, the folder keeps a marker that `read_build` and the next rendering see.

    Args:
        directory: what is listed.
        build: which pages there are.
        folder: the site's, made if need be.
        place: where the site will be.
        advance: told how many of `Build.page_count` pages are done.
        with_data: whether to put all users into files, too.
        jobs: how many processes share the work; None: one for each core.

    Raises:
        BuildError: the folder holds something else or cannot be written, or a template fails.
    """
    if directory.path.resolve().is_relative_to(folder.resolve()):
        raise BuildError(
            f"the directory {directory.path} lies in the site {folder}, which would be written over"
        )
    inputs = _inputs(build, place, with_data)
    if (files := sealed(folder, inputs)) is not None:
        advance(build.page_count())
        return Written(unchanged=files)

    assets = read_assets(TEMPLATES, STATIC)
    with Update(folder) as update:
        put = update.writer.put
        beside = set()  # the keys of what is no page of a listing
        for file in assets.values():
            put(file.key, file.content)
            beside.add(file.key)
        downloads = []
        if with_data:
            write_downloads(directory, folder, update.writer.take)
            downloads = [
                Download(what, place.base_path + key, rough_size((folder / key).stat().st_size))
                for what, key in DOWNLOAD_KEYS.items()
            ]
            beside.update(DOWNLOAD_KEYS.values())
        renderer = Renderer(
            build,
            directory.about,
            assets,
            place.base_path,
            origin=place.origin,
            downloads=downloads,
            widest=widest(directory),
        )
        # Drawn first, so that those who share the work have the templates loaded.
        others = [*_others(directory, build, renderer, place)]
        for prefix in sorted(listing.prefix for listing in build.listings()):
            update.writer.make(prefix)  # one above others before these
        drawn = _pages(directory, build, renderer, update.writer, advance, jobs or cores())
        for key, lines in sitemaps(build, place.address) if place.origin else ():
            draft = folder / f"{key}.part"
            with draft.open("w", encoding="ascii") as out:
                out.writelines(lines)
            update.writer.take(key, draft)
            beside.add(key)
        for file in others:
            put(file.key, file.content)
            beside.add(file.key)
        return update.finish(lambda key: build.has_page(key) or key in beside, inputs, drawn)


def widest(directory: Directory) -> Widest:
    """Return the longest type and the longest id of *directory*, which is the newest user's."""
    (newest,) = read_columns(directory, "-id", None, 0, 1).ids
    return Widest(max(directory.types, key=len)[:MAX_TYPE_LETTERS], "0" * len(newest))


def stretches(build: Build) -> Iterator[Stretch]:
    """Yield what to draw for all of *build*'s listings, `STRETCH` users at a time."""
    for order_by, slug in build.orderings():
        users = build.users_of(slug)
        for start in range(0, users, STRETCH):
            yield Stretch(order_by, slug, start, min(start + STRETCH, users))


def pages(
    directory: Directory, build: Build, renderer: Renderer, stretch: Stretch
) -> Iterator[tuple[str, Iterator[tuple[str, bytes]]]]:
    """Yield the pages of each size that begin in *stretch*: their prefix; their names and bytes."""
    order_by, slug, start, stop = stretch
    beyond = stop + max(build.page_sizes) - 1  # where a page may end that begins before
    last = min(beyond, build.users_of(slug))
    of_type = build.query(Listing(order_by, slug=slug), 1).type
    users = read_columns(directory, order_by, of_type, start, last)
    rows = renderer.rows(directory, users, gcd(STRETCH, *build.page_sizes))
    for size in build.page_sizes:
        listing = Listing(order_by, size, slug)
        numbers = range(-(-start // size) + 1, -(-stop // size) + 1)
        drawn = renderer.pages(listing, numbers, rows, (numbers.start - 1) * size - start)
        yield listing.prefix, zip(map(page_name, numbers), drawn, strict=True)


def _pages(
    directory: Directory,
    build: Build,
    renderer: Renderer,
    writer: Writer,
    advance: Callable[[int], None],
    jobs: int,
) -> Written:
    """Write every page of every listing, and return what became of them."""
    tasks = list(stretches(build))
    alone = min(jobs, len(tasks)) <= 1

    def worker() -> Callable[[Stretch], Written]:
        # A connection cannot be shared with a process that was forked.
        mine = (
            directory
            if alone
            else Directory(directory.path, release=directory.release, use_mmap=False)
        )

        def draw(stretch: Stretch) -> Written:
            pen = writer.twin()
            for prefix, files in pages(mine, build, renderer, stretch):
                pen.put_all(prefix, files)
            return pen.written

        return draw

    total = Written()
    for done in map_in_processes(jobs, tasks, worker):
        total = total.and_(done)
        advance(total.written + total.unchanged)
    return total


def _others(
    directory: Directory, build: Build, renderer: Renderer, place: Place
) -> Iterator[SiteFile]:
    """Yield what is beside the listings, the word that all is there last."""
    listing = Listing()
    shown = renderer.rows(directory, read_columns(directory, "id", None, 0, listing.pagination))
    yield SiteFile(INDEX_KEY, renderer.page(listing, 1, shown))
    yield SiteFile(ABOUT_KEY, renderer.about(directory.types))
    yield SiteFile(NOT_FOUND_KEY, renderer.missing())
    sitemap = f"Sitemap: {place.address}{SITEMAP_KEY}\n" if place.origin else ""
    yield SiteFile(ROBOTS_KEY, f"User-agent: *\nAllow: /\n{sitemap}".encode())
    yield SiteFile(BUILD_KEY, build.to_json())


def _inputs(build: Build, place: Place, with_data: bool) -> str:
    """Return a digest of all that the site's bytes depend on, this program included."""
    found = hashlib.sha256(repr((build, place, with_data)).encode())
    here = Path(__file__).parents[1]
    for folder, what in ((here, "*.py"), (here.parent / "function", "*.py"), (TEMPLATES, "*")):
        for path in sorted(folder.rglob(what)):
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                found.update(f"{path.relative_to(folder)} {len(content)} ".encode())
                found.update(content)
    return found.hexdigest()

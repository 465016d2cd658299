"""From the directory to the site: every page of every listing, and the files beside them."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from function.database import Directory
from generator.changes import Change
from generator.errors import BuildError
from generator.jobs import cores, map_in_processes
from generator.program import program_digest
from generator.reading import read_columns, read_cut, read_places
from generator.render.assets import read_assets
from generator.render.changes import changed_days
from generator.render.downloads import KEYS as DOWNLOAD_KEYS
from generator.render.downloads import write_downloads
from generator.render.pages import Download, Renderer
from generator.render.sitemap import KEY as SITEMAP_KEY
from generator.render.sitemap import sitemaps
from generator.render.templates import STATIC, TEMPLATES
from generator.site import (
    ABOUT_KEY,
    BUILD_KEY,
    CHANGES_KEY,
    FEED_KEY,
    INDEX_KEY,
    NOT_FOUND_KEY,
    ROBOTS_KEY,
    Build,
    FileCounts,
    Listing,
    Slice,
    Update,
    Writer,
    choose_types,
    listed_types,
    new_draft,
    page_name,
    sealed,
)
from generator.text import rough_size

# How many users a task has. They are drawn once for the pages of all sizes. More take more memory.
USERS_A_TASK = 5000


def make_build(
    directory: Directory,
    page_sizes: tuple[int, ...],
    orders: tuple[str, ...],
    types: str = "all",
    base_path: str = "/",
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
        types=choose_types(types, listed_types(directory.types)),
        source=directory.about.source,
        seeded_at=directory.about.seeded_at,
        cut_at=read_cut(directory),
        base_path=base_path,
    )


def render_site(
    directory: Directory,
    build: Build,
    folder: Path,
    origin: str = "",
    advance: Callable[[int], None] = lambda pages: None,
    *,
    changes: Sequence[Change] = (),
    with_data: bool = True,
    jobs: int | None = None,
) -> FileCounts:
    """Write the site of *directory* to *folder*, touching only files that differ.

    Files that a page loads are written before it; files that the build does not have are removed
    last. If it is interrupted, a marker stays in the folder. `read_build` and the next rendering
    see it.

    Args:
        directory: the users.
        build: which pages there are.
        folder: the site's; made if it does not exist.
        origin: scheme and host of the site, as in https://example.org. Without it, the site has no
            canonical links, no sitemap and no feed.
        advance: is called with the number of pages done, of `Build.total_pages`.
        changes: what changed before, the newest first.
        with_data: whether the site also has files with all users.
        jobs: how many processes share the work; None: one for each core.

    Raises:
        BuildError: the folder holds something else or cannot be written, or a template fails.
    """
    if directory.path.resolve().is_relative_to(folder.resolve()):
        raise BuildError(
            f"the directory {directory.path} lies in the site {folder}, which would be written over"
        )
    inputs = _digest_inputs(build, origin, changes, with_data)
    if (files := sealed(folder, inputs)) is not None:
        advance(build.total_pages())
        return FileCounts(unchanged=files)
    with Update(folder) as update:
        site = _Site(directory, build, origin, changes, folder, update.writer)
        site.write_assets()
        if with_data:
            site.write_downloads()
        renderer = site.make_renderer()
        # Drawn before processes are forked, so that these have the templates compiled.
        files_beside = [*site.draw_files(renderer)]
        pages = site.write_pages(renderer, advance, jobs or cores())
        site.write_sitemaps({key for key, _ in files_beside})
        site.write(files_beside)
        removed = update.finish(site.has, inputs)
    return site.counts + pages + FileCounts(removed=removed)


class _Site:
    """A site being written: its pages, and the files beside these."""

    def __init__(
        self,
        directory: Directory,
        build: Build,
        origin: str,
        changes: Sequence[Change],
        folder: Path,
        writer: Writer,
    ) -> None:
        self._directory, self._build, self._origin = directory, build, origin
        self._folder, self._writer = folder, writer
        self._assets = read_assets(TEMPLATES, STATIC)
        places = read_places(directory, [change.id for change in changes])
        self._days = changed_days(changes, places)
        self._downloads: list[Download] = []
        self._keys_beside: set[str] = set()
        self.counts = FileCounts()  # of the files beside the pages

    @property
    def _address(self) -> str:
        """The site's address, with a slash at its end."""
        return self._origin + self._build.base_path

    def has(self, key: str) -> bool:
        """Return whether *key* belongs to the site."""
        return self._build.has_page(key) or key in self._keys_beside

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write *files*, keys and contents, beside the pages."""
        for key, content in files:
            self.counts += self._writer.put(key, content)
            self._keys_beside.add(key)

    def write_assets(self) -> None:
        """Write the files that pages load."""
        self.write(self._assets.values())

    def write_downloads(self) -> None:
        """Write the files with all users."""
        write_downloads(self._directory, self._folder, self._put_file)
        for text, key in DOWNLOAD_KEYS.items():
            size = rough_size((self._folder / key).stat().st_size)
            self._downloads.append(Download(text, self._build.base_path + key, size))

    def make_renderer(self) -> Renderer:
        """Return what draws the pages, once assets and downloads are written."""
        return Renderer(
            self._build,
            self._directory.about,
            self._assets,
            origin=self._origin,
            downloads=self._downloads,
            days=self._days,
        )

    def draw_files(self, renderer: Renderer) -> Iterator[tuple[str, bytes]]:
        """Yield the files beside the listings: key and content. build.json comes last."""
        listing, directory = Listing(), self._directory
        users = read_columns(directory, "id", None, 0, listing.pagination)
        yield INDEX_KEY, renderer.page(listing, 1, renderer.rows(directory, users))
        yield ABOUT_KEY, renderer.about(directory.types)
        if self._days:
            yield CHANGES_KEY, renderer.changes()
        if self._days and self._origin:
            yield FEED_KEY, renderer.feed()
        yield NOT_FOUND_KEY, renderer.missing()
        sitemap = f"Sitemap: {self._address}{SITEMAP_KEY}\n" if self._origin else ""
        yield ROBOTS_KEY, f"User-agent: *\nAllow: /\n{sitemap}".encode()
        yield BUILD_KEY, self._build.to_json()

    def write_pages(
        self, renderer: Renderer, advance: Callable[[int], None], jobs: int
    ) -> FileCounts:
        """Write every page of every listing in *jobs* processes; return the number of files."""
        writer, path, release = self._writer, self._directory.path, self._directory.release

        def work(task: Slice) -> FileCounts:
            # SQLite does not allow a connection to be carried across a fork.
            # https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_
            with closing(Directory(path, release=release, verify=False)) as directory:
                pages = draw_pages(directory, self._build, renderer, task)
                return sum((writer.put_all(prefix, files) for prefix, files in pages), FileCounts())

        total = FileCounts()
        for counts in map_in_processes(jobs, [*self._build.slices(USERS_A_TASK)], work):
            total += counts
            advance(total.written + total.unchanged)
        return total

    def write_sitemaps(self, files: Collection[str]) -> None:
        """Write the sitemaps, if the site's host is known.

        *files* are the keys of the files beside the listings.
        """
        if not self._origin:
            return
        for key, lines in sitemaps(self._build, self._address, files):
            draft = new_draft(self._folder / key)
            with draft.open("x", encoding="ascii") as file:
                file.writelines(lines)
            self._put_file(key, draft)

    def _put_file(self, key: str, draft: Path) -> None:
        self.counts += self._writer.put_file(key, draft)
        self._keys_beside.add(key)


def draw_pages(
    directory: Directory, build: Build, renderer: Renderer, task: Slice
) -> Iterator[tuple[str, Iterator[tuple[str, bytes]]]]:
    """Yield the pages that begin in *task*, for each size: their prefix; their names and bytes."""
    order_by, slug, start, stop = task
    # The last page of each size may end among the users of the next task.
    end = min(stop + max(build.page_sizes) - 1, build.users_of(slug))
    type_ = build.query(Listing(order_by, slug=slug), 1).type
    rows = renderer.rows(directory, read_columns(directory, order_by, type_, start, end))
    for size in build.page_sizes:
        listing = Listing(order_by, size, slug)
        pages = task.pages(size)
        first = (pages.start - 1) * size - start
        drawn = renderer.pages(listing, pages, rows[first:])
        yield listing.prefix, zip(map(page_name, pages), drawn, strict=True)


def _digest_inputs(build: Build, origin: str, changes: Sequence[Change], with_data: bool) -> str:
    """Return a digest of all that the site's bytes depend on, this program included."""
    inputs = f"{program_digest()} {(build, origin, changes, with_data)!r}"
    return hashlib.sha256(inputs.encode()).hexdigest()

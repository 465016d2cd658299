"""The stages as commands run them: each shows its progress and reports its result."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from function.contract import About
from function.database import Directory
from generator import publish as publishing
from generator.bake import bake as bake_directory
from generator.check import check as check_site
from generator.cli import terminal
from generator.errors import StoreError
from generator.render import Place, make_build, render_site
from generator.site import read_build
from generator.text import count


def bake(store: Path, output: Path, title: str | None) -> None:
    """Bake the chosen lists of *store* into the directory *output*."""
    from generator.seed import joined_title
    from generator.store import Store

    with closing(Store(store)) as seeded:
        sizes = {chosen: seeded.count(chosen.identity, chosen.total) for chosen in seeded.chosen()}
        lists = [chosen for chosen, size in sizes.items() if size]
        if not lists:
            raise StoreError(f"{store} has no users; run `ghdirectory seed` first")
        about = About(
            ", ".join(chosen.source for chosen in lists),
            title or joined_title([chosen.title for chosen in lists]),
            max(chosen.seeded_at or "" for chosen in lists),
        )
        total = sum(sizes.values())
        users = bake_directory(
            seeded.profiles(), about, output, lambda step: terminal.progress(step, total, "users")
        )
    with closing(Directory(output)) as directory:
        size = output.stat().st_size / 1000
        terminal.say(
            f"Baked    {count(users, 'user')} into {output}"
            f" ({size:,.0f} kB, release {directory.release})"
        )


def render(
    database: Path,
    output: Path,
    place: Place,
    page_sizes: tuple[int, ...],
    orders: tuple[str, ...],
    types: str,
    **options: Any,
) -> None:
    """Render the site of *database* into *output*; *options* are those of `render_site`."""
    # The file is read once and in order, so mapping it into memory gains nothing.
    with closing(Directory(database, use_mmap=False)) as directory:
        try:
            build = make_build(directory, page_sizes, orders, types)
        except ValueError as exc:
            raise click.BadParameter(str(exc), param_hint="'--types'") from exc
        with terminal.progress("Rendering", build.page_count(), "pages") as advance:
            files = render_site(directory, build, output, place, advance, **options)
    terminal.say(
        f"Rendered {build.page_count():,} pages into {output}"
        f" (files: {files.written:,} written, {files.unchanged:,} unchanged,"
        f" {files.removed:,} removed)"
    )


def check(database: Path, site: Path, base_path: str) -> None:
    """Check that *site* shows what the API answers from *database*, and that its links resolve."""
    with closing(Directory(database)) as directory:
        build = read_build(site)
        with terminal.progress("Checking", build.page_count(), "pages") as advance:
            check_site(directory, build, site, base_path, advance)
    terminal.say(
        f"Checked  {build.page_count():,} pages: they match the API, and all links resolve"
    )


def verify(
    bucket: "publishing.S3Bucket", site: Path, site_id: str | None, concurrency: int
) -> None:
    """Compare a published site with its manifest: *site_id*, or the id of the folder *site*."""
    site_id = site_id or publishing.read_site(site, allow_sample=True).site_id
    manifest = publishing.verify(site_id, bucket, concurrency)
    terminal.say(f"Verified {count(len(manifest.files), 'file')} of site {site_id}: all unchanged")


def publish(
    bucket: "publishing.S3Bucket",
    site: Path,
    manifest: publishing.Manifest,
    concurrency: int,
    *,
    dry_run: bool,
) -> None:
    """Upload *site* to the *bucket*; with *dry_run*, only print what would be uploaded."""
    address = f"{bucket.address}/{manifest.prefix}"
    plan = publishing.compare(manifest, bucket, concurrency)
    terminal.say(f"Planned  {address}: {plan}")
    if dry_run:
        for line in plan.lines():
            terminal.say(f"         {line}")
        return
    with terminal.progress("Uploading", len(plan.uploads), "files") as advance:
        publishing.apply(plan, manifest, site, bucket, concurrency, advance)
    terminal.say(
        f"Published {count(len(manifest.files), 'file')} as {address},"
        " each compared with the rendered file"
    )

"""The files that pages load: Bootstrap's stylesheet, and what is in site_templates/static."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePath

from bootstrap_wrapper import get_bootstrap_css_dir

from function.openapi import document
from generator.errors import BuildError
from generator.render import css
from generator.site import ASSETS, SiteFile

BOOTSTRAP = "bootstrap.min.css"
# Bootstrap's licence requires this notice in every copy, also of parts of it.
NOTICE = (
    "/*! Bootstrap 5.3.8, (c) 2011-2025 The Bootstrap Authors, MIT: https://getbootstrap.com */"
)
# The API's description.
DESCRIPTION = "openapi.json"
# Our own rules, in site_templates/static, for what Bootstrap has no class for.
SHEET = "site.css"
# The digest that Bootstrap 5.3.8 publishes for this file. Somebody else made the package.
# https://getbootstrap.com/docs/5.3/getting-started/introduction/
BOOTSTRAP_INTEGRITY = "sha384-sRIl4kxILFvY47J16cr9ZwB07vP4J8+LH7qKQnuqkuIAvNWLzeN8tE5YBujZqJLB"


def read_assets(templates: Path, static: Path) -> Mapping[str, SiteFile]:
    """Return all assets by the names that templates use: those in *static*, and `DESCRIPTION`.

    `SHEET` begins with the rules of Bootstrap's stylesheet that *templates* and scripts use. An
    asset's key has a digest of its bytes, so that it can be cached for ever.

    Raises:
        BuildError: the installed Bootstrap is not the official file.
    """
    files = {
        file.relative_to(static).as_posix(): file.read_bytes()
        for file in sorted(static.rglob("*"))
        if file.is_file()
    }
    sources = [
        source.read_text("utf-8")
        for source in sorted(templates.rglob("*"))
        if source.suffix in (".html", ".js")
    ]
    sheet = files.get(SHEET, b"").decode()
    bootstrap = _bootstrap()
    files[SHEET] = _sheet(bootstrap, sheet, static, sources)
    files[DESCRIPTION] = document()
    return {name: SiteFile(_key(name, content), content) for name, content in files.items()}


def _sheet(bootstrap: str, sheet: str, static: Path, sources: list[str]) -> bytes:
    used = css.words("body html").union(*map(css.words, sources))
    try:
        css.prune(sheet, used)  # alone first, so that an error names a line of this file
    except BuildError as exc:
        raise BuildError(f"{static / SHEET}: {exc}") from exc
    return f"{NOTICE}\n{css.prune(bootstrap + sheet, used)}".encode()


def _bootstrap() -> str:
    path = Path(get_bootstrap_css_dir()) / BOOTSTRAP
    content = path.read_bytes()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    if f"sha384-{digest}" != BOOTSTRAP_INTEGRITY:
        raise BuildError(
            f"{path} is not the file that Bootstrap 5.3.8 published; remove .venv and run the"
            " same command again"
        )
    return content.decode()


def _key(name: str, content: bytes) -> str:
    path = PurePath(name)
    stem, dot, suffixes = path.name.partition(".")
    folder = "" if path.parent == PurePath() else f"{path.parent.as_posix()}/"
    return f"{ASSETS}{folder}{stem}-{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffixes}"

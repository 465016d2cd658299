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
# Its licence wants this wherever parts of it go.
NOTICE = (
    "/*! Bootstrap 5.3.8, (c) 2011-2025 The Bootstrap Authors, MIT: https://getbootstrap.com */"
)
# The API's own description.
DESCRIPTION = "openapi.json"
# What Bootstrap has no class for, in site_templates/static.
SHEET = "site.css"
# The integrity that Bootstrap 5.3.8 publishes for this file, whoever packaged it.
# https://getbootstrap.com/docs/5.3/getting-started/introduction/
BOOTSTRAP_INTEGRITY = "sha384-sRIl4kxILFvY47J16cr9ZwB07vP4J8+LH7qKQnuqkuIAvNWLzeN8tE5YBujZqJLB"


def read_assets(templates: Path, static: Path) -> Mapping[str, SiteFile]:
    """Return every asset under the name templates call it by: what is in *static* and the API's.

    What *templates* and scripts use of Bootstrap's stylesheet comes before `SHEET`, in one file. An
    asset's key carries a digest of its bytes, so it can be cached for good.

    Raises:
        BuildError: the installed Bootstrap is not the official file.
    """
    found = {
        file.relative_to(static).as_posix(): file.read_bytes()
        for file in sorted(static.rglob("*"))
        if file.is_file()
    }
    sources = [
        source.read_text("utf-8")
        for source in sorted(templates.rglob("*"))
        if source.suffix in (".html", ".js")
    ]
    sheet = found.get(SHEET, b"").decode()
    bootstrap = _bootstrap()
    found[SHEET] = _sheet(bootstrap, sheet, static, sources)
    found[DESCRIPTION] = document()
    return {name: SiteFile(_key(name, content), content) for name, content in found.items()}


def _sheet(bootstrap: str, sheet: str, static: Path, sources: list[str]) -> bytes:
    used = css.words("body html").union(*map(css.words, sources))
    try:
        css.prune(sheet, used)  # by itself, so that its own lines are told
    except BuildError as exc:
        raise BuildError(f"{static / SHEET}: {exc}") from exc
    return f"{NOTICE}\n{css.prune(bootstrap + sheet, used)}".encode()


def _bootstrap() -> str:
    path = Path(get_bootstrap_css_dir()) / BOOTSTRAP
    content = path.read_bytes()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    if f"sha384-{digest}" != BOOTSTRAP_INTEGRITY:
        raise BuildError(
            f"{path} is not Bootstrap 5.3.8's own file; remove .venv to install it anew"
        )
    return content.decode()


def _key(name: str, content: bytes) -> str:
    path = PurePath(name)
    stem, dot, suffixes = path.name.partition(".")
    folder = "" if path.parent == PurePath() else f"{path.parent.as_posix()}/"
    return f"{ASSETS}{folder}{stem}-{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffixes}"

"""The files that pages load: Bootstrap's stylesheet, and what is in site_templates/static."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePath

from bootstrap_wrapper import get_bootstrap_css_dir

from generator.errors import BuildError
from generator.files import ASSETS, SiteFile

BOOTSTRAP = "bootstrap.min.css"
# The integrity that Bootstrap 5.3.8 publishes for this file, whoever packaged it.
# https://getbootstrap.com/docs/5.3/getting-started/introduction/
BOOTSTRAP_INTEGRITY = "sha384-sRIl4kxILFvY47J16cr9ZwB07vP4J8+LH7qKQnuqkuIAvNWLzeN8tE5YBujZqJLB"


def read_assets(static: Path) -> Mapping[str, SiteFile]:
    """Return every asset under the name templates call it by: Bootstrap's, and *static*'s.

    An asset's key carries a digest of its bytes, so it can be cached for good.

    Raises:
        BuildError: the installed Bootstrap is not the official file.
    """
    path = Path(get_bootstrap_css_dir()) / BOOTSTRAP
    bootstrap = path.read_bytes()
    digest = base64.b64encode(hashlib.sha384(bootstrap).digest()).decode()
    if f"sha384-{digest}" != BOOTSTRAP_INTEGRITY:
        raise BuildError(
            f"{path} is not Bootstrap 5.3.8's own file; remove .venv to install it anew"
        )
    found = {BOOTSTRAP: bootstrap}
    found |= {file.name: file.read_bytes() for file in sorted(static.iterdir()) if file.is_file()}
    return {name: SiteFile(_key(name, content), content) for name, content in found.items()}


def _key(name: str, content: bytes) -> str:
    stem, dot, suffixes = PurePath(name).name.partition(".")
    return f"{ASSETS}{stem}-{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffixes}"

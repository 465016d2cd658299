"""Where the function finds its database, and what a bundle calls it."""

import re
from pathlib import Path

from function.errors import DatabaseMismatch

# What `make build-site` bakes, as seen from the project's folder.
BAKED = Path("build/directory.db")

_BUNDLED = re.compile(r"directory-[0-9a-f]{16}\.db")


def bundled_name(release: str) -> str:
    """Return the name that the database of *release* has in a bundle."""
    return f"directory-{release}.db"


def find_database(named: str, bundle: Path, baked: Path = BAKED) -> tuple[Path, str]:
    """Return the path of the database to answer from, and its release; "" for "take the digest".

    The database is the first of these that exists: the *named* one, the one in the *bundle*, the
    *baked* one. In a bundle the release is taken from the file's name, because a cold start would
    wait for the digest of a large file; `infra.bundle` names the file by its digest.

    Args:
        named: the path in the environment variable DIRECTORY_DB; "" for none.
        bundle: the folder that holds the package `function`.
        baked: where a build puts its database.

    Raises:
        DatabaseMismatch: there is none, or the bundle has several.
    """
    if named:
        return Path(named), ""
    found = sorted(name for path in bundle.iterdir() if _BUNDLED.fullmatch(name := path.name))
    if len(found) > 1:
        raise DatabaseMismatch(
            f"{bundle} has {len(found)} databases ({', '.join(found)}): remove all but one,"
            " or name one in DIRECTORY_DB"
        )
    for name in found:
        return bundle / name, name.removeprefix("directory-").removesuffix(".db")
    if baked.is_file():
        return baked, ""
    raise DatabaseMismatch(
        f"there is no database: neither directory-<release>.db in {bundle} nor {baked.absolute()};"
        " `make build-site` bakes one, DIRECTORY_DB names another"
    )

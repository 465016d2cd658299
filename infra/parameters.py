"""A site as the parameters of the stack that shows it: what the router has to know.

``python -m infra.parameters build/site`` prints them as ``sam deploy --parameter-overrides`` takes
them: no value has a blank, a quote or a backslash, whatever is in the name of a type.
"""

import re
import sys
from pathlib import Path
from urllib.parse import quote_plus

from generator.publish import read_site
from generator.site import Build, read_build
from infra.errors import ParametersError

# With its own code the router may have 10 KB. template.yaml has the same limit (MaxLength).
MAX_TYPES_TEXT = 2400


def parameters(build: Build, site_id: str) -> dict[str, str]:
    """Return the stack's parameters for *build*, published as *site_id*.

    Raises:
        ParametersError: the names of its types take more than the router has room for.
    """
    types = ",".join(
        f"{quote_plus(one.name, safe='')}:{one.slug}:{one.users}" for one in build.types
    )
    if len(types) > MAX_TYPES_TEXT:
        raise ParametersError(
            f"the {len(build.types)} types with pages of their own take {len(types):,} characters"
            f" of the router, which has room for {MAX_TYPES_TEXT:,}: render fewer (--types)"
        )
    return {
        "Release": site_id,
        "Users": str(build.users),
        "PageSizes": ",".join(map(str, build.page_sizes)),
        "Orders": ",".join(build.orders),
        "Types": types,
    }


def names(template: str) -> set[str]:
    """Return the names of the parameters that *template* has."""
    section = re.search(r"^Parameters:\n((?: .*\n|\n)+)", template, re.MULTILINE)
    return set(re.findall(r"^  (\w+):$", section[1], re.MULTILINE)) if section else set()


if __name__ == "__main__":
    site = Path(sys.argv[1])
    found = parameters(read_build(site), read_site(site, allow_sample=True).site_id)
    print(*(f"{name}={value}" for name, value in found.items()))

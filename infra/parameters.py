"""The parameters of the stack: those that a site gives, and those that the template has.

``python -m infra.parameters build/site`` prints a site's as ``sam deploy --parameter-overrides``
takes them. No value has a blank, a quote or a backslash, even if the name of a type has.
"""

import re
import sys
from pathlib import Path
from urllib.parse import quote_plus

from generator.publish import read_site
from generator.site import Build, read_build
from infra.errors import ParametersError

# In characters. CloudFront takes 10 KB of router, and the code is the rest of it. template.yaml has
# the same limit (Types, MaxLength).
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
MAX_TYPES_TEXT = 2400


def refuse_base_path(build: Build) -> None:
    """Raise ParametersError if the site *build* has a base path: the stack serves it at /."""
    if build.base_path != "/":
        raise ParametersError(
            f"the site is built for {build.base_path}, but the stack serves it at /:"
            " build it without --base-path"
        )


def site_parameters(build: Build, site_id: str) -> dict[str, str]:
    """Return the stack's parameters for the site *build*, published as *site_id*.

    Raises:
        ParametersError: the types need more characters than the router has room for, or the site
            is not for the root of its host.
    """
    refuse_base_path(build)
    types = ",".join(
        f"{quote_plus(pages.name, safe='')}:{pages.slug}:{pages.users}" for pages in build.types
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


def parameter_names(template: str) -> set[str]:
    """Return the names of the parameters of *template*, which is YAML.

    PyYAML is not installed where `make deploy` runs.
    """
    section = re.search(r"^Parameters:\n((?: .*\n|\n)+)", template, re.MULTILINE)
    return set(re.findall(r"^  (\w+):$", section[1], re.MULTILINE)) if section else set()


if __name__ == "__main__":
    site = Path(sys.argv[1])
    parameters = site_parameters(read_build(site), read_site(site, allow_sample=True).site_id)
    print(*(f"{name}={value}" for name, value in parameters.items()))

"""Copy infra/router.js into template.yaml, because CloudFormation cannot include a file there.

Run ``python -m infra.embed`` after every change of the router.
"""

import re
from pathlib import Path
from textwrap import indent

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
ROUTER = ROOT / "infra/router.js"

# The property, and the lines below it that are indented more.
_CODE = re.compile(r"^( +)FunctionCode: !Sub \|\n(?:\1 .*\n|\n)*", re.MULTILINE)


def embed(template: str, router: str) -> str:
    """Return *template* with *router* as the code of its only CloudFront function."""

    def code(match: re.Match[str]) -> str:
        return f"{match[1]}FunctionCode: !Sub |\n{indent(router, match[1] + '  ')}\n"

    embedded, count = _CODE.subn(code, template)
    if count != 1:
        raise ValueError(f"the template has {count} places for the router's code, not one")
    return embedded


if __name__ == "__main__":
    TEMPLATE.write_text(embed(TEMPLATE.read_text(), ROUTER.read_text()))

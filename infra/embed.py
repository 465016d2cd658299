"""Copy infra/router.js into template.yaml: CloudFormation can include no file there.

Run as ``python -m infra.embed`` after every change of the router.
"""

import re
from pathlib import Path
from textwrap import indent

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
ROUTER = ROOT / "infra/router.js"

_CODE = re.compile(r"^( +)FunctionCode: !Sub \|\n(?:\1 .*\n|\n)*", re.MULTILINE)


def embed(template: str, router: str) -> str:
    """Return *template* with *router* as the code of its one CloudFront function."""

    def block(found: re.Match[str]) -> str:
        return f"{found[1]}FunctionCode: !Sub |\n{indent(router, found[1] + '  ')}\n"

    embedded, count = _CODE.subn(block, template)
    if count != 1:
        raise ValueError(f"the template has {count} places for the router's code, not one")
    return embedded


if __name__ == "__main__":
    TEMPLATE.write_text(embed(TEMPLATE.read_text(), ROUTER.read_text()))

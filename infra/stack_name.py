"""What a stack can be called. ``python -m infra.stack_name NAME`` refuses any other name."""

import re
import sys

# CloudFormation cuts longer names where it makes others of them, and deployer_policy.json would
# miss those: STACK-ProfilesFunctionRole- and 13 more have to fit in the 64 of a role's name.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_STACK_NAME = 28


def why_not(name: str) -> str | None:
    """Return why no stack can be called *name*; None if one can."""
    if len(name) > MAX_STACK_NAME:
        return (
            f"the stack's name {name} has {len(name)} characters, and {MAX_STACK_NAME} is the most:"
            " with more, the names of its parts would be cut and the role that deploys could not"
            " reach them"
        )
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        return f"{name!r} is no name for a stack: a letter, then letters, digits and hyphens"
    return None


if __name__ == "__main__" and (reason := why_not(sys.argv[1])):
    print(f"Error: {reason}", file=sys.stderr)
    sys.exit(2)

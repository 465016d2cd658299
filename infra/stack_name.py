"""The names that a stack can have. ``python -m infra.stack_name NAME`` refuses any other."""

import re
import sys

from infra.errors import ParametersError

# CloudFormation shortens longer names of resources, and then deployer_policy.json does not match
# them. A role's name has 64 characters at most: STACK-ProfilesFunctionRole- and 13 of its own.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_STACK_NAME = 28  # characters


def check_stack_name(name: str) -> None:
    """Raise ParametersError unless *name* can be a stack's."""
    if len(name) > MAX_STACK_NAME:
        raise ParametersError(
            f"the stack name {name} has {len(name)} characters, at most {MAX_STACK_NAME} are"
            " allowed: the names of its resources would be shortened, and the rights of the role"
            " that deploys would not match them"
        )
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        raise ParametersError(
            f"{name!r} is no stack name: use a letter, then letters, digits and hyphens"
        )


if __name__ == "__main__":
    try:
        check_stack_name(sys.argv[1])
    except ParametersError as exc:
        print(f"Error: {exc}", file=sys.stderr)
        sys.exit(2)

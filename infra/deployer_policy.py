"""The IAM policy of the role that deploys one stack in one account and region.

``python -m infra.deployer_policy STACK ACCOUNT REGION`` prints deployer_policy.json with the three
filled in. It is an inline policy, because a managed one has at most 6,144 characters.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import re
import sys
from pathlib import Path

from infra.errors import ParametersError
from infra.stack_name import check_stack_name

POLICY = Path(__file__).with_suffix(".json")
# Of all inline policies of a role together. Blanks do not count.
MAX_CHARACTERS = 10_240


def fill_in(policy: str, stack: str, account: str, region: str) -> str:
    """Return *policy* with its placeholders replaced."""
    values = {
        "STACK_IN_LOWER_CASE": stack.lower(),  # CloudFormation names buckets in lower case
        "STACK": stack,
        "ACCOUNT": account,
        "REGION": region,
    }
    return re.sub("|".join(values), lambda match: values[match[0]], policy)


def main(arguments: list[str]) -> int:
    """Print the policy, and return the exit status: 0 for success, 2 for invalid arguments."""
    if len(arguments) != 3:
        print("usage: python -m infra.deployer_policy STACK ACCOUNT REGION", file=sys.stderr)
        return 2
    stack, account, region = arguments
    try:
        check_stack_name(stack)
        if not re.fullmatch(r"[0-9]{12}", account):
            raise ParametersError(f"{account!r} is no account: it has 12 digits")
    except ParametersError as exc:
        print(f"Error: {exc}", file=sys.stderr)
        return 2
    print(fill_in(POLICY.read_text(), stack, account, region), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

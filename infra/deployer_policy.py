"""The rights of the role that deploys, for one stack in one account and region.

``python -m infra.deployer_policy STACK ACCOUNT REGION`` prints deployer_policy.json with these
filled in. It is an inline policy of a role: the 6,144 characters of a managed one are too few.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import re
import sys
from pathlib import Path

from infra.errors import ParametersError
from infra.stack_name import check_stack_name

POLICY = Path(__file__).with_suffix(".json")
# Of all inline policies of a role together; blanks do not count.
MAX_CHARACTERS = 10_240


def filled_in(policy: str, stack: str, account: str, region: str) -> str:
    """Return *policy* for the stack of that name; CloudFormation names buckets in lower case."""
    values = {
        "STACK_IN_LOWER_CASE": stack.lower(),
        "STACK": stack,
        "ACCOUNT": account,
        "REGION": region,
    }
    return re.sub("|".join(values), lambda found: values[found[0]], policy)


def main(arguments: list[str]) -> int:
    """Print the policy; 2 if the arguments cannot be."""
    try:
        stack, account, region = arguments
        check_stack_name(stack)
        if not re.fullmatch(r"[0-9]{12}", account):
            raise ParametersError(f"{account!r} is no account: it has 12 digits")
    except (ValueError, ParametersError) as exc:
        usage = "usage: python -m infra.deployer_policy STACK ACCOUNT REGION"
        print(usage if isinstance(exc, ValueError) else f"Error: {exc}", file=sys.stderr)
        return 2
    print(filled_in(POLICY.read_text(), stack, account, region), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Environment variables for AWS's clients: invented credentials, and no file of this machine."""

import os

import pytest

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def set_aws_environment(patch: pytest.MonkeyPatch, **variables: str) -> None:
    """Remove this machine's AWS variables, and set CREDENTIALS and *variables*."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in {**CREDENTIALS, **variables}.items():
        patch.setenv(name, value)

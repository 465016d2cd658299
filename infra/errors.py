"""The errors of building, deploying and deleting on AWS. Each text says what to do.

InfraError
├── BundleError       the function's bundle cannot be made
├── ParametersError   the stack's name or parameters are invalid
├── CloudError        AWS refuses a request, or cannot be reached
└── DeployError       a deployment, a rollback or a deletion failed

Requests to the site's bucket raise `generator.errors.PublishError`, as they do without a stack.
"""


class InfraError(Exception):
    """Base of the errors of this package. The text is for people."""


class BundleError(InfraError):
    """The function's bundle cannot be made."""


class ParametersError(InfraError):
    """The stack's name or parameters are invalid."""


class CloudError(InfraError):
    """AWS refuses a request, or cannot be reached."""


class DeployError(InfraError):
    """A deployment, a rollback or a deletion failed. The text says what is live now."""

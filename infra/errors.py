"""What bringing a site to AWS can say went wrong; each text says what happened and what to do.

InfraError
├── BundleError       the function's bundle cannot be made
├── ParametersError   a site or a name does not fit the stack
├── CloudError        AWS refuses, or cannot be reached
└── DeployError       a deployment, a way back or a deletion is not done

Uploading raises `generator.errors.PublishError`, as it does without a stack.
"""


class InfraError(Exception):
    """Base of the errors of this package; its text is for people."""


class BundleError(InfraError):
    """There is no bundle; the text says why, and what to do."""


class ParametersError(InfraError):
    """A site, or a name, is not what the stack can take."""


class CloudError(InfraError):
    """AWS refuses, or cannot be reached."""


class DeployError(InfraError):
    """What was asked for is not done; the text says what happened, what is now, what to do."""

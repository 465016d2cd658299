"""The stack's states, and updating it."""

from collections.abc import Callable, Mapping

from infra.cloud import Cloud, Stack
from infra.errors import DeployError

# Is given a word and a text for each step that is done.
Report = Callable[[str, str], None]

# The statuses of a stack without resources: not yet created, and creation undone.
_NOT_CREATED, _CREATION_UNDONE = "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"
# What to do about a stack that cannot be updated, by its status.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_ADVICE = {
    "CREATE_FAILED": "`make destroy` removes what was created",
    "DELETE_FAILED": "remove the obstacle that its events name, and run `make destroy` again",
    "ROLLBACK_FAILED": "`make destroy` removes what was created",
    "UPDATE_FAILED": "its last update failed halfway and was not undone;"
    " `aws cloudformation rollback-stack --stack-name {name}` undoes the update",
    "UPDATE_ROLLBACK_FAILED": "remove the obstacle that its events name, and run"
    " `aws cloudformation continue-update-rollback --stack-name {name}`",
    "IMPORT_ROLLBACK_FAILED": "an import of resources failed; CloudFormation's console shows which,"
    " and ends the import",
}
_IN_PROGRESS = "another deployment is in progress; run the same command again when it has ended"


class StackUpdater:
    """Finds and updates the stack of a cloud, and reports each step."""

    def __init__(self, cloud: Cloud, report: Report) -> None:
        self._cloud, self._report = cloud, report

    def find(self) -> Stack | None:
        """Return the stack, ready for an update; None if it has no resources yet.

        Raises:
            DeployError: the stack cannot be updated; the text says what to do.
        """
        stack = self._cloud.stack()
        if stack is None or stack.status == _NOT_CREATED:
            return None
        if stack.status == _CREATION_UNDONE:  # CloudFormation updates no such stack
            self._cloud.delete()
            self._report("Deleted", f"stack {self._cloud.name}, which had no resources")
            return None
        if not stack.status.endswith("_COMPLETE"):
            raise DeployError(self._problem(stack))
        return stack

    def require(self) -> Stack:
        """Return the stack, ready for an update.

        Raises:
            DeployError: there is no stack, or it cannot be updated.
        """
        stack = self.find()
        if stack is None:
            raise DeployError(f"there is no stack {self._cloud.name}; `make deploy` creates it")
        return stack

    def update(self, parameters: Mapping[str, str], template: str | None = None) -> Stack:
        """Create or update the stack, and return its new state.

        Args:
            parameters: the stack's parameters, with "Release". Others keep their values.
            template: the template; None for the one that was built.

        Raises:
            DeployError: it failed; the text says in which state the stack is.
        """
        self._report("Waiting", "for CloudFormation: minutes for a new stack, else about one")
        try:
            self._cloud.deploy(parameters, template)
        except DeployError as exc:
            raise DeployError(f"{exc}; {self._state_after_failure()}") from exc
        stack = self._cloud.stack()
        if stack is None:
            raise DeployError(f"stack {self._cloud.name} was deleted in the meantime")
        self._report("Moved", f"stack {self._cloud.name} to site {stack.site_id}")
        return stack

    def _state_after_failure(self) -> str:
        stack = self._cloud.stack()
        if stack is None or stack.status in (_NOT_CREATED, _CREATION_UNDONE):
            return "nothing was created; run the same command to try again"
        if stack.status.endswith("_COMPLETE"):
            return "the stack is as it was before; run the same command to try again"
        return self._problem(stack)

    def _problem(self, stack: Stack) -> str:
        advice = _ADVICE.get(stack.status, _IN_PROGRESS).format(name=self._cloud.name)
        return f"stack {self._cloud.name} is {stack.status}: {advice}"

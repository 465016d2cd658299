"""The ``sam`` command: what builds the function's bundle, and what moves the stack.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-reference.html
"""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.errors import DeployError

ROOT = Path(__file__).parents[1]
BUNDLE = ROOT / ".aws-sam/build/ProfilesFunction"
# Where `make .venv/.aws` puts it.
OWN = ROOT / ".venv/aws/bin"
# Of the tables that it draws, in characters: reasons are in their last column.
WIDTH = 160


class Sam:
    """The command, run in the project; what it says is shown if it fails, or if *verbose*."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose

    def build(self, database: Path) -> list[str]:
        """Make the bundle with *database*, and return the names of what is in it."""
        # What function/Makefile takes it from.
        self._run("build", DATABASE=str(database.absolute()))
        return [path.name for path in BUNDLE.iterdir()]

    def deploy(self, stack: str, parameters: Mapping[str, str], template: str | None) -> None:
        """Make the stack of that name what *template* says, or else what was built says."""
        command = [
            *("deploy", "--stack-name", stack, "--resolve-s3", "--s3-prefix", stack),
            *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"),
            *("--no-fail-on-empty-changeset", "--no-progressbar"),
            *("--parameter-overrides", *map(override, parameters, parameters.values())),
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            if template is not None:
                file.write(template)
                file.flush()
                command += ["--template-file", file.name]
            self._run(*command)

    def _run(self, *arguments: str, **environment: str) -> None:
        variables = {"COLUMNS": str(WIDTH), "SAM_CLI_TELEMETRY": "0", **environment}
        command = ["env", *map("=".join, variables.items()), _found(), *arguments]
        kept = None if self._verbose else subprocess.PIPE
        done = subprocess.run(  # noqa: S603  (sam, and what is written above)
            command, cwd=ROOT, check=False, stdout=kept, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise DeployError(f"`sam {arguments[0]}` failed\n{done.stdout or ''}".rstrip())


def _found() -> str:
    """Return where the command is."""
    found = shutil.which("sam", path=OWN) or shutil.which("sam")
    if found is None:
        raise DeployError(
            "the command sam is missing; `make .venv/.aws` installs it into .venv, or see"
            " https://docs.aws.amazon.com/serverless-application-model/"
        )
    return found


def override(name: str, value: str) -> str:
    """Return a parameter as ``--parameter-overrides`` takes it, whatever is in its value."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'

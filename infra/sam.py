"""The ``sam`` command, which builds the function's bundle and updates the stack.

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
# Where `make .venv/.aws` installs sam.
INSTALLED = ROOT / ".venv/aws/bin"
# Characters of sam's tables: the reasons of failures are in the last column.
WIDTH = 160


class Sam:
    """Runs sam in the project. Its output is shown if it fails, or always if *verbose*."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose

    def build(self, database: Path) -> list[str]:
        """Make the bundle with *database*, and return the names of its files."""
        # function/Makefile reads the variable.
        self._run("build", DATABASE=str(database.absolute()))
        return [path.name for path in BUNDLE.iterdir()]

    def deploy(self, stack: str, parameters: Mapping[str, str], template: str | None) -> None:
        """Create or update *stack* from *template*, or from the template that was built."""
        command = [
            *("deploy", "--stack-name", stack, "--resolve-s3", "--s3-prefix", stack),
            *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"),
            *("--no-fail-on-empty-changeset", "--no-progressbar"),
            *("--parameter-overrides", *map(parameter_override, parameters, parameters.values())),
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            if template is not None:
                file.write(template)
                file.flush()
                command += ["--template-file", file.name]
            self._run(*command)

    def _run(self, *arguments: str, **environment: str) -> None:
        variables = {"COLUMNS": str(WIDTH), "SAM_CLI_TELEMETRY": "0", **environment}
        # `env` adds the variables to those of this process, which this module need not read.
        command = ["env", *map("=".join, variables.items()), _sam_path(), *arguments]
        completed = subprocess.run(  # noqa: S603  (sam, and the arguments above)
            command,
            cwd=ROOT,
            check=False,
            stdout=None if self._verbose else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if completed.returncode:
            raise DeployError(f"`sam {arguments[0]}` failed\n{completed.stdout or ''}".rstrip())


def _sam_path() -> str:
    path = shutil.which("sam", path=INSTALLED) or shutil.which("sam")
    if path is None:
        raise DeployError(
            "the command sam is missing; `make .venv/.aws` installs it into .venv, or see"
            " https://docs.aws.amazon.com/serverless-application-model/"
        )
    return path


def parameter_override(name: str, value: str) -> str:
    """Return a parameter as ``--parameter-overrides`` takes it, with *value* quoted."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'

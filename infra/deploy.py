"""The command line for deploying, rolling back and deleting: what `make deploy` and others run.

``python -m infra.deploy deploy|rollback|destroy --stack NAME``. Region and credentials are found as
by the AWS CLI.
"""

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from function.errors import FunctionError
from generator.errors import GeneratorError, is_fixable, reason
from generator.publish import refuse_sample
from generator.site import read_build
from generator.text import duration
from infra.cloud import Cloud
from infra.deletion import destroy as destroy_stack
from infra.deployer import MIN_RETAINED, Deployer
from infra.embed import TEMPLATE
from infra.errors import DeployError, InfraError, ParametersError
from infra.parameters import parameter_names, refuse_base_path
from infra.sam import Sam
from infra.smoke_test import SmokeTest

THREADS = 32  # requests to the bucket at a time
PATIENCE = 180.0  # seconds
PATH = click.Path(path_type=Path)


def _check_retained(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value < MIN_RETAINED:
        raise click.BadParameter(f"at least {MIN_RETAINED}: the live one and the one before")
    return value


stack_option = click.option("--stack", required=True, metavar="NAME", help="The stack's name.")
verbose_option = click.option("--verbose", is_flag=True, help="Show the output of sam.")
site_url_option = click.option(
    "--site-url", metavar="URL", help="The address to test, if it is not CloudFront's."
)
patience_option = click.option(
    "--patience",
    default=PATIENCE,
    metavar="SECONDS",
    help="How long CloudFront may take to show the site.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def cli() -> None:
    """Deploy the site and the API together, roll back, or delete the stack.

    Region and credentials are found as by the AWS CLI. `make deploy`, `make rollback` and `make
    destroy` run these commands.
    """


@cli.command()
@stack_option
@verbose_option
@site_url_option
@patience_option
@click.option("--site", type=PATH, default="build/site", help="The rendered site.")
@click.option(
    "--database",
    type=PATH,
    default="build/directory.db",
    help="The directory that the site was rendered from.",
)
@click.option(
    "--parameters",
    default="",
    show_default=False,
    metavar="'NAME=VALUE ...'",
    help="Parameters of the stack.",
)
@click.option(
    "--keep",
    "retained",
    default=3,
    metavar="N",
    callback=_check_retained,
    help="How many deployments to keep, the live one included.",
)
@click.option("--allow-sample", is_flag=True, help="Deploy the sample's invented accounts, too.")
@click.option("--check", is_flag=True, help="Only check the parameters and the site's build.")
def deploy(
    stack: str,
    verbose: bool,
    site_url: str | None,
    patience: float,
    site: Path,
    database: Path,
    parameters: str,
    retained: int,
    allow_sample: bool,
    check: bool,
) -> None:
    """Deploy a site and its API."""
    given = parse_parameters(parameters)
    if check:  # needs no boto3: `make deploy` installs that only afterwards
        build = read_build(site)
        refuse_base_path(build)
        if not allow_sample:
            refuse_sample(site, build)
        return
    deployer = _deployer(_cloud(stack, verbose), site_url, patience)
    deployer.deploy(site, database, given, retained, allow_sample=allow_sample)


@cli.command()
@stack_option
@verbose_option
@site_url_option
@patience_option
@click.option("--to", metavar="NAME", help="The deployment to roll back to.")
@click.option("--list", "list_only", is_flag=True, help="Only list the deployments.")
def rollback(
    stack: str,
    verbose: bool,
    site_url: str | None,
    patience: float,
    to: str | None,
    list_only: bool,
) -> None:
    """Roll back to the deployment before the live one."""
    deployer = _deployer(_cloud(stack, verbose), site_url, patience)
    if list_only:
        deployer.list_deployments()
    else:
        deployer.rollback(to)


@cli.command()
@stack_option
@verbose_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(stack: str, verbose: bool, yes: bool) -> None:
    """Delete the stack, and its bucket with all sites."""
    destroy_stack(_cloud(stack, verbose), StepPrinter(), lambda name: yes or _is_typed(name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit status: 0 for success, 1 for an error, 2 for bad usage, 130 for Ctrl-C.
    """
    try:
        return cli.main(arguments, "python -m infra.deploy", standalone_mode=False) or 0
    except click.Abort:  # click raises it for Ctrl-C
        print("Interrupted; run the same command again to continue.", file=sys.stderr)
        return 130
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (InfraError, GeneratorError, FunctionError, OSError) as exc:
        if isinstance(exc, OSError) and not is_fixable(exc):  # a bug
            raise
        print(f"Error: {reason(exc)}", file=sys.stderr)
        return 1


def parse_parameters(text: str) -> dict[str, str]:
    """Return the parameters in *text*, which is split into words as by a shell.

    sam ignores parameters that the template does not have, so they are refused here.

    Raises:
        ParametersError: the template has no such parameter, or a quotation mark is missing.
    """
    try:
        words = shlex.split(text)
    except ValueError as exc:
        raise ParametersError(f"PARAMETERS={text} cannot be split into words: {exc}") from exc
    parameters = dict(word.partition("=")[::2] for word in words)
    if unknown := sorted(parameters.keys() - parameter_names(TEMPLATE.read_text())):
        raise ParametersError(f"{unknown[0]!r} is no parameter; template.yaml lists them")
    return parameters


def _cloud(stack: str, verbose: bool) -> Cloud:
    try:
        from infra.aws import Aws
    except ModuleNotFoundError as exc:  # building a site does without boto3
        raise DeployError(f"{exc.name} is missing; `make .venv/.deploy` installs it") from exc
    return Aws(stack, Sam(verbose=verbose), THREADS)


def _deployer(cloud: Cloud, site_url: str | None, patience: float) -> Deployer:
    smoke_test = SmokeTest(cloud.get, patience)
    return Deployer(cloud, StepPrinter(), smoke_test, THREADS, site_url)


class StepPrinter:
    """Prints each step on a line of its own, with its duration if it is noticeable."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, word: str, text: str) -> None:
        """Print a step that has ended now."""
        now = time.monotonic()
        seconds = now - self._last
        took = f"{seconds:.1f} s" if seconds < 60 else duration(seconds)
        print(f"{word:<8} {text}{f' ({took})' if seconds >= 0.05 else ''}", flush=True)
        self._last = now


def _is_typed(name: str) -> bool:
    """Return whether the user types *name*."""
    print(f"Type {name} to delete all of this: ", end="", flush=True)
    return sys.stdin.readline().strip() == name


if __name__ == "__main__":
    sys.exit(main())

"""Releasing site and API as one, going back, and deleting all of it.

``python -m infra.deploy deploy|rollback|destroy --stack NAME``, which is what `make` runs. The
region and who one is are found as all of AWS's tools find them.
"""

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from function.errors import FunctionError
from generator.errors import GeneratorError, is_fixable
from generator.text import span
from infra.deployer import LEAST_KEPT, Deployer
from infra.embed import TEMPLATE
from infra.errors import DeployError, InfraError, ParametersError
from infra.parameters import names
from infra.sam import Sam

THREADS = 32  # requests to the bucket that are under way at a time
PATH = click.Path(path_type=Path)


def _at_least(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value < LEAST_KEPT:
        raise click.BadParameter(f"{LEAST_KEPT} at least: the live one and the one before")
    return value


stack_option = click.option("--stack", required=True, metavar="NAME", help="The stack's name.")
verbose_option = click.option("--verbose", is_flag=True, help="Show what the sam command says.")
site_url_option = click.option(
    "--site-url", metavar="URL", help="Where to look whether it worked, if not CloudFront."
)
patience_option = click.option(
    "--patience", default=180.0, metavar="SECONDS", help="How long the edges may take to follow."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def cli() -> None:
    """Release site and API as one, go back, or delete all of it.

    Credentials and region are found as all of AWS's tools find them. `make deploy`, `make rollback`
    and `make destroy` run this.
    """


@cli.command()
@stack_option
@verbose_option
@site_url_option
@patience_option
@click.option("--site", type=PATH, default="build/site", help="The rendered site.")
@click.option(
    "--database", type=PATH, default="build/directory.db", help="The directory it was made from."
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
    default=3,
    metavar="N",
    callback=_at_least,
    help="Deployments one can go back to, the live one counted.",
)
@click.option("--allow-sample", is_flag=True, help="Show invented accounts, too.")
def deploy(
    stack: str,
    verbose: bool,
    site_url: str | None,
    patience: float,
    site: Path,
    database: Path,
    parameters: str,
    keep: int,
    allow_sample: bool,
) -> None:
    """Make a site and its API what the stack shows."""
    deployer = _deployer(stack, verbose, site_url, patience)
    deployer.deploy(site, database, given(parameters), keep, allow_sample=allow_sample)


@cli.command()
@stack_option
@verbose_option
@site_url_option
@patience_option
@click.option("--to", metavar="NAME", help="Go back to that deployment.")
@click.option("--list", "show", is_flag=True, help="Only say which deployments there are.")
def rollback(
    stack: str, verbose: bool, site_url: str | None, patience: float, to: str | None, show: bool
) -> None:
    """Go back to the deployment before."""
    deployer = _deployer(stack, verbose, site_url, patience)
    if show:
        deployer.show()
    else:
        deployer.rollback(to)


@cli.command()
@stack_option
@verbose_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(stack: str, verbose: bool, yes: bool) -> None:
    """Delete the stack, and its bucket with all releases."""
    _deployer(stack, verbose).destroy(lambda name: yes or _typed(name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what *arguments* ask for. Return 0, 1 for an error, 2 for bad usage, 130 for Ctrl-C."""
    try:
        return cli.main(arguments, "python -m infra.deploy", standalone_mode=False) or 0
    except click.Abort:  # click's word for Ctrl-C
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return 130
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (InfraError, GeneratorError, FunctionError, OSError) as exc:
        if isinstance(exc, OSError) and not is_fixable(exc):  # a bug
            raise
        print(f"Error: {exc}", file=sys.stderr)
        return 1


def given(text: str) -> dict[str, str]:
    """Return the parameters in *text*, which is as a shell would have it.

    sam would not say a word of a parameter that the template does not have.

    Raises:
        ParametersError: one is no parameter, or a quotation mark is missing.
    """
    try:
        pairs = shlex.split(text)
    except ValueError as exc:
        raise ParametersError(f"PARAMETERS={text} cannot be split: {exc}") from exc
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if unknown := sorted(found.keys() - names(TEMPLATE.read_text())):
        raise ParametersError(f"{unknown[0]!r} is no parameter; template.yaml has what they are")
    return found


def _deployer(
    stack: str, verbose: bool, site_url: str | None = None, patience: float | None = None
) -> Deployer:
    try:
        from infra.cloud import Aws
    except ModuleNotFoundError as exc:  # building does without
        raise DeployError(f"{exc.name} is missing; `make .venv/.deploy` installs it") from exc
    deployer = Deployer(Aws(stack, Sam(verbose=verbose), THREADS), _Teller(), THREADS)
    deployer.site_url = site_url
    if patience is not None:
        deployer.patience = patience
    return deployer


class _Teller:
    """Prints each step on a line of its own, with how long it took if anybody could notice."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, word: str, text: str) -> None:
        now = time.monotonic()
        took = now - self._last
        length = f"{took:.1f} s" if took < 60 else span(took)
        print(f"{word:<8} {text}{f' ({length})' if took >= 0.05 else ''}", flush=True)
        self._last = now


def _typed(name: str) -> bool:
    """Return whether somebody types *name*."""
    print(f"Type {name} to delete all of this: ", end="", flush=True)
    return sys.stdin.readline().strip() == name


if __name__ == "__main__":
    sys.exit(main())

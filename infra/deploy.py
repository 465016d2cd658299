"""Releasing site and API as one, going back, and deleting all of it.

``python -m infra.deploy deploy|rollback|destroy --stack NAME``, which is what `make` runs. The
region and who one is are found as all of AWS's tools find them.
"""

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from function.errors import FunctionError
from generator.errors import GeneratorError
from generator.text import span
from infra.deployer import LEAST_KEPT, Deployer
from infra.deployment import DeployError
from infra.embed import TEMPLATE
from infra.parameters import names
from infra.sam import Sam

THREADS = 32  # requests to the bucket that are under way at a time


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what *arguments* ask for; 1 if it cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        deployer = _deployer(options)
        if options.verb == "deploy":
            deployer.deploy(
                options.site,
                options.database,
                given(options.parameters),
                options.keep,
                allow_sample=options.allow_sample,
            )
        elif options.verb == "destroy":
            deployer.destroy(lambda name: options.yes or _typed(name))
        elif options.list:
            deployer.show()
        else:
            deployer.rollback(options.to)
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
    except (DeployError, GeneratorError, FunctionError, OSError, ValueError) as exc:
        print(f"Error: {exc}", file=sys.stderr)
    else:
        return 0
    return 1


def given(text: str) -> dict[str, str]:
    """Return the parameters in *text*, which is as a shell would have it.

    sam would not say a word of a parameter that the template does not have.
    """
    found = dict(pair.partition("=")[::2] for pair in shlex.split(text))
    if unknown := sorted(found.keys() - names(TEMPLATE.read_text())):
        raise DeployError(f"{unknown[0]!r} is no parameter; template.yaml has what they are")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    deploy = verbs.add_parser("deploy", help="make a site and its API what the stack shows")
    rollback = verbs.add_parser("rollback", help="go back to the deployment before")
    destroy = verbs.add_parser("destroy", help="delete the stack, and its bucket with all releases")
    for verb in (deploy, rollback, destroy):
        verb.add_argument("--stack", required=True, metavar="NAME")
        verb.add_argument("--verbose", action="store_true", help="show what the sam command says")
    for verb in (deploy, rollback):
        verb.add_argument(
            "--site-url", metavar="URL", help="where to look whether it worked, if not CloudFront"
        )
        verb.add_argument(
            "--patience",
            type=float,
            default=180.0,
            metavar="SECONDS",
            help="how long the edges may take to follow (default: %(default)s)",
        )
    deploy.add_argument("--site", type=Path, default=Path("build/site"))
    deploy.add_argument("--database", type=Path, default=Path("build/directory.db"))
    deploy.add_argument(
        "--parameters", default="", metavar="'NAME=VALUE ...'", help="parameters of the stack"
    )
    deploy.add_argument(
        "--keep",
        type=_kept,
        default=3,
        metavar="N",
        help="deployments one can go back to, the live one counted (default: %(default)s)",
    )
    deploy.add_argument("--allow-sample", action="store_true", help="show invented accounts, too")
    rollback.add_argument("--to", metavar="NAME", help="to that deployment")
    rollback.add_argument(
        "--list", action="store_true", help="only say which deployments there are"
    )
    destroy.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _kept(text: str) -> int:
    if int(text) < LEAST_KEPT:
        raise argparse.ArgumentTypeError(f"{LEAST_KEPT} at least: the live one and the one before")
    return int(text)


def _deployer(options: argparse.Namespace) -> Deployer:
    try:
        from infra.cloud import Aws
    except ModuleNotFoundError as exc:  # building does without
        raise DeployError(f"{exc.name} is missing; `make .venv/.deploy` installs it") from exc
    cloud = Aws(options.stack, Sam(verbose=options.verbose), THREADS)
    deployer = Deployer(cloud, _Teller(), THREADS)
    if options.verb != "destroy":
        deployer.patience, deployer.site_url = options.patience, options.site_url
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

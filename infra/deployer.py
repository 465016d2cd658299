"""How a release goes live, back to an earlier one, and away: the steps and their order.

All of it over a `Cloud`, of which `infra.cloud` is the real one.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from function.database_file import bundled_name
from generator.errors import PublishError
from generator.publish import (
    Bucket,
    Manifest,
    Upload,
    apply,
    compare,
    put_manifest,
    read_site,
    verify,
)
from generator.site import read_build
from generator.text import count
from infra.deployment import (
    DEPLOYMENTS,
    HISTORY_KEY,
    PAGES,
    Answer,
    Deployment,
    History,
    Stack,
    check_stack_name,
    name_of,
    surplus,
    unlike,
)
from infra.errors import DeployError, InfraError
from infra.parameters import parameters

# Whoever goes back goes to the one before: fewer are not kept.
LEAST_KEPT = 2
PAUSE = 5.0  # seconds, between two questions
# What was uploaded within this time may be another deployer's, about to go live.
SPARED = timedelta(hours=1)
# What a stack is made with: arm64 costs a fifth less. The template's own default is what runs on
# most people's machines. A stack that stands keeps its processor.
NEW_STACK = {"Architecture": "arm64"}

# One that made nothing yet, and one that took back what it had made.
_NEVER_MADE, _TAKEN_BACK = "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"
# What to do about a stack that cannot be updated, by its status.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_ADVICE = {
    "CREATE_FAILED": "`make destroy` removes what is there",
    "DELETE_FAILED": "`make destroy` goes on with it, once what its events name is mended",
    "ROLLBACK_FAILED": "`make destroy` removes what is there",
    "UPDATE_FAILED": "it was updated without taking back what fails;"
    " `aws cloudformation rollback-stack --stack-name {name}` takes it back",
    "UPDATE_ROLLBACK_FAILED": "once what its events name is mended,"
    " `aws cloudformation continue-update-rollback --stack-name {name}` goes on with it",
    "IMPORT_ROLLBACK_FAILED": "an import of resources into it failed; CloudFormation's console"
    " says which, and ends it",
}
_UNDER_WAY = "somebody's deployment is under way; the same command goes on when that is done"

Tell = Callable[[str, str], None]


class Cloud(Protocol):
    """The stack called *name*, and what belongs to it.

    Each method raises InfraError or PublishError if it cannot be done.
    """

    name: str

    def build(self, database: Path) -> list[str]:
        """Make the function's bundle with *database*, and return the names of what is in it."""

    def deploy(self, parameters: Mapping[str, str], template: str | None = None) -> None:
        """Make the stack what *template* says, or else the one that was built.

        Parameters that are not given keep their values. If anything fails, the stack is what it
        was; of one that was not there, only its name and events are left.
        """

    def stack(self) -> Stack | None:
        """Return the stack; None if there is none."""

    def template(self) -> str:
        """Return the stack's template, as it was uploaded."""

    def delete(self) -> None:
        """Delete the stack, and wait until it is gone."""

    def bucket(self, name: str) -> Bucket:
        """Return a bucket."""

    def remove(self, bucket: str, prefix: str) -> int:
        """Remove all objects whose keys begin with *prefix*, and return how many there were."""

    def empty_caches(self, stack: Stack) -> str:
        """Have the caches before the API forget their answers, and return which those are."""

    def get(self, url: str) -> Answer:
        """Return what *url* answers; OSError if nothing does."""


@dataclass
class Deployer:
    """Takes a stack from release to release, and tells each step.

    Attributes:
        cloud: where.
        tell: is given a word and what came of the step.
        threads: how many requests to a bucket are under way at a time.
        patience: for how many seconds a deployment may not be seen yet at the site's address.
        site_url: that address, if it is not the one that the stack says.
    """

    cloud: Cloud
    tell: Tell
    threads: int = 32
    patience: float = 180.0
    site_url: str | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def deploy(
        self,
        site: Path,
        database: Path,
        given: Mapping[str, str],
        keep: int,
        *,
        allow_sample: bool = False,
    ) -> None:
        """Make the *site*, and the API over the same directory, what the stack shows.

        Whatever it is ended by, the same command goes on from there.

        Args:
            site: the rendered folder.
            database: the directory it was rendered from.
            given: parameters of the stack besides those of a release.
            keep: how many deployments one can go back to, the live one counted.
            allow_sample: whether invented accounts may be shown.

        Raises:
            InfraError, GeneratorError: it is not done; the release before is live as it was.
        """
        check_stack_name(self.cloud.name)
        manifest = read_site(site, allow_sample=allow_sample)
        wanted = parameters(read_build(site), manifest.site_id)
        if twice := sorted(wanted.keys() & given.keys()):
            raise DeployError(f"{twice[0]} is the site's to say: leave it out of PARAMETERS")
        self.tell("Read", f"{count(len(manifest.files), 'file')} of site {manifest.site_id}")
        stack = self._to_update()
        self._build(manifest, database)
        if stack is None:  # the stack makes the bucket
            stack = self._move({**NEW_STACK, **given, **wanted})
            bucket = self._bucket(stack)
            self._upload(manifest, site, bucket)
        else:
            bucket = self._bucket(stack)
            self._upload(manifest, site, bucket)
            # One from before there was a choice has arm64.
            kept = {} if "Architecture" in stack.parameters else NEW_STACK
            stack = self._move({**kept, **given, **wanted})
            self._empty_caches(stack)
        deployment = Deployment(
            name_of(manifest.site_id, self.now()), wanted, self.cloud.template()
        )
        history = self._history(bucket).names
        if wrong := self._look(stack, manifest):
            raise DeployError(self._go_back(wrong, deployment, history, bucket, stack))
        if history and self._recorded(history[-1], bucket).is_what(stack, deployment.template):
            self.tell("Recorded", f"before, as {history[-1]}")
        else:
            self._put(bucket, deployment.key, deployment.to_json())
            history.append(deployment.name)
            self._put_history(bucket, History(history))
            self.tell("Recorded", f"as {deployment.name}")
        self._tidy(stack, bucket, history, max(keep, LEAST_KEPT))
        self.tell("Live", f"{self._address(stack)} ({stack.outputs['SiteUrl']})")

    def rollback(self, to: str | None = None) -> None:
        """Go back to the deployment before the live one, or to the one called *to*.

        If what is live is not a deployment that held, as after one that was ended halfway, the
        last that did is the one to go back to. The site need not be at hand.
        """
        stack = self._standing()
        bucket = self._bucket(stack)
        history = self._history(bucket)
        rest = self._rest(history, stack, bucket) if to is None else _up_to(history.names, to)
        if not rest:
            raise DeployError(
                f"there is no deployment before the live one in {bucket.address}/{DEPLOYMENTS};"
                " `make deploy` makes one"
            )
        target = self._recorded(rest[-1], bucket)
        # First, as a rollback that is ended halfway would otherwise go on one too far.
        self._put_history(bucket, History(rest, is_under_way=True))
        try:
            stack, wrong = self._repeat(target, bucket)
        except (InfraError, PublishError):
            self._put_history(bucket, history)
            raise
        self._put_history(bucket, History(rest))
        if wrong:
            raise DeployError(
                f"the stack is at {target.name}, but {wrong}; `make rollback` goes back further,"
                " or --to NAME to another"
            )
        self.tell("Live", f"{self._address(stack)} is of {target.name}")

    def show(self) -> None:
        """Tell which deployments there are, the newest first."""
        stack = self._standing()
        bucket = self._bucket(stack)
        history, template = self._history(bucket).names, self.cloud.template()
        keys = [one.key for one in bucket.list(DEPLOYMENTS) if one.key != HISTORY_KEY]
        for key in sorted(keys, reverse=True):
            name = key.removeprefix(DEPLOYMENTS).removesuffix(".json")
            found = self._recorded(name, bucket)
            live = history[-1:] == [name] and found.is_what(stack, template)
            self.tell("live" if live else "before" if name in history else "left", name)

    def destroy(self, confirmed: Callable[[str], bool]) -> None:
        """Delete the stack and its bucket with all releases, if that is *confirmed*."""
        stack = self.cloud.stack()
        if stack is None:
            raise DeployError(f"there is no stack {self.cloud.name} in this region")
        name = stack.outputs.get("SiteBucketName")
        self.tell(
            "Stack",
            f"{self.cloud.name} ({stack.status}): distribution, API, function with all its"
            " versions, logs, alarms",
        )
        if name:
            keys = [one.key for one in self.cloud.bucket(name).list("")]
            sites = {key.split("/")[1] for key in keys if key.startswith("releases/")}
            self.tell(
                "Bucket",
                f"s3://{name}: {count(len(keys), 'object')}, of {count(len(sites), 'site')}"
                " and of what going back to them takes",
            )
        if not confirmed(self.cloud.name):
            raise DeployError("that is not the stack's name: nothing was deleted")
        if name:
            self.tell("Emptied", f"s3://{name}: {count(self.cloud.remove(name, ''), 'object')}")
        self.cloud.delete()
        self.tell("Deleted", f"stack {self.cloud.name} and all that was in it")
        self.tell(
            "Left",
            "SAM's own bucket (stack aws-sam-cli-managed-default), which other stacks may share:"
            f" {self.cloud.name}/ in it is what was uploaded for this one",
        )

    def _standing(self) -> Stack:
        stack = self._to_update()
        if stack is None:
            raise DeployError(f"there is no stack {self.cloud.name}; `make deploy` makes it")
        return stack

    def _to_update(self) -> Stack | None:
        """Return the stack, if there is one yet and it can be updated."""
        stack = self.cloud.stack()
        if stack is None or stack.status == _NEVER_MADE:
            return None
        if stack.status == _TAKEN_BACK:
            self.cloud.delete()
            self.tell("Deleted", f"stack {self.cloud.name}, of which nothing was made")
            return None
        if not stack.status.endswith("_COMPLETE"):
            advice = self._advice(stack.status)
            raise DeployError(f"stack {self.cloud.name} is {stack.status}: {advice}")
        return stack

    def _advice(self, status: str) -> str:
        return _ADVICE.get(status, _UNDER_WAY).format(name=self.cloud.name)

    def _build(self, manifest: Manifest, database: Path) -> None:
        wanted = bundled_name(manifest.release)
        databases = [name for name in self.cloud.build(database) if name.endswith(".db")]
        if databases != [wanted]:
            raise DeployError(
                f"the site is of release {manifest.release}, and {database} made the bundle have"
                f" {', '.join(databases) or 'no database'}: `make build-site` renders the site anew"
            )
        self.tell("Built", f"the function, with {wanted}")

    def _bucket(self, stack: Stack) -> Bucket:
        return self.cloud.bucket(stack.outputs["SiteBucketName"])

    def _upload(self, manifest: Manifest, site: Path, bucket: Bucket) -> None:
        plan = compare(manifest, bucket, self.threads)
        apply(plan, manifest, site, bucket, self.threads, lambda done: None)
        if plan.is_empty:  # it may have been there for long: from now on it is spared
            put_manifest(manifest, bucket)
        self.tell("Uploaded", f"{bucket.address}/{manifest.prefix}: {plan}")

    def _move(self, wanted: Mapping[str, str], template: str | None = None) -> Stack:
        """Make the stack what it should be, and return it."""
        self.tell("Waiting", "for CloudFormation: minutes for a new stack, else about one")
        try:
            self.cloud.deploy(wanted, template)
        except DeployError as exc:
            stack = self.cloud.stack()
            if stack is None or stack.status in (_NEVER_MADE, _TAKEN_BACK):
                left = "nothing was made; the same command tries again"
            elif stack.status.endswith("_COMPLETE"):
                left = "the stack is as it was before; the same command tries again"
            else:
                left = f"the stack is {stack.status}: {self._advice(stack.status)}"
            raise DeployError(f"{exc}; {left}") from exc
        stack = self.cloud.stack()
        if stack is None:
            raise DeployError(f"stack {self.cloud.name} was deleted meanwhile")
        self.tell("Moved", f"stack {self.cloud.name} to site {wanted['Release']}")
        return stack

    def _empty_caches(self, stack: Stack) -> None:
        self.tell("Emptied", self.cloud.empty_caches(stack))

    def _address(self, stack: Stack) -> str:
        """Return where the site is: CloudFront's own name, as a domain may still have to move."""
        return (self.site_url or f"https://{stack.outputs['DistributionDomain']}").rstrip("/")

    def _look(self, stack: Stack, manifest: Manifest) -> str | None:
        """Return how the site differs from *manifest*, after waiting for the edges."""
        site, until = self._address(stack), self.clock() + self.patience
        while found := unlike(self.cloud.get, site, manifest):
            if self.clock() >= until:
                return found
            self.sleep(PAUSE)
        self.tell("Asked", f"{site}: {', '.join(PAGES)} and the API are of the site")
        return None

    def _go_back(
        self,
        wrong: str,
        failed: Deployment,
        history: list[str],
        bucket: Bucket,
        stack: Stack,
    ) -> str:
        """Undo a deployment that does not show what it should, and return what there is to say."""
        self.tell("Failed", wrong)
        if not history:
            return (
                f"{wrong}; no deployment before it held, so it is left as it is:"
                " `make deploy` tries again, `make destroy` removes it"
            )
        before = self._recorded(history[-1], bucket)
        if before.is_what(stack, failed.template):
            return f"{wrong}; this is {before.name} itself, `make rollback` goes back further"
        _, still = self._repeat(before, bucket)
        if still:
            return f"{wrong}; the stack is back at {before.name}, but {still}"
        return f"{wrong}; {before.name} is live again, as before"

    def _repeat(self, deployment: Deployment, bucket: Bucket) -> tuple[Stack, str | None]:
        """Take the stack back to *deployment*, and return it and in which way that did not work."""
        manifest = self._verify(deployment, bucket)
        stack = self._move(deployment.parameters, deployment.template)
        # Another version of sam may have written it otherwise.
        again = deployment._replace(template=self.cloud.template())
        self._put(bucket, again.key, again.to_json())
        self._empty_caches(stack)
        return stack, self._look(stack, manifest)

    def _verify(self, deployment: Deployment, bucket: Bucket) -> Manifest:
        """Return the release of *deployment*, if all that it needs is still there."""
        manifest = verify(deployment.site_id, bucket, self.threads)
        for name, key in re.findall(r"\bs3://([a-z0-9.-]+)/(\S+)", deployment.template):
            if not any(one.key == key for one in self.cloud.bucket(name).list(key)):
                raise DeployError(
                    f"{deployment.name} cannot be repeated: its code is no longer at"
                    f" s3://{name}/{key}"
                )
        self.tell(
            "Verified", f"{count(len(manifest.files), 'file')} of {manifest.site_id}, and the code"
        )
        return manifest

    def _history(self, bucket: Bucket) -> History:
        text = bucket.get(HISTORY_KEY)
        if not text:
            return History([])
        try:
            return History(**json.loads(text))
        except (ValueError, TypeError) as exc:
            raise self._unreadable(bucket, HISTORY_KEY) from exc

    def _put_history(self, bucket: Bucket, history: History) -> None:
        self._put(bucket, HISTORY_KEY, json.dumps(history._asdict()).encode())

    def _put(self, bucket: Bucket, key: str, text: bytes) -> None:
        bucket.put(key, Upload(text, hashlib.sha256(text).digest(), "application/json", "no-store"))

    def _recorded(self, name: str, bucket: Bucket) -> Deployment:
        key = f"{DEPLOYMENTS}{name}.json"
        text = bucket.get(key)
        if text is None:
            raise DeployError(f"there is no {bucket.address}/{key}; --list says what there is")
        try:
            found = json.loads(text)
            return Deployment(name, found["parameters"], found["template"])
        except (ValueError, LookupError, TypeError) as exc:
            raise self._unreadable(bucket, key) from exc

    def _unreadable(self, bucket: Bucket, key: str) -> DeployError:
        return DeployError(
            f"{bucket.address}/{key} is not readable; remove it, and `make deploy` begins another"
        )

    def _rest(self, history: History, stack: Stack, bucket: Bucket) -> list[str]:
        """Return what is left of *history* when one goes back."""
        names = history.names
        if not names or history.is_under_way:
            return names
        is_live = self._recorded(names[-1], bucket).is_what(stack, self.cloud.template())
        return names[:-1] if is_live else names

    def _tidy(self, stack: Stack, bucket: Bucket, history: list[str], keep: int) -> None:
        """Remove what nobody goes back to any more, and what no other deployer is about to use."""
        name, kept = stack.outputs["SiteBucketName"], history[-keep:]
        if kept != history:
            self._put_history(bucket, History(kept))
        gone = surplus(bucket.list(""), kept, [stack.parameters["Release"]], self.now() - SPARED)
        objects = sum(self.cloud.remove(name, prefix) for prefix in gone)
        sites = sum(prefix.startswith("releases/") for prefix in gone)
        self.tell(
            "Kept",
            f"{count(len(kept), 'deployment')}; removed {count(sites, 'site')}"
            f" ({count(objects, 'object')})",
        )


def _up_to(history: list[str], name: str) -> list[str]:
    """Return *history* as it is when the deployment called *name* is live."""
    return history[: history.index(name) + 1] if name in history else [*history, name]

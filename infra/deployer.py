"""Deploying a site with its API, and rolling back: the steps and their order."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from function.database_file import bundled_name
from generator.errors import PublishError
from generator.publish import Manifest, apply, compare, put_manifest, read_site, verify
from generator.site import read_build
from generator.text import count
from infra.cloud import Cloud, Stack
from infra.deployment import Deployment, History, deployment_name, surplus_prefixes
from infra.errors import DeployError, InfraError
from infra.parameters import site_parameters
from infra.records import Records
from infra.smoke_test import PAGES, SmokeTest
from infra.stack import Report, StackUpdater
from infra.stack_name import check_stack_name

# The live deployment, and the one that a rollback goes to.
MIN_RETAINED = 2
# Younger objects may be another deployer's, whose stack is about to move to them.
MIN_AGE_TO_DELETE = timedelta(hours=1)
# The parameters of a new stack: arm64 costs a fifth less. The template's own default, x86_64, is
# what `sam local` can run on most machines.
NEW_STACK = {"Architecture": "arm64"}


@dataclass
class Deployer:
    """Moves a stack from site to site, and reports each step.

    Attributes:
        cloud: the cloud with the stack.
        report: is given a word and a text for each step.
        smoke_test: tests the site after each move.
        threads: how many requests to a bucket run at a time.
        site_url: the site's address; None for the one that the stack has from CloudFront.
        now: returns the time (UTC).
    """

    cloud: Cloud
    report: Report
    smoke_test: SmokeTest
    threads: int
    site_url: str | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._stacks = StackUpdater(self.cloud, self.report)

    def deploy(
        self,
        site: Path,
        database: Path,
        given: Mapping[str, str],
        retained: int,
        *,
        allow_sample: bool = False,
    ) -> None:
        """Deploy a site with the API over its directory.

        After an interruption, call it again with the same arguments to continue.

        Args:
            site: the rendered folder.
            database: the directory that the site was rendered from.
            given: parameters of the stack, besides those of the site.
            retained: how many deployments to keep, the live one included; at least MIN_RETAINED.
            allow_sample: whether the site may show the sample's invented accounts.

        Raises:
            InfraError, GeneratorError: it failed, and the site before is live as it was.
        """
        check_stack_name(self.cloud.name)
        manifest = read_site(site, allow_sample=allow_sample)
        parameters = site_parameters(read_build(site), manifest.site_id)
        if twice := sorted(parameters.keys() & given.keys()):
            raise DeployError(f"{twice[0]} comes from the site: leave it out of PARAMETERS")
        self.report("Read", f"{count(len(manifest.files), 'file')} of site {manifest.site_id}")

        stack = self._stacks.find()
        self._build(manifest, database)
        if stack is None:
            stack, records = self._create(site, manifest, {**given, **parameters})
        else:
            stack, records = self._update(stack, site, manifest, {**given, **parameters})

        name = deployment_name(manifest.site_id, self.now())
        deployment = Deployment(name, parameters, self.cloud.template())
        history = records.history().names
        if problem := self._test(stack, manifest):
            raise DeployError(self._undo(problem, deployment, history, stack, records))
        history = self._record(deployment, history, stack, records)
        self._delete_surplus(history, max(retained, MIN_RETAINED), stack, records)
        self.report("Live", f"{self._address(stack)} ({stack.outputs['SiteUrl']})")

    def rollback(self, to: str | None = None) -> None:
        """Roll back to an earlier deployment. The rendered site is not needed.

        Args:
            to: the name of a deployment; None for the one before the live one. If the last
                deployment was interrupted or failed, that is the last one that succeeded.

        Raises:
            InfraError, PublishError: it failed. Unless the text says otherwise, the stack is as it
                was.
        """
        stack = self._stacks.require()
        records = self._records(stack)
        history = records.history()
        if to is None:
            names = self._earlier_names(history, stack, records)
        else:
            names = _names_up_to(history.names, to)
        if not names:
            raise DeployError(
                f"there is no deployment before the live one in {records.address};"
                " `make deploy` makes one"
            )
        target = records.deployment(names[-1])
        # Before the stack moves: an interrupted rollback, run again, must go to the same one.
        records.put_history(History(names, is_under_way=True))
        try:
            stack, problem = self._redeploy(target, records)
        except (InfraError, PublishError):
            records.put_history(history)
            raise
        records.put_history(History(names))
        if problem:
            raise DeployError(
                f"the stack is at {target.name}, but {problem}; `make rollback` goes back further,"
                " or --to NAME to another deployment"
            )
        self.report("Live", f"{self._address(stack)} shows {target.name}")

    def list_deployments(self) -> None:
        """Report the recorded deployments, the newest first.

        Each is the live one, one before it, or one that a rollback left. `rollback` can go to any
        of them.
        """
        stack = self._stacks.require()
        records = self._records(stack)
        history, template = records.history().names, self.cloud.template()
        for name in records.names():
            deployment = records.deployment(name)
            if history[-1:] == [name] and deployment.is_live(stack, template):
                self.report("live", name)
            else:
                self.report("before" if name in history else "left", name)

    # ------------------------------------------------------------------- the steps of a deployment

    def _build(self, manifest: Manifest, database: Path) -> None:
        """Make the function's bundle, and check that it has the site's own directory."""
        expected = bundled_name(manifest.release)
        databases = [name for name in self.cloud.build(database) if name.endswith(".db")]
        if databases != [expected]:
            raise DeployError(
                f"the site is of release {manifest.release}, but {database} gave the bundle"
                f" {', '.join(databases) or 'no database'}: `make build-site` renders the site anew"
            )
        self.report("Built", f"the function, with {expected}")

    def _create(
        self, site: Path, manifest: Manifest, parameters: Mapping[str, str]
    ) -> tuple[Stack, Records]:
        """Create the stack, which has the bucket, and upload the site into it."""
        stack = self._stacks.update({**NEW_STACK, **parameters})
        records = self._records(stack)
        self._upload(manifest, site, records)
        return stack, records

    def _update(
        self, stack: Stack, site: Path, manifest: Manifest, parameters: Mapping[str, str]
    ) -> tuple[Stack, Records]:
        """Upload the site beside the live one, and update the stack to it."""
        records = self._records(stack)
        self._upload(manifest, site, records)
        # A stack from before there was such a parameter runs on arm64.
        architecture = {} if "Architecture" in stack.parameters else NEW_STACK
        stack = self._stacks.update({**architecture, **parameters})
        self._empty_caches(stack)
        return stack, records

    def _upload(self, manifest: Manifest, site: Path, records: Records) -> None:
        bucket = records.bucket
        plan = compare(manifest, bucket, self.threads)
        apply(plan, manifest, site, bucket, self.threads, lambda uploaded: None)
        if plan.is_empty:  # all of it may be old: a new date protects it from other deployers
            put_manifest(manifest, bucket)
        self.report("Uploaded", f"{bucket.address}/{manifest.prefix}: {plan}")

    def _empty_caches(self, stack: Stack) -> None:
        self.report("Emptied", self.cloud.empty_caches(stack))

    def _test(self, stack: Stack, manifest: Manifest) -> str | None:
        """Return how the live site differs from *manifest*; None if it does not."""
        address = self._address(stack)
        problem = self.smoke_test.run(address, manifest)
        if problem is None:
            self.report("Tested", f"{address}: {', '.join(PAGES)} and the API are of the site")
        return problem

    def _undo(
        self,
        problem: str,
        failed: Deployment,
        history: list[str],
        stack: Stack,
        records: Records,
    ) -> str:
        """Repeat the last deployment that succeeded, and return what happened."""
        self.report("Failed", problem)
        if not history:
            return (
                f"{problem}; no deployment succeeded before, so the stack stays as it is:"
                " `make deploy` tries again, `make destroy` deletes it"
            )
        last = records.deployment(history[-1])
        if last.is_live(stack, failed.template):
            return f"{problem}; this is {last.name} itself, `make rollback` goes back further"
        _, second_problem = self._redeploy(last, records)
        if second_problem:
            return f"{problem}; the stack is back at {last.name}, but {second_problem}"
        return f"{problem}; {last.name} is live again, as before"

    def _record(
        self, deployment: Deployment, history: list[str], stack: Stack, records: Records
    ) -> list[str]:
        """Add *deployment* to the history, unless it repeats the last one; return the history."""
        if history and records.deployment(history[-1]).is_live(stack, deployment.template):
            self.report("Recorded", f"before, as {history[-1]}")
            return history
        records.put_deployment(deployment)
        names = [*history, deployment.name]
        records.put_history(History(names))
        self.report("Recorded", f"as {deployment.name}")
        return names

    def _delete_surplus(
        self, history: list[str], retained: int, stack: Stack, records: Records
    ) -> None:
        """Delete the sites and records that no rollback needs and no other deployer may need."""
        names = history[-retained:]
        if names != history:
            records.put_history(History(names))
        objects = records.bucket.list("")
        prefixes = surplus_prefixes(
            objects, names, [stack.site_id], before=self.now() - MIN_AGE_TO_DELETE
        )
        deleted = sum(self.cloud.delete_objects(stack.bucket_name, prefix) for prefix in prefixes)
        sites = sum(prefix.startswith("releases/") for prefix in prefixes)
        self.report(
            "Kept",
            f"{count(len(names), 'deployment')}; deleted {count(sites, 'site')}"
            f" ({count(deleted, 'object')})",
        )

    # --------------------------------------------------------------------- the steps of a rollback

    def _redeploy(self, deployment: Deployment, records: Records) -> tuple[Stack, str | None]:
        """Move the stack to an earlier deployment.

        Returns:
            The stack, and how the live site differs from the deployment's; None if it does not.
        """
        manifest = self._verify(deployment, records)
        stack = self._stacks.update(deployment.parameters, deployment.template)
        # Another version of sam may have changed the template's text.
        records.put_deployment(deployment._replace(template=self.cloud.template()))
        self._empty_caches(stack)
        return stack, self._test(stack, manifest)

    def _verify(self, deployment: Deployment, records: Records) -> Manifest:
        """Return the manifest of an earlier deployment, whose pages and code must still exist."""
        manifest = verify(deployment.site_id, records.bucket, self.threads)
        for name, key in re.findall(r"\bs3://([a-z0-9.-]+)/(\S+)", deployment.template):
            if not any(item.key == key for item in self.cloud.bucket(name).list(key)):
                raise DeployError(
                    f"{deployment.name} cannot be repeated: its code is no longer at"
                    f" s3://{name}/{key}"
                )
        files = count(len(manifest.files), "file")
        self.report("Verified", f"{files} of {manifest.site_id}, and the code")
        return manifest

    def _earlier_names(self, history: History, stack: Stack, records: Records) -> list[str]:
        """Return the history after a rollback by one deployment."""
        names = history.names
        if not names or history.is_under_way:
            return names
        last = records.deployment(names[-1])
        return names[:-1] if last.is_live(stack, self.cloud.template()) else names

    # ----------------------------------------------------------------------------------- the stack

    def _records(self, stack: Stack) -> Records:
        return Records(self.cloud.bucket(stack.bucket_name))

    def _address(self, stack: Stack) -> str:
        """Return CloudFront's own address: the DNS of a domain may not have changed yet."""
        return (self.site_url or f"https://{stack.outputs['DistributionDomain']}").rstrip("/")


def _names_up_to(names: list[str], name: str) -> list[str]:
    """Return the history after a rollback to *name*.

    An earlier rollback may have taken the name out of the history.
    """
    return names[: names.index(name) + 1] if name in names else [*names, name]

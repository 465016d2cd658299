"""A deployer with a cloud in memory and a clock that does not wait."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from generator.publish import read_site
from generator.site import Build
from infra.deployer import Deployer
from infra.deployment import HISTORY_KEY, site_id_of
from infra.smoke_test import SmokeTest
from tests.infra.fake_cloud import FakeCloud
from tests.small_site import write_files

# 30 users on pages of 25: two pages.
BUILD = Build("0" * 16, 30, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")


class Rig:
    """Deploys sites that are named by a digit: site "1" is of release 1111111111111111.

    Attributes:
        folder: has each site's folder, by its digit.
        cloud: the cloud.
        deployer: the deployer.
        reports: what the deployer reported, as in "Live: https://...".
        time: seconds, of the smoke test's clock and of the dates.
        retained: how many deployments the deployer keeps.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.cloud = folder, FakeCloud()
        self.reports: list[str] = []
        self.time = 0.0
        self.retained = 3
        self.deployer = Deployer(
            self.cloud,
            self.report,
            SmokeTest(self.cloud.get, patience=60, clock=lambda: self.time, sleep=self.sleep),
            threads=2,
            now=self.now,
        )

    def report(self, word: str, text: str) -> None:
        self.reports.append(f"{word}: {text}")

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def now(self) -> datetime:
        self.time += 1
        return datetime(2026, 11, 25, tzinfo=UTC) + timedelta(seconds=self.time)

    def write_site(self, digit: str, **changes: str) -> Path:
        """Write the site's folder; *changes* are of its Build."""
        build = BUILD._replace(release=digit * 16, **changes)
        page = digit.encode()
        pages = dict.fromkeys(("index.html", "users/1.html", "users/2.html"), page)
        return write_files(self.folder / digit, {**pages, "build.json": build.to_json()})

    def site_id(self, digit: str) -> str:
        return read_site(self.folder / digit, allow_sample=True).site_id

    def deploy(
        self, digit: str, given: Mapping[str, str] | Iterable[tuple[str, str]] = (), **changes: str
    ) -> list[str]:
        """Deploy the site, and return the calls of the cloud."""
        site = self.write_site(digit, **changes)
        self.cloud.bundled_release = digit * 16
        self.cloud.calls.clear()
        self.deployer.deploy(site, self.folder / "directory.db", dict(given), self.retained)
        return self.cloud.calls

    def rollback(self, to: str | None = None) -> list[str]:
        """Roll back, and return the calls of the cloud."""
        self.cloud.calls.clear()
        self.deployer.rollback(to)
        return self.cloud.calls

    @property
    def live(self) -> str:
        """The digit of the live site."""
        return self.cloud.parameters["Release"][0]

    @property
    def history_names(self) -> list[str]:
        """The names of the deployments in the history."""
        names: list[str] = json.loads(self.cloud.site_bucket.objects[HISTORY_KEY].content)["names"]
        return names

    @property
    def history(self) -> str:
        """The digits of the sites in the history."""
        return "".join(site_id_of(name)[0] for name in self.history_names)

    def break_site(self, digit: str, status: int = 503) -> None:
        """Have the address answer *status* while that site is live, and no other."""
        self.cloud.change_reply = lambda url, reply: (
            reply._replace(status=status) if self.live == digit else reply
        )

"""The smoke test: does the site's address show the site that was deployed?"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from function.answer import PATH as API_PATH
from generator.publish import Manifest
from generator.site import BUILD_KEY
from infra.cloud import HttpReply

# The paths that are requested, and the file of the site that each must show.
PAGES = {"/": "index.html", "/users": "users/1.html", "/build.json": BUILD_KEY}
API_REQUEST = f"{API_PATH}?pagination=1"
PAUSE = 5.0  # seconds between two tries


def difference(get: Callable[[str], HttpReply], address: str, manifest: Manifest) -> str | None:
    """Return how the site at *address* differs from *manifest*; None if it does not.

    Pages must be the site's to the byte, and the API must be of the same release.

    Args:
        get: requests a URL; raises OSError if there is no reply.
        address: the site's address, without a slash at the end.
        manifest: the site.
    """
    try:
        for path, key in PAGES.items():
            reply = get(address + path)
            if reply.status != 200:
                return f"{address}{path} answers {reply.status}"
            if hashlib.sha256(reply.body).digest() != manifest.files[key].sha256:
                return f"{address}{path} is not the site's {key}"
        reply = get(address + API_REQUEST)
    except OSError as exc:
        return f"{address} does not answer: {exc}"
    if reply.status != 200:
        return f"{address}{API_REQUEST} answers {reply.status}"
    release = reply.headers.get("x-release")
    if release != manifest.release:
        return f"the API answers from release {release}, and the pages are of {manifest.release}"
    return None


@dataclass
class SmokeTest:
    """Tests a site until it is right, because CloudFront's edges take a while to follow.

    Attributes:
        get: requests a URL; raises OSError if there is no reply.
        patience: for how many seconds the site may be wrong.
        clock: returns seconds.
        sleep: waits so many seconds.
    """

    get: Callable[[str], HttpReply]
    patience: float = 180.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run(self, address: str, manifest: Manifest) -> str | None:
        """Return how the site at *address* still differs from *manifest*; None if it does not."""
        deadline = self.clock() + self.patience
        while problem := difference(self.get, address, manifest):
            if self.clock() >= deadline:
                return problem
            self.sleep(PAUSE)
        return None

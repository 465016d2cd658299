"""The records of deployments in the site's bucket, from which any machine can roll back.

- ``deployments/<name>.json``: a deployment's template and parameters;
- ``deployments/history.json``: the names of the deployments that succeeded.
"""

import hashlib
import json

from generator.publish import Bucket, Upload
from infra.deployment import DEPLOYMENTS, HISTORY_KEY, Deployment, History, record_key
from infra.errors import DeployError


class Records:
    """The records in *bucket*. Each method raises PublishError if the bucket cannot be used."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    @property
    def address(self) -> str:
        """The address of the records, for people."""
        return f"{self.bucket.address}/{DEPLOYMENTS}"

    def history(self) -> History:
        """Return the history, empty before the first deployment.

        Raises:
            DeployError: the history is not readable.
        """
        text = self.bucket.get(HISTORY_KEY)
        if not text:
            return History([])
        try:
            return History(**json.loads(text))
        except (ValueError, TypeError) as exc:
            raise self._unreadable(HISTORY_KEY) from exc

    def put_history(self, history: History) -> None:
        """Replace the history."""
        self._put(HISTORY_KEY, json.dumps(history._asdict()).encode())

    def names(self) -> list[str]:
        """Return the names of all recorded deployments, the newest first."""
        keys = [item.key for item in self.bucket.list(DEPLOYMENTS) if item.key != HISTORY_KEY]
        names = [key.removeprefix(DEPLOYMENTS).removesuffix(".json") for key in keys]
        return sorted(names, reverse=True)

    def deployment(self, name: str) -> Deployment:
        """Return the deployment *name*.

        Raises:
            DeployError: there is no such record, or it is not readable.
        """
        key = record_key(name)
        text = self.bucket.get(key)
        if text is None:
            raise DeployError(
                f"there is no {self.bucket.address}/{key}; --list shows the deployments"
            )
        try:
            record = json.loads(text)
            return Deployment(name, record["parameters"], record["template"])
        except (ValueError, LookupError, TypeError) as exc:
            raise self._unreadable(key) from exc

    def put_deployment(self, deployment: Deployment) -> None:
        """Add or replace the record of *deployment*."""
        self._put(deployment.key, deployment.to_json())

    def _put(self, key: str, text: bytes) -> None:
        sha256 = hashlib.sha256(text).digest()
        self.bucket.put(key, Upload(text, sha256, "application/json", "no-store"))

    def _unreadable(self, key: str) -> DeployError:
        return DeployError(
            f"{self.bucket.address}/{key} is not readable; delete it, and `make deploy` writes"
            " another"
        )

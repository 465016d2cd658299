"""What a build can say went wrong; each text says what happened, to what, and what to do.

GeneratorError
├── SourceError               a source cannot be read
│   ├── Unreachable           no connection to GitHub could be made
│   ├── RateLimitExceeded     GitHub refuses further requests for a while
│   ├── Refused               GitHub answered with an error
│   ├── UnexpectedReply       GitHub answered something that is not a list of users
│   └── UnexpectedRecord      a record lacks what the directory needs
├── StoreError                the store cannot be used
├── BuildError                the directory or the site cannot be made
├── CheckFailed               the built site is not what the directory says
└── ServeError                the preview cannot start
"""

from datetime import datetime


class GeneratorError(Exception):
    """Base of the errors of this package; its text is for people."""


class SourceError(GeneratorError):
    """A source cannot be read."""


class Unreachable(SourceError):
    """No connection to *url*'s host could be made."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot reach {url}: {reason or 'no connection'}")


class RateLimitExceeded(SourceError):
    """GitHub refuses further requests until *resets_at* (aware, UTC; None: it does not say)."""

    def __init__(self, limit: int | None, resets_at: datetime | None, authorized: bool) -> None:
        which = f"limit of {limit:,} requests an hour" if limit else "rate limit"
        more = "to raise the limit to 5,000" if limit else "(GitHub allows more with one)"
        until = f" until {resets_at:%Y-%m-%d %H:%M:%S} UTC" if resets_at else " for now"
        advice = (
            "run the same command again then"
            if authorized
            else f"set GITHUB_TOKEN {more}, or run the same command again then"
        )
        super().__init__(
            f"GitHub's {which} is used up{until}; {advice} (what was fetched so far is kept)"
        )
        self.limit, self.resets_at = limit, resets_at


class Refused(SourceError):
    """GitHub answered *url* with an error *status*."""

    def __init__(self, url: str, status: int, message: str, advice: str) -> None:
        said = f" ({message})" if message else ""
        super().__init__(f"GitHub answered {status}{said} to {url}; {advice}")
        self.status = status


class UnexpectedReply(SourceError):
    """What *url* answered is not a list of users."""

    def __init__(self, url: str, what: str) -> None:
        super().__init__(
            f"{url} did not answer with a list of users: {what}; is it GitHub's API?"
            " --api-url names it"
        )


class UnexpectedRecord(SourceError):
    """A record lacks what the directory needs, or holds it in an unusable form."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class StoreError(GeneratorError):
    """The store cannot be used."""


class BuildError(GeneratorError):
    """The directory or the site cannot be made."""


class CheckFailed(GeneratorError):
    """The built site is not what the directory says."""


class ServeError(GeneratorError):
    """The preview cannot start."""

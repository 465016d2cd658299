"""What a build can say went wrong; each text says what happened, to what, and what to do.

GeneratorError
├── SourceError               a source cannot be read
│   ├── UnknownSource         no source is called that
│   ├── Unreachable           no connection to GitHub could be made
│   ├── BrokenOff             a request came to no answer
│   ├── RateLimitExceeded     GitHub refuses further requests for a while
│   ├── Refused               GitHub answered with an error
│   ├── UnexpectedReply       GitHub answered something that is not a list of users
│   ├── NobodyListed          a list has no users
│   └── UnexpectedRecord      a record lacks what the directory needs
├── StoreError                the store cannot be used
├── BuildError                the directory or the site cannot be made
├── CheckFailed               the built site is not what the directory says
├── PublishError              the site cannot be brought into a bucket, or is not as it was
└── ServeError                the preview cannot start
"""

import errno
from datetime import datetime

from generator.text import count

# What a user can do something about: files and folders that are missing, of another kind or not
# permitted; a full or broken disk; more open files or processes than allowed.
_MENDABLE = frozenset(
    getattr(errno, name)
    for name in (
        *("ENOENT", "ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY", "ENAMETOOLONG", "ELOOP"),
        *("EACCES", "EPERM", "EROFS", "EBUSY", "ETXTBSY"),
        *("ENOSPC", "EDQUOT", "EFBIG", "EIO"),
        *("EMFILE", "ENFILE", "EAGAIN", "ENOMEM"),
    )
    if hasattr(errno, name)  # Windows lacks some
)


def can_be_mended(error: OSError) -> bool:
    """Return whether a user can mend *error*. Any other one is a bug, which needs its traceback."""
    return error.errno in _MENDABLE


class GeneratorError(Exception):
    """Base of the errors of this package; its text is for people."""


class SourceError(GeneratorError):
    """A source cannot be read; *brief* is what happened, and *more* till when and what to do."""

    def __init__(self, brief: str, more: str = "") -> None:
        super().__init__(brief + more)
        self.brief = brief


class UnknownSource(SourceError):
    """What was asked for names no source; the text says which there are."""


class Unreachable(SourceError):
    """No connection to *url*'s host could be made."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot reach {url}: {reason or 'no connection'}")


class BrokenOff(SourceError):
    """Asking *url* came to no answer, or to half of one; *timed_out*: none came in time."""

    def __init__(self, url: str, reason: str, timed_out: bool) -> None:
        super().__init__(
            f"asking {url} failed: {reason}", "; the same command goes on where it stopped"
        )
        self.timed_out = timed_out


class RateLimitExceeded(SourceError):
    """GitHub refuses further requests for *wait* seconds, until *resets_at* (aware, UTC).

    Either is None when it does not say, or names a time beyond all calendars. *search*: whether
    it is the limit of searches, which is for a minute; *said*: what GitHub says of it.
    """

    def __init__(
        self,
        limit: int | None,
        wait: float | None,
        resets_at: datetime | None,
        authorized: bool,
        search: bool = False,
        said: str = "",
    ) -> None:
        period, more = ("a minute", "30") if search else ("an hour", "5,000")
        which = f"limit of {count(limit, 'request')} {period}" if limit else "rate limit"
        raised = f"to raise the limit to {more}" if limit else "(GitHub allows more with one)"
        until = f" until {resets_at:%Y-%m-%d %H:%M:%S} UTC" if resets_at else " for now"
        advice = "run the same command again then, or let it wait with --max-wait"
        if not authorized:
            advice = f"set GITHUB_TOKEN {raised}, {advice}"
        super().__init__(
            f"GitHub's {which} is used up" + (f" ({said})" if said else ""),
            f"{until}; {advice} (what was fetched so far is kept)",
        )
        self.limit, self.wait, self.resets_at = limit, wait, resets_at


class Refused(SourceError):
    """GitHub answered *url* with an error *status*, and perhaps to *wait* so many seconds."""

    def __init__(
        self, url: str, status: int, message: str, advice: str, wait: float | None = None
    ) -> None:
        said = f" ({message})" if message else ""
        super().__init__(f"GitHub answered {status}{said} to {url}", f"; {advice}")
        self.status, self.wait = status, wait


class UnexpectedReply(SourceError):
    """What *url* answered is not *wanted*."""

    def __init__(self, url: str, what: str, wanted: str = "a list of users") -> None:
        super().__init__(
            f"{url} did not answer with {wanted}: {what}",
            "; is it GitHub's API? --api-url names it. If it is, the same command goes on where it"
            " stopped",
        )


class UnexpectedRecord(SourceError):
    """A record lacks what the directory needs, or holds it in an unusable form."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class NobodyListed(SourceError):
    """The list called *name* has no users."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} lists no users", "; what is stored was left as it is")


class StoreError(GeneratorError):
    """The store cannot be used."""


class BuildError(GeneratorError):
    """The directory or the site cannot be made."""


class CheckFailed(GeneratorError):
    """The built site is not what the directory says."""


class PublishError(GeneratorError):
    """The site cannot be brought into a bucket, or is there, but not as it was published."""


class ServeError(GeneratorError):
    """The preview cannot start."""

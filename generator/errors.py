"""The errors of a build. Each message says what happened, to which thing, and what to do.

GeneratorError
├── SourceError               a source cannot be read
│   ├── UnknownSource         there is no source of that name
│   ├── Unreachable           the server cannot be connected to
│   ├── RequestFailed         a request got no reply, or only part of one
│   ├── RateLimitExceeded     GitHub refuses further requests for some time
│   ├── Refused               GitHub replied with an error status
│   ├── UnexpectedReply       the reply is not a list of users
│   ├── EmptyList             a list has no users
│   └── UnexpectedRecord      a user's record lacks a field or has an invalid one
├── StoreError                the store cannot be used
├── BuildError                the directory or the site cannot be built
├── CheckFailed               the site differs from the directory, or a link is broken
├── PublishError              the site cannot be uploaded, or was changed in the bucket
└── ServeError                the preview cannot start
"""

import errno
import re
from datetime import datetime

from generator.text import count

# A user can fix these causes: missing, wrong or forbidden paths; a full or broken disk; too many
# open files or processes. https://docs.python.org/3/library/errno.html
_FIXABLE = frozenset(
    getattr(errno, name)
    for name in (
        *("ENOENT", "ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY", "ENAMETOOLONG", "ELOOP"),
        *("EACCES", "EPERM", "EROFS", "EBUSY", "ETXTBSY"),
        *("ENOSPC", "EDQUOT", "EFBIG", "EIO"),
        *("EMFILE", "ENFILE", "EAGAIN", "ENOMEM"),
    )
    if hasattr(errno, name)  # Windows lacks some
)


# Plainer words for texts of the operating system and of SQLite.
_NO_HOST = "the host's name is not known; check the name and the network"
_WORDS = {
    "Name or service not known": _NO_HOST,
    "Temporary failure in name resolution": _NO_HOST,
    "nodename nor servname provided, or not known": _NO_HOST,  # macOS
    "getaddrinfo failed": _NO_HOST,  # Windows
    "Cannot assign requested address": "this machine does not have that address",
    "No such file or directory": "there is no such file or folder",
    "Is a directory": "it is a folder, not a file",
    "Not a directory": "a part of the path is a file, not a folder",
    "File exists": "there is a file of that name",
    "attempt to write a readonly database": "Permission denied",
    "database or disk is full": "No space left on device",
}


LACK_OF_MEMORY = (
    "there is not enough memory, or there are too many processes; raise the limits (ulimit -a), or"
    " lower --jobs or --concurrency"
)


def is_fixable(error: OSError) -> bool:
    """Return whether a user can fix the cause of *error*. If not, it is a bug of the program."""
    return error.errno in _FIXABLE


def is_lack_of_memory(error: BaseException | None) -> bool:
    """Return whether *error* means that there is too little memory, or a limit of processes."""
    return isinstance(error, MemoryError) or "can't start new thread" in str(error)


def reason(error: Exception) -> str:
    """Return the text of *error* in plain words, without a number like "[Errno 2]"."""
    text = re.sub(r"^\[Errno -?[0-9]+\] ", "", str(error))
    problem, colon, path = text.partition(": '")
    return plain_words(problem) + colon + path


def plain_words(problem: str) -> str:
    """Return plainer words for a *problem* that the system or SQLite names."""
    return _WORDS.get(problem, problem)


def permission_advice(error: Exception, option: str) -> str:
    """Return what to do if *error* is a missing permission to write; "" if it is another error.

    *option* is the command line's option for another path.
    """
    is_refused = isinstance(error, PermissionError)
    return f"; change its permissions, or name another with {option}" if is_refused else ""


class GeneratorError(Exception):
    """Base of this package's errors. The text is a message for the user."""


class SourceError(GeneratorError):
    """A source cannot be read.

    Attributes:
        summary: The message without its advice, for the line that says why a command waits.
    """

    def __init__(self, summary: str, advice: str = "") -> None:
        super().__init__(summary + advice)
        self.summary = summary


class UnknownSource(SourceError):
    """There is no source of that name."""


class Unreachable(SourceError):
    """The server of *url* cannot be connected to."""

    def __init__(self, url: str, reason: str) -> None:
        server = "/".join(url.split("/")[:3])
        super().__init__(f"cannot reach {server}: {reason or 'no connection'}")


class RequestFailed(SourceError):
    """The request to *url* got no reply, or only part of one.

    Attributes:
        timed_out: Whether the server took too long.
    """

    def __init__(self, url: str, reason: str, timed_out: bool) -> None:
        super().__init__(
            f"the request to {url} failed: {reason}", "; run the same command again to continue"
        )
        self.timed_out = timed_out


class RateLimitExceeded(SourceError):
    """GitHub refuses further requests for some time.

    Args:
        limit: Requests in a period; None if GitHub does not say.
        wait: Seconds until requests are allowed again; None if unknown.
        resets_at: The same as a time (aware, UTC); None if unknown or beyond the year 9999.
        authorized: Whether the request had a token.
        search: Whether it is the limit of searches. Its period is a minute instead of an hour.
        message: GitHub's explanation; "" if there is none.
    """

    def __init__(
        self,
        limit: int | None,
        wait: float | None,
        resets_at: datetime | None,
        authorized: bool,
        search: bool = False,
        message: str = "",
    ) -> None:
        period, token_limit = ("a minute", "30") if search else ("an hour", "5,000")
        name = f"limit of {count(limit, 'request')} {period}" if limit else "rate limit"
        effect = f"to raise the limit to {token_limit}" if limit else "to raise the limit"
        until = f" until {resets_at:%Y-%m-%d %H:%M:%S} UTC" if resets_at else " for now"
        advice = "run the same command again then, or let it wait with --max-wait"
        if not authorized:
            advice = f"set GITHUB_TOKEN {effect}, {advice}"
        super().__init__(
            f"GitHub's {name} is used up" + (f" ({message})" if message else ""),
            f"{until}; {advice} (the users read so far are stored)",
        )
        self.limit, self.wait, self.resets_at = limit, wait, resets_at


class Refused(SourceError):
    """GitHub replied to *url* with an error status.

    Attributes:
        status: The HTTP status.
        wait: Seconds after which GitHub asks to try again; None if it does not say.
    """

    def __init__(
        self, url: str, status: int, message: str, advice: str, wait: float | None = None
    ) -> None:
        reason = f" ({message})" if message else ""
        super().__init__(f"GitHub answered {status}{reason} to {url}", f"; {advice}")
        self.status, self.wait = status, wait


class UnexpectedReply(SourceError):
    """The reply from *url* is not what was *expected*."""

    def __init__(self, url: str, problem: str, expected: str = "a list of users") -> None:
        super().__init__(
            f"{url} did not answer with {expected}: {problem}",
            "; if it is not GitHub's API, set --api-url; if it is, run the same command again to"
            " continue",
        )


class UnexpectedRecord(SourceError):
    """A user's record lacks a field or has an invalid one; *place* says which record it is."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")


class EmptyList(SourceError):
    """The list called *name* has no users."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} lists no users", "; the store is unchanged")


class StoreError(GeneratorError):
    """The store cannot be used."""


class BuildError(GeneratorError):
    """The directory or the site cannot be built."""


class CheckFailed(GeneratorError):
    """The site differs from the directory, or a link is broken."""

    def __str__(self) -> str:
        """Return the difference and its remedy."""
        return f"{super().__str__()}; `ghdirectory render` writes the site again"


class PublishError(GeneratorError):
    """The site cannot be uploaded, or was changed in the bucket."""


class ServeError(GeneratorError):
    """The preview cannot start."""

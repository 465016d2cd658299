"""What the query function can say went wrong.

FunctionError
├── InvalidParameter    a query string value is not allowed -> 400
├── DatabaseMismatch    the directory's file is missing, or not one this code can read
└── ServerError         an answer of 500 or more, raised so that Lambda counts it as an error
"""

from collections.abc import Iterable


class FunctionError(Exception):
    """Base of the errors of this package; its text is for people."""


class InvalidParameter(FunctionError):
    """The query string's *name* has a value that is not allowed; the text says what is."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class DatabaseMismatch(FunctionError):
    """The file is not a directory database that this code can read."""


class ServerError(FunctionError):
    """The application answered with *status*, 500 or more."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the application answered {status}; its log line says why")
        self.status = status


def shorten(text: str, limit: int = 40) -> str:
    """Return *text* for a message: escaped, quoted, and no longer than about *limit*."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


def one_of(names: Iterable[str]) -> str:
    """Return *names* as a choice in a sentence: "id or type"."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last

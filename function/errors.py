"""The errors of the query function.

FunctionError
├── InvalidParameter    a parameter has a value that is not allowed -> 400
├── DatabaseMismatch    the database is missing, damaged or of another version -> 503
└── ServerError         a response of 500 or more, raised for Lambda to count an error
"""

from collections.abc import Iterable


class FunctionError(Exception):
    """The base of this package's errors. The text is for people."""


class InvalidParameter(FunctionError):
    """The parameter *name* has a value that is not allowed. The text says which values are."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class DatabaseMismatch(FunctionError):
    """The database is missing, damaged, of another version, or no directory database at all."""


class ServerError(FunctionError):
    """The application responded with *status*, which is 500 or more."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the application answered {status}; its log line says why")
        self.status = status


def shorten(text: str, limit: int = 40) -> str:
    """Return *text* for a message: quoted, escaped, and cut to *limit* characters."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


def one_of(names: Iterable[str]) -> str:
    """Return *names* as a choice in a sentence: "id or type"."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last

import errno
import re

import pytest

from generator import errors
from generator.errors import GeneratorError, is_fixable, permission_advice, reason


def subclasses(base):
    return {base.__name__}.union(*map(subclasses, base.__subclasses__()))


def test_the_docstring_shows_every_error():
    names = re.findall(r"^[│ ├└─]*([A-Z]\w+)", errors.__doc__.partition("\n\n")[2], re.MULTILINE)
    own = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert sorted(names) == sorted(subclasses(GeneratorError) & own)


@pytest.mark.parametrize(
    ("number", "fixable"),
    [(errno.ENOENT, True), (errno.ENOSPC, True), (errno.EMFILE, True), (errno.EBADF, False)],
)
def test_missing_files_and_full_disks_are_fixable_and_bugs_are_not(number, fixable):
    assert is_fixable(OSError(number, "text")) is fixable


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.ENOENT, "No such file", "x.csv"), "No such file: 'x.csv'"),
        (OSError(errno.EISDIR, "Is a directory", "x"), "it is a folder, not a file: 'x'"),
        (OSError("timed out"), "timed out"),
        (OSError(-2, "Name or service not known"), "the host's name is not known; check the name"),
        (ValueError("[Errno] is no number"), "[Errno] is no number"),
    ],
    ids=["with a number", "a folder", "without a number", "unknown host", "other text"],
)
def test_a_reason_has_no_error_number(error, text):
    assert reason(error).startswith(text)


def test_advice_on_permissions_is_only_for_errors_of_permissions():
    refused = OSError(errno.EACCES, "Permission denied", "site")
    assert "name another with --output" in permission_advice(refused, "--output")
    assert permission_advice(OSError(errno.ENOSPC, "No space left on device"), "--output") == ""

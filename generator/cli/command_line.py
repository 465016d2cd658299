"""Command lines as values: what there is to say, what was said, and the help.

Options may stand anywhere among the words, ``--`` ends them, and of several that are the same the
last counts, as with GNU's programs. But none is to be abbreviated, since what it is short for could
change. https://www.gnu.org/software/libc/manual/html_node/Argument-Syntax.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from generator.cli.types import text

HELP = ("-h", "--help")
_GAP = "\N{NO-BREAK SPACE}"


class BadUsage(Exception):
    """What a command line asks for cannot be."""


class Option(NamedTuple):
    """An option.

    Attributes:
        names: as they are written; the first long one gives the value its key.
        help: what it does; a sentence.
        metavar: stands for the value in the help. None: a flag, which is true, or false where the
            name that is given begins with ``--no-``.
        parse: makes a value of a text; ValueError says what is wrong with that.
        default: a text too, or a flag's value.
        variable: of the environment, has another default.
        is_required: whether there is no default.
        note: what values there may be, for the help.
    """

    names: tuple[str, ...]
    help: str
    metavar: str | None = None
    parse: Callable[[str], Any] = text
    default: str | bool | None = None
    variable: str | None = None
    is_required: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        """The name that it goes by."""
        return next(name for name in self.names if name[1] == "-")

    @property
    def key(self) -> str:
        """What the value is called."""
        return self.name.removeprefix("--").replace("-", "_")


class Argument(NamedTuple):
    """What a verb takes besides options: one text, if any, or *many*."""

    key: str
    metavar: str
    many: bool = False


def option(*names: str, metavar: str, help: str, **more: Any) -> Option:
    """Return an option that has a value."""
    return Option(names, help, metavar, **more)


def flag(*names: str, help: str, default: bool = False) -> Option:
    """Return an option that has none."""
    return Option(names, help, default=default)


def read(
    words: Sequence[str],
    options: Sequence[Option],
    argument: Argument | None,
    environment: Mapping[str, str],
) -> dict[str, Any] | None:
    """Return the values of *options* and *argument* that *words* give; None: help is asked for.

    Raises:
        BadUsage: there is no such option, or it has no such value.
    """
    known: dict[str, Option | None] = {name: one for one in options for name in one.names}
    given, others = _taken_apart(words, known | dict.fromkeys(HELP))
    if any(name in HELP for name, _ in given):
        return None
    values: dict[str, Any] = {one.key: one.default for one in options}
    said = {one.key: one.name for one in options}
    for one in options:
        if one.variable and environment.get(one.variable):
            values[one.key] = environment[one.variable]
            said[one.key] = f"{one.variable}, which stands for {one.name}"
    for name, value in given:
        found = known[name]
        if found:
            values[found.key] = not name.startswith("--no-") if found.metavar is None else value
            said[found.key] = name
    for one in options:
        if one.is_required and values[one.key] is None:
            raise BadUsage(f"{one.name} is missing")
        if isinstance(values[one.key], str):
            try:
                values[one.key] = one.parse(values[one.key])
            except ValueError as exc:
                raise BadUsage(f"{said[one.key]}: {exc}") from exc
    if argument and argument.many:
        return {**values, argument.key: tuple(others)}
    if argument:
        values[argument.key] = others.pop(0) if others else ""
    if others:
        raise BadUsage(f"{others[0]!r} is one word too many")
    return values


def _taken_apart(
    words: Sequence[str], known: Mapping[str, Option | None]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the options in *words*, each name with its value, and what else there is."""
    given: list[tuple[str, str]] = []
    others: list[str] = []
    following = iter(words)
    for word in following:
        if word == "--":
            others += following
        elif not word.startswith("-") or word == "-":
            others.append(word)
        else:
            name, equals, value = word.partition("=")
            if word[1] != "-":
                name, equals = word[:2], word[2:]
                value = equals
            if name not in known:
                raise BadUsage(f"there is no option {word!r}{meant(f'-{word}', known)}")
            one = known[name]
            if one is None or one.metavar is None:
                if equals:
                    raise BadUsage(f"{name} takes no value, as in {word!r}")
            elif not equals:
                try:
                    value = next(following)
                except StopIteration:
                    raise BadUsage(f"{name} takes a value: {one.metavar}") from None
            given.append((name, value))
    return given, others


def meant(word: str, known: Iterable[str]) -> str:
    """Return which of *known* may be meant by *word*, as the end of a sentence, if any may."""
    from difflib import get_close_matches  # which nobody wants who makes no mistakes

    found = get_close_matches(word.partition("=")[0].lower(), known, n=1)
    return f"; there is {found[0]}" if found else ""


def usage(program: str, argument: Argument | None) -> str:
    """Return how *program* is called, in a line."""
    shown = f" [{argument.metavar}]{'...' * argument.many}" if argument else ""
    return f"Usage: {program} [OPTION]...{shown}"


def explained(about: str, options: Sequence[Option], width: int) -> str:
    """Return the help on *about* and *options*, in lines of *width* where that can be."""
    rows = [
        (", ".join(one.names) + (f" {one.metavar}" if one.metavar else ""), one.help + _notes(one))
        for one in options
    ]
    rows.append((", ".join(HELP), "Show this and exit."))
    return f"{filled(about, width)}\n\nOptions:\n{in_columns(rows, width)}"


def filled(about: str, width: int) -> str:
    """Return the paragraphs of *about* in lines of *width*."""
    from textwrap import fill

    return "\n\n".join(
        fill(
            part,
            max(width, 24),
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for part in about.split("\n\n")
    )


def in_columns(rows: Sequence[tuple[str, str]], width: int) -> str:
    """Return *rows* of two texts, the second of each in as many lines as it needs."""
    from textwrap import fill

    left = max(len(one) for one, _ in rows) + 4
    return "\n".join(
        fill(
            f"  {one.replace(' ', _GAP):{left - 2}}{two}",
            max(width, left + 20),
            subsequent_indent=" " * left,
            break_long_words=False,
            break_on_hyphens=False,
        ).replace(_GAP, " ")
        for one, two in rows
    )


def _notes(one: Option) -> str:
    """Return what there is to say of the values of *one*; each note stays in one line."""
    notes = [
        *([one.note] if one.note else ()),
        *(["required"] if one.is_required else ()),
        *([f"env var: {one.variable}"] if one.variable else ()),
        *([f"default: {one.default}"] if isinstance(one.default, str) else ()),
        *(["default: on"] if one.default is True else ()),
    ]
    return "".join(f" [{note.replace(' ', _GAP)}]" for note in notes)

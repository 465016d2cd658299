"""Help as wide as the terminal, with commands in the order of their use; hints at options."""

from difflib import get_close_matches
from shutil import get_terminal_size
from typing import Any

import click

MAX_WIDTH = 100  # columns; longer lines are hard to read
# Names that the API and other programs have for options. The first that a command has is meant.
OTHER_NAMES = {
    "--total": ("--limit", "--count", "--number", "-n"),
    "--page-sizes": ("--pagination", "--per-page", "--size"),
    "--database": ("--db", "--directory"),
    "--store": ("--db", "--directory"),
    "--output": ("--out", "-o", "--dir", "--folder"),
    "--site": ("--out", "--output", "-o", "--dir", "--folder"),
    "--host": ("--bind", "--address"),
    "--port": ("-p",),
    "--api-url": ("--url", "--base-url"),
    "--endpoint-url": ("--url", "--base-url"),
    "--jobs": ("--workers", "--threads", "--processes"),
}
# How alike two names are, from 0 to 1, if one may be a typing error for the other.
MIN_LIKENESS = 0.82


def sources() -> list[tuple[str, str]]:
    """Return the forms of all sources, and what each is."""
    from generator.seed import FORMS  # here, because it loads httpx

    return [
        *FORMS.items(),
        (
            "https://github.com/...",
            "the list that the page shows, such as .../psf/requests/stargazers",
        ),
        ("auto", "the default: users, or if GitHub cannot be reached, the stored users or sample"),
    ]


class Formatter(click.HelpFormatter):
    """A formatter whose first column takes at most a third of a narrow terminal."""

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of terms and their meanings."""
        super().write_dl(rows, min(col_max, self.width // 3), col_spacing)


class Context(click.Context):
    """A context whose help fits the terminal. click's own help is 50 to 80 columns wide."""

    def make_formatter(self) -> Formatter:
        """Return a formatter of the terminal's width."""
        return Formatter(width=min(get_terminal_size().columns, MAX_WIDTH))


class Command(click.Command):
    """A command of `Group`, which hints at the option that a wrong name may mean."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*. The error for unknown words ends with the example.

        A request for help is answered even if the other words are incomplete or invalid.
        """
        words = list(args)  # click removes words from *args*
        try:
            return self._parse(ctx, args)
        except click.UsageError as exc:
            options = words[: words.index("--")] if "--" in words else words
            if {*ctx.help_option_names} & {*options}:
                click.echo(ctx.get_help())
                ctx.exit()
            if isinstance(exc, click.BadParameter) or not self.epilog:
                raise
            raise click.UsageError(f"{exc.format_message()}\n{self.epilog}", ctx) from exc

    def _parse(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*. The error for an unknown option names the option that is likely meant."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            # click reads -page-sizes as -p, followed by other letters.
            typed = [word.partition("=")[0] for word in words if word.startswith(exc.option_name)]
            name = typed[0] if typed else exc.option_name
            message = f"No such option {name!r}."
            if name == "--token":
                message += " The token is read from the environment variable GITHUB_TOKEN."
            elif meant := _option_like(name, _option_names(self)):
                message += f" Did you mean {meant!r}?"
            elif commands := _commands_with(name, ctx):
                message += f" It is an option of {', '.join(commands)}."
            raise click.NoSuchOption(name, message, ctx=ctx) from exc

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help in full. The list of commands wraps it."""
        return super().get_short_help_str(limit=1000)


def _option_names(command: click.Command) -> list[str]:
    options = [param for param in command.params if isinstance(param, click.Option)]
    return [name for option in options for name in (*option.opts, *option.secondary_opts)]


def _option_like(name: str, options: list[str]) -> str | None:
    """Return which of *options* a user may mean by *name*, which is none of them."""
    meant = [option for option, names in OTHER_NAMES.items() if name in names]
    meant = [option for option in meant if option in options]
    return next(iter(meant or get_close_matches(name, options, 1, MIN_LIKENESS)), None)


def _commands_with(name: str, ctx: click.Context) -> list[str]:
    """Return the commands beside that of *ctx* that have the option *name*."""
    group = ctx.parent.command if ctx.parent else None
    commands = group.commands.items() if isinstance(group, Group) else ()
    return [word for word, command in commands if name in _option_names(command)]


class Group(click.Group):
    """A group that lists its commands in the order they were added, and then the sources."""

    context_class = Context
    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*. The error for an unknown option says where options stand."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            if exc.possibilities:
                raise
            message = f"{exc.message} A command's options follow its name."
            raise click.NoSuchOption(exc.option_name, message, ctx=ctx) from exc

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that *args* name. The error for a source says where sources stand."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as exc:
            kinds = {form.partition(":")[0] for form, _ in sources()}
            if exc.command_name.partition(":")[0] not in kinds:
                raise
            command = f"ghdirectory build {exc.command_name}"
            message = f"{exc.message} It is a source: {command}"
            raise click.NoSuchCommand(exc.command_name, message, ctx=ctx) from exc

    def invoke(self, ctx: click.Context) -> None:
        """Run the command.

        Raises:
            Abort: Ctrl-C ended it. click's own handler would write an empty line into a log.
        """
        try:
            super().invoke(ctx)
        except KeyboardInterrupt as exc:
            raise click.Abort from exc

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sources before the epilog."""
        with formatter.section("Sources"):
            formatter.write_dl(sources())
        super().format_epilog(ctx, formatter)

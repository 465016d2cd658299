"""How the command line explains itself: help as wide as the terminal, and hints at likely names."""

from typing import Any

import click

SOURCES = (
    ("users", "GitHub's own list of all users, in the order they signed up"),
    ("org:NAME", "the members of an organisation"),
    ("repo:OWNER/NAME", "the contributors to a repository"),
    ("stargazers:OWNER/NAME", "the users who starred a repository"),
    ("followers:LOGIN", "the followers of a user"),
    ("search:QUERY", "what GitHub's search for users finds, as in search:location:iceland"),
    (
        "file:PATH",
        "CSV (columns id and login; type, avatar_url, html_url may follow), JSON or NDJSON of"
        " GitHub's user objects",
    ),
    ("sample", "150 invented accounts, to try it without a network"),
    ("auto", "users; where GitHub cannot be reached, what is stored or else sample"),
)
# What the API and other programs call an option.
SYNONYMS = {"--limit": "--total", "--count": "--total", "--pagination": "--page-sizes"}


class Formatter(click.HelpFormatter):
    """Gives the first column no more than a third of a narrow terminal."""

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of terms and their meanings."""
        super().write_dl(rows, min(col_max, self.width // 3), col_spacing)


class Context(click.Context):
    """A context that writes help with our formatter."""

    formatter_class = Formatter


class Command(click.Command):
    """A command that hints at the option that a wrong one may mean."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*, with better hints than click's."""
        words = list(args)  # click empties *args*
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            wrong = exc.option_name
            if len(wrong) == 2:  # click takes -page-sizes for -p
                wrong = next((word for word in words if word.startswith(wrong)), wrong)
            names = [name for one in self.params for name in (*one.opts, *one.secondary_opts)]
            if (meant := SYNONYMS.get(wrong)) in names:
                message = f"No such option {wrong!r}. Did you mean {meant!r}?"
                raise click.NoSuchOption(wrong, message, ctx=ctx) from exc
            raise click.NoSuchOption(wrong, possibilities=names, ctx=ctx) from exc

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help, however long. The list of commands wraps it."""
        return super().get_short_help_str(limit=1000)


class Group(click.Group):
    """A group that lists its commands in the order they were added, and the sources."""

    context_class = Context
    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*, with a hint at where options stand."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            if exc.possibilities:
                raise
            message = f"No such option {exc.option_name!r}. Other options come after the command."
            raise click.NoSuchOption(exc.option_name, message, ctx=ctx) from exc

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. For Ctrl-C, click would write an empty line to any log."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as exc:
            raise click.Abort from exc

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sources before the epilog."""
        with formatter.section("Sources"):
            formatter.write_dl(SOURCES)
        super().format_epilog(ctx, formatter)

"""The group of commands. A command's module is imported when the command is used, or listed in help."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import import_module

import click

from hanok.cli.help import RichGroup

COMMANDS = ("new", "run", "dev", "doctor", "config", "routes", "explain", "bench", "top", "export", "dropin")


class LazyGroup(RichGroup):
    """Finds ``hanok.cli.<name>.command`` when it is asked for the command ``<name>``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            hint = ""
            if ":" in args[0]:
                hint = f" To serve an application, type: hanok run {args[0]}"
            elif like := difflib.get_close_matches(args[0], COMMANDS, 1):
                hint = f" Did you mean {like[0]}?"
            raise click.UsageError(error.message + hint, ctx) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"hanok.cli.{cmd_name}").command
        return command


def show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from hanok.cli.version import describe

        click.echo(describe())
        ctx.exit()


@click.group(
    cls=LazyGroup,
    help="A whole FastAPI deployment under one roof.",
    epilog="Start with: hanok dev main:app",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the versions of all that matters, and exit.",
)
def group() -> None:
    pass


def run_group(args: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code."""
    from hanok.cli.errors import guarded

    return guarded(lambda: group.main(args, prog_name="hanok", standalone_mode=False))

"""How help looks: one box for each group of options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

GENERAL = "Options"
FLAGS_WIDTH = 32


class GroupedOption(click.Option):
    """An option that knows the box it belongs to, and what to say after its help."""

    def __init__(self, *args: Any, box: str = GENERAL, notes: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.box = box
        self.notes = notes


class RichHelp(click.Command):
    """Prints its help with rich; click's own text stays for ``get_help``."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from hanok.cli.console import out

        console = out()
        with console.capture() as captured:
            for part in self.help_parts(ctx):
                console.print(part)
        formatter.write(captured.get())

    def help_parts(self, ctx: click.Context) -> list[RenderableType]:
        from rich.padding import Padding
        from rich.text import Text

        usage = Text.assemble(("Usage: ", "title"), (ctx.command_path, "title"), " ")
        usage.append(" ".join(self.collect_usage_pieces(ctx)), style="quiet")
        parts: list[RenderableType] = [Padding(usage, (1, 1, 0, 1))]
        if self.help:
            paragraphs = [" ".join(paragraph.split()) for paragraph in self.help.split("\n\n")]
            parts.append(Padding(Text("\n\n".join(paragraphs)), (1, 1, 1, 1)))
        parts.extend(self.boxes(ctx))
        if self.epilog:
            parts.append(Padding(Text(self.epilog, style="quiet"), (0, 1, 1, 1)))
        return parts

    def boxes(self, ctx: click.Context) -> list[RenderableType]:
        grouped: dict[str, list[click.Option]] = {}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and not param.hidden:
                grouped.setdefault(getattr(param, "box", GENERAL), []).append(param)
        # --help and --version come last, whatever was declared first.
        general = grouped.pop(GENERAL, [])
        return [
            box(title, [option_row(option, ctx) for option in options])
            for title, options in [*grouped.items(), (GENERAL, general)]
            if options
        ]


class RichCommand(RichHelp):
    """A command with rich help."""


class RichGroup(RichHelp, click.Group):
    """A group with rich help: its commands in a box, then its options."""

    def boxes(self, ctx: click.Context) -> list[RenderableType]:
        from rich.text import Text

        rows: list[tuple[RenderableType, RenderableType]] = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((Text(name, style="flag"), Text(command.get_short_help_str(100))))
        return [box("Commands", rows), *super().boxes(ctx)]


def box(title: str, rows: list[tuple[RenderableType, RenderableType]]) -> RenderableType:
    from rich.panel import Panel
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(width=FLAGS_WIDTH, overflow="fold")
    table.add_column(ratio=1)
    for left, right in rows:
        table.add_row(left, right)
    table.expand = True
    return Panel(table, title=title, title_align="left", border_style="dim")


def option_row(option: click.Option, ctx: click.Context) -> tuple[RenderableType, RenderableType]:
    from rich.text import Text

    names = ", ".join(option.opts)
    flags = Text(names.replace("--", "--[no-]") if option.secondary_opts else names, style="flag")
    if not option.is_flag:
        flags.append(" " + option.make_metavar(ctx), style="value")
    words = Text(option.help or "")
    for note in getattr(option, "notes", ()):
        words.append(f" [{note}]", style="quiet")
    return flags, words

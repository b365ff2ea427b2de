"""How help looks: one box for each group of options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

GENERAL = "Options"
# Cells of the column with names: as many as the longest needs, at most these, and on narrow terminals this part of all.
NAMES_WIDTH = 32
NAMES_PART = 0.45

Rows: TypeAlias = "list[tuple[Text, Text]]"


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
            for part in self.help_parts(ctx, console.width):
                console.print(part)
        formatter.write(captured.get())

    def help_parts(self, ctx: click.Context, width: int) -> list[RenderableType]:
        from rich.padding import Padding
        from rich.text import Text

        usage = Text.assemble(("Usage: ", "title"), (ctx.command_path, "title"), " ")
        usage.append(" ".join(self.collect_usage_pieces(ctx)), style="quiet")
        parts: list[RenderableType] = [Padding(usage, (1, 1, 0, 1))]
        if self.help:
            paragraphs = [" ".join(paragraph.split()) for paragraph in self.help.split("\n\n")]
            parts.append(Padding(Text("\n\n".join(paragraphs)), (1, 1, 1, 1)))
        boxes = self.boxes(ctx)
        longest = max(names.cell_len for rows in boxes.values() for names, _ in rows)
        names_width = min(longest, NAMES_WIDTH, int(width * NAMES_PART))
        parts += [box(title, rows, names_width) for title, rows in boxes.items()]
        if self.epilog:
            parts.append(Padding(Text(self.epilog, style="quiet"), (0, 1, 1, 1)))
        return parts

    def boxes(self, ctx: click.Context) -> dict[str, Rows]:
        """What stands in each box, by its title."""
        grouped: dict[str, list[click.Option]] = {}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and not param.hidden:
                grouped.setdefault(getattr(param, "box", GENERAL), []).append(param)
        # --help and --version come last, whatever was declared first.
        general = grouped.pop(GENERAL, [])
        return {
            title: [option_row(option, ctx) for option in options]
            for title, options in [*grouped.items(), (GENERAL, general)]
            if options
        }


class RichCommand(RichHelp):
    """A command with rich help."""


class RichGroup(RichHelp, click.Group):
    """A group with rich help: its commands in a box, then its options."""

    def boxes(self, ctx: click.Context) -> dict[str, Rows]:
        from rich.text import Text

        rows: Rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((Text(name, style="flag"), Text(command.get_short_help_str(100))))
        return {"Commands": rows} | super().boxes(ctx)


def box(title: str, rows: Rows, names_width: int) -> RenderableType:
    from rich.panel import Panel
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(width=names_width, overflow="fold")
    table.add_column(ratio=1)
    for left, right in rows:
        table.add_row(left, right)
    table.expand = True
    return Panel(table, title=title, title_align="left", border_style="dim")


def option_row(option: click.Option, ctx: click.Context) -> tuple[Text, Text]:
    from rich.text import Text

    names = ", ".join(sorted(option.opts, key=len))
    flags = Text(names.replace("--", "--[no-]") if option.secondary_opts else names, style="flag")
    if not option.is_flag:
        flags.append(" " + option.make_metavar(ctx), style="value")
    words = Text(option.help or "")
    notes = getattr(option, "notes", ())
    if option.show_default and not option.is_flag:
        notes = (
            *notes,
            f"default: {option.default:g}" if isinstance(option.default, float) else f"default: {option.default}",
        )
    for note in notes:
        words.append(f" [{note}]", style="quiet")
    return flags, words

"""``hanok config``: the options that apply, and where each was said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from hanok.cli.dropin import dropin_option
from hanok.cli.options import ENVIRONMENT, ServingCommand, config_options, configure
from hanok.exceptions import ConfigError
from hanok.server.config import OPTIONS
from hanok.server.config_layers import DEFAULT, Effective, Setting
from hanok.server.options import SECRET, Option

if TYPE_CHECKING:
    from rich.text import Text

HIDDEN = "•••"


@click.command(
    "config",
    cls=ServingCommand,
    short_help="Show the options that apply, and where each was said.",
    epilog=f"{ENVIRONMENT}\nExample: hanok config main:app --workers 4",
)
@click.argument("target", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@config_options()
@dropin_option
def command(target: str | None, as_json: bool, **given: Any) -> int:
    """Show the value of every option as hanok run would have it, and the place that decided it: a flag, a variable, a
    line of a file, or the default. Nothing is served.

    It takes the same arguments as hanok run."""
    found = configure(given)
    serves = target_of(target, found)
    if as_json:
        rows = {name: {"value": shown(BY_NAME[name], one), "from": one.place} for name, one in found.settings.items()}
        app = None if serves is None else {"value": serves.value, "from": serves.place}
        click.echo(json.dumps({"target": app, "options": rows}, indent=2, default=str))
    else:
        show(found, serves)
    return 0


BY_NAME: dict[str, Option] = {one.name: one for one in OPTIONS}


def target_of(given: str | None, found: Effective) -> Setting | None:
    """Which application is meant, as ``hanok run`` finds it; None if there is none."""
    from hanok.cli.target import find_target

    if given:
        return Setting(given, "the command line")
    if found.target is not None:
        return found.target
    try:
        return Setting(find_target(None, found.config.app_dir), "found here")
    except ConfigError:
        return None


def shown(option: Option, setting: Setting) -> Any:
    """The value as it may be seen: no passwords, permissions in octal."""
    value = setting.value
    if option.kind in SECRET:
        return HIDDEN if value else None
    if option.kind == "mode" and value is not None:
        return f"{value:o}"
    if option.kind == "headers":
        return [f"{name}: {text}" for name, text in value]
    return value


def show(found: Effective, serves: Setting | None) -> None:
    from rich.table import Table
    from rich.text import Text

    from hanok.cli.console import out

    table = Table(box=None, padding=(0, 3, 0, 0), show_header=True, header_style="quiet")
    for title in ("option", "value", "from"):
        table.add_column(title, overflow="fold")
    table.add_row(Text("application", "flag"), *cells(None, serves or Setting("none", "none was named or found")))
    group = ""
    for option in OPTIONS:
        if option.group != group:
            group = option.group
            table.add_row()
            table.add_row(Text(group, "title"))
        table.add_row(Text(option.name, "flag"), *cells(option, found.settings[option.name]))
    out().print(table)


def cells(option: Option | None, setting: Setting) -> tuple[Text, Text]:
    """Value and place; what is only a default stays in the background."""
    from rich.text import Text

    value = setting.value if option is None else shown(option, setting)
    if isinstance(value, bool):
        text = "on" if value else "off"
    elif isinstance(value, (tuple, list)):
        text = ", ".join(map(str, value))
    else:
        text = "" if value is None else str(value)
    style = "quiet" if setting.place == DEFAULT else "value"
    return Text(text, style), Text(setting.place, "quiet" if setting.place == DEFAULT else "path")

"""``hanok doctor``: what is wrong or slow in an environment, its options and an application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from hanok.cli.diagnosis import Finding, Level, environment, options
from hanok.cli.dropin import dropin_option, switch_over
from hanok.cli.load import ImportFailed
from hanok.cli.options import ENVIRONMENT, ServingCommand, config_options, configure
from hanok.exceptions import ConfigError

MARKS = {Level.WRONG: ("✗", "bad"), Level.SLOW: ("!", "value"), Level.NOTE: ("·", "flag"), Level.GOOD: ("✓", "good")}


@click.command(
    "doctor",
    cls=ServingCommand,
    short_help="Say what is wrong or slow here, and what to do about it.",
    epilog=f"{ENVIRONMENT}\nExample: hanok doctor main:app --workers 4",
)
@click.argument("target", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@config_options()
@dropin_option
def command(target: str | None, as_json: bool, **given: Any) -> int:
    """Look at this environment, at the options that hanok run would have, and at the application, and say what is wrong
    or slow and what to do about it. The application is imported; nothing is served, and nothing is changed.

    The exit code is 1 if something is wrong. TARGET is module:attribute; without it, pyproject.toml, main:app and app:app
    are tried."""
    found = configure(given)
    switch_over(given)
    named = target or (found.target and found.target.value)
    findings = [("environment", one) for one in environment()]
    findings += [("options", one) for one in options(found.config)]
    findings += [("application", one) for one in application_of(named, found.config)]
    wrong = sum(one.level is Level.WRONG for _, one in findings)
    if as_json:
        rows = [
            {
                "part": part,
                "level": one.level.value,
                "subject": one.subject,
                "found": one.found,
                "remedy": one.remedy or None,
            }
            for part, one in findings
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        show(findings)
    return 1 if wrong else 0


def application_of(named: str | None, config: Any) -> Iterator[Finding]:
    from hanok.cli.diagnosis_app import application
    from hanok.cli.load import load_app
    from hanok.cli.target import find_target

    if named is None:
        try:
            named = find_target(None, config.app_dir)
        except ConfigError:
            yield Finding(Level.NOTE, "application", "none was named, and none was found here", "hanok doctor main:app")
            return
    try:
        _, app = load_app(named, config.app_dir, config.factory)
    except ImportFailed as failed:
        from hanok.middleware.debug.remedies import remedy

        error = failed.error
        what_to_do = (remedy(error) or f"hanok run {named} shows where").replace("`", "")
        yield Finding(Level.WRONG, named, f"cannot be imported: {type(error).__name__}: {error}", what_to_do)
        return
    except ConfigError as error:
        yield Finding(Level.WRONG, named, str(error), "")
        return
    yield from application(app)


def show(findings: list[tuple[str, Finding]]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from hanok.cli.console import out

    console = out()
    table = Table.grid(padding=(0, 2))
    table.add_column(width=1)
    table.add_column(max_width=26, overflow="fold")
    table.add_column(overflow="fold")
    part_before = ""
    for part, one in findings:
        if part != part_before:
            if part_before:
                table.add_row()
            table.add_row("", Text(part, "title"), "")
            part_before = part
        mark, style = MARKS[one.level]
        table.add_row(Text(mark, style), Text(one.subject), Text(one.found, "quiet" if one.level is Level.GOOD else ""))
        if one.remedy:
            table.add_row("", "", Text(f"→ {one.remedy}", "path"))
    console.print(Padding(table, (1, 2)))
    counts = {level: sum(one.level is level for _, one in findings) for level in Level}
    said = [
        (f"{counts[level]} {level.value}", MARKS[level][1]) for level in (Level.WRONG, Level.SLOW) if counts[level]
    ] or [("nothing is wrong, nothing is known to be slow", "good")]
    line = Text("  ")
    for index, (text, style) in enumerate(said):
        line.append(", " if index else "")
        line.append(text, style)
    console.print(line, end="\n\n")

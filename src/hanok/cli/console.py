"""The two consoles, and the few styles that all commands share."""

from __future__ import annotations

import os

from rich.console import Console
from rich.theme import Theme

PIPED_WIDTH = 120  # for pipes and files, which have none

THEME = Theme(
    {
        "title": "bold",
        "flag": "bold cyan",
        "value": "yellow",
        "path": "cyan",
        "method": "bold green",
        "name": "magenta",
        "good": "bold green",
        "bad": "bold red",
        "quiet": "dim",
        "url": "bold cyan underline",
    }
)


def out() -> Console:
    """For what was asked for: a table, a plan, JSON."""
    console = Console(theme=THEME, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    return console


def err() -> Console:
    """For all that is said beside it: banners, errors."""
    return Console(theme=THEME, highlight=False, stderr=True)

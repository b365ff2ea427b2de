"""Writes the tables of the server's options into options.md, from the fields of Config."""

from __future__ import annotations

import re
from pathlib import Path

from hanok.server.config import options
from hanok.server.options import Option

PAGE = Path(__file__).with_name("options.md")
START, END = "<!-- options:start -->", "<!-- options:end -->"


def table() -> str:
    """Markdown: one table for each group, in the order in which the help lists them."""
    groups: dict[str, list[Option]] = {}
    for option in options():
        groups.setdefault(option.group, []).append(option)
    parts = []
    for group, members in groups.items():
        parts += [f"## {group}", "", "| option | environment | default | |", "|---|---|---|---|"]
        parts += [row(option) for option in members]
        parts.append("")
    return "\n".join(parts)


def row(option: Option) -> str:
    variables = ", ".join(f"`{name}`" for name in option.variables)
    cells = [
        ", ".join(f"`{flag}`" for flag in (option.flag, option.short) if flag),
        variables,
        default(option),
        f"{option.help} {accepts(option)}".strip(),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def default(option: Option) -> str:
    value = option.default
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{','.join(value)}`" if isinstance(value, tuple) else f"`{value}`"


def accepts(option: Option) -> str:
    bounded = option.choices is not None or option.low is not None
    return f"({option.accepts})" if bounded else ""


def updated(page: str) -> str:
    """The page with the table between its markers."""
    return re.sub(f"{START}.*{END}", lambda _: f"{START}\n{table()}{END}", page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")

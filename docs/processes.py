"""Writes the state diagram and the signals of the process manager into server.md, from its tables."""

from __future__ import annotations

import re
from pathlib import Path

from hanok.server.supervisor import signals, states

PAGE = Path(__file__).with_name("server.md")


def diagram() -> str:
    first, last = states.ProcessState.SPAWNED, states.ProcessState.REAPED
    return f"```mermaid\n{states.diagram(states.PROCESS, first, last)}\n```"


def updated(page: str) -> str:
    """The page with the diagram and the signals between their markers."""
    for name, text in (("states", diagram()), ("signals", signals.table())):
        start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
        page = re.sub(f"{start}.*{end}", lambda _, s=start, t=text, e=end: f"{s}\n{t}\n{e}", page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")

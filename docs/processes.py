"""Writes the signals of the process manager into server.md, from their table."""

from __future__ import annotations

import re
from pathlib import Path

from hanok.server.supervisor import signals

PAGE = Path(__file__).with_name("server.md")


def updated(page: str) -> str:
    """The page with the signals between their markers."""
    start, end = "<!-- signals:start -->", "<!-- signals:end -->"
    return re.sub(f"{start}.*{end}", lambda _: f"{start}\n{signals.table()}\n{end}", page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")

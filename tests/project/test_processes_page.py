"""The signals on docs/server.md are those of the process manager's table."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_the_signals_are_made_from_the_table(root: Path) -> None:
    updated = runpy.run_path(str(root / "docs" / "processes.py"))["updated"]
    page = (root / "docs" / "server.md").read_text("utf-8")
    assert updated(page) == page, "run: python docs/processes.py"
    assert "| `SIGUSR2` | start the same command line anew" in page

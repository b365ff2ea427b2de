"""The state diagram and the signals on docs/server.md are those of the process manager's tables."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_the_diagram_and_the_signals_are_made_from_the_tables(root: Path) -> None:
    updated = runpy.run_path(str(root / "docs" / "processes.py"))["updated"]
    page = (root / "docs" / "server.md").read_text("utf-8")
    assert updated(page) == page, "run: python docs/processes.py"
    assert "    SPAWNED --> READY: SERVES\n" in page
    assert "| `SIGUSR2` | start the same command line anew" in page

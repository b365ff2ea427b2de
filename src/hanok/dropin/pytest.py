"""``pytest -p hanok.dropin.pytest``: tests that import fastapi or starlette run on Hanok."""

from __future__ import annotations

from hanok.dropin.finder import install
from hanok.dropin.versions import VERSIONS

install()


def pytest_report_header() -> str:
    """One line above the results, so that nobody wonders which package was tested."""
    claimed = ", ".join(f"{name} {version}" for name, version in VERSIONS.items())
    return f"hanok: in the place of {claimed}"

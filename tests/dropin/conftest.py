from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

THEIRS = ("fastapi", "starlette")


@pytest.fixture(autouse=True)
def dropin() -> Iterator[None]:
    """The drop-in for one test, whatever is installed and whatever was imported before."""
    from hanok.dropin import finder

    before = list(sys.meta_path)
    loaded = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in THEIRS}
    finder.install()
    yield
    finder.uninstall()
    sys.meta_path[:] = before
    sys.modules.update(loaded)

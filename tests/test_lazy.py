"""Names that are loaded when they are first asked for."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from hanok.lazy import lazy_names


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    package = ModuleType("a_package")
    package.__getattr__ = lazy_names("a_package", {"dumps": "json", "URL": "hanok.http.url"})  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "a_package", package)
    return package


def test_a_name_is_loaded_once(package: ModuleType) -> None:
    assert "dumps" not in vars(package)
    loaded = package.dumps
    assert vars(package)["dumps"] is loaded
    assert loaded([1]) == "[1]"


def test_other_names_are_missed_as_in_any_module(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match="module 'a_package' has no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize("room", ["http", "middleware", "security"])
def test_every_name_of_a_room_can_be_had(room: str) -> None:
    code = f"import hanok.{room} as room\nfor name in room.__all__:\n    getattr(room, name)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0

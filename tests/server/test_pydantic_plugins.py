"""Pydantic's look for plugins, put off in a new worker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pydantic.plugin._loader as own
import pytest
from pydantic import BaseModel

from hanok.server import pydantic_plugins
from hanok.server.pydantic_plugins import LOADER, Loader, no_entry_points, put_off

WITH_A_PLUGIN = """
import sys
from hanok.server.pydantic_plugins import put_off
put_off()
from pydantic import BaseModel
class Item(BaseModel):
    number: int
print(sys.modules["the_plugin"].made, type(sys.modules["pydantic.plugin._loader"]).__name__)
"""
PLUGIN = """
made = []
class Plugin:
    def new_schema_validator(self, schema, kind, *more):
        made.append(kind.__name__)
        return None, None, None
plugin = Plugin()
"""


class Loaded(BaseModel):
    """Brings all of pydantic, since the tests look at another ``sys.path``."""

    number: int


@pytest.fixture
def found_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """A process that has made no validator, where nothing is installed. What was found out is noted."""
    monkeypatch.delitem(sys.modules, LOADER)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    monkeypatch.setattr(own, "_plugins", {})
    noted: list[bool] = []

    def note() -> bool:
        noted.append(no_entry_points())
        return noted[-1]

    monkeypatch.setattr(pydantic_plugins, "no_entry_points", note)
    monkeypatch.setattr(pydantic_plugins, "import_module", lambda name: own)
    put_off()
    yield noted
    sys.modules.pop(LOADER, None)


def install(folder: Path, entry_points: str, name: str = "some-1.0.dist-info") -> str:
    (folder / name).mkdir()
    (folder / name / "entry_points.txt").write_text(entry_points)
    return str(folder)


def test_where_nothing_is_installed_there_are_no_plugins_and_that_is_found_out_once(found_out: list[bool]) -> None:
    loader: Any = sys.modules[LOADER]
    assert list(loader.get_plugins()) == list(loader.get_plugins()) == []
    assert found_out == [True]
    assert isinstance(loader, Loader)


def test_models_are_made_and_validate(found_out: list[bool]) -> None:
    class Item(BaseModel):
        number: int

    assert Item.model_validate({"number": "3"}).number == 3
    assert found_out == [True]
    assert isinstance(sys.modules[LOADER], Loader)


@pytest.mark.parametrize("name", ["some-1.0.dist-info", "Some.EGG-INFO"])
def test_an_entry_point_for_pydantic_leaves_the_look_to_pydantic(
    found_out: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    sys.path.append(install(tmp_path, "[console_scripts]\na = b:c\n\n[pydantic]\nmine = a_plugin:plugin\n", name))
    monkeypatch.setattr(own, "_plugins", {"a": "plugin"})
    assert list(sys.modules[LOADER].get_plugins()) == ["plugin"]
    assert found_out == [False]
    assert LOADER not in sys.modules  # pydantic's own takes the place with its import


def test_other_entry_points_and_folders_that_are_not_there_are_no_plugins(
    found_out: list[bool], tmp_path: Path
) -> None:
    sys.path.append(install(tmp_path, "[console_scripts]\na = b:c\n"))
    (tmp_path / "old.egg-info").write_text("a file")
    (tmp_path / "without-1.dist-info").mkdir()
    sys.path.append(str(tmp_path / "nowhere"))
    assert list(sys.modules[LOADER].get_plugins()) == []
    assert found_out == [True]


def test_an_archive_an_egg_and_what_cannot_be_read_are_left_to_pydantic(found_out: list[bool], tmp_path: Path) -> None:
    archive = tmp_path / "some.zip"
    archive.write_bytes(b"")
    egg = tmp_path / "some.egg"
    egg.mkdir()
    broken = tmp_path / "broken"
    (broken / "a-1.dist-info" / "entry_points.txt").mkdir(parents=True)
    for one in (archive, egg, broken):
        sys.path[:] = [str(one)]
        assert not no_entry_points()


def test_a_finder_of_distributions_that_is_not_pythons_is_left_to_pydantic(
    found_out: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Finder:
        find_distributions = None

    monkeypatch.setattr(sys, "meta_path", [PathFinder, Finder()])
    assert not no_entry_points()


def test_whoever_asks_for_something_else_gets_it_from_pydantic(found_out: list[bool]) -> None:
    loader = sys.modules[LOADER]
    assert loader.PYDANTIC_ENTRY_POINT_GROUP == "pydantic"
    assert found_out == []


def test_where_pydantic_has_no_such_module_nothing_can_be_asked_of_it(
    found_out: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(pydantic_plugins, "import_module", nowhere)
    loader = sys.modules[LOADER]
    assert not hasattr(loader, "anything")
    assert not hasattr(loader, "__file__")


def test_once_pydantic_has_looked_nothing_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, LOADER, own)
    put_off()
    assert sys.modules[LOADER] is own


def test_a_plugin_that_is_installed_is_used(tmp_path: Path) -> None:
    (tmp_path / "the_plugin.py").write_text(PLUGIN)
    install(tmp_path, "[pydantic]\nmine = the_plugin:plugin\n")
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", WITH_A_PLUGIN],
        env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "['Item'] module\n", done.stderr

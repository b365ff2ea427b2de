from __future__ import annotations

import importlib.metadata
import importlib.util
import runpy
import sys

import pytest

from hanok.dropin import finder
from hanok.dropin.versions import VERSIONS


def test_versions_are_answered_by_name() -> None:
    for name, version in VERSIONS.items():
        assert importlib.metadata.version(name) == version
        distribution = importlib.metadata.distribution(name)
        assert distribution.files is None
        assert distribution.requires == ["hanok"]
        assert distribution.locate_file("x").name == "x"
    assert importlib.metadata.version("FastAPI") == VERSIONS["fastapi"]
    assert finder.FINDER.find_distributions() == []


def test_installing_twice_is_installing_once() -> None:
    finder.install()
    finder.install()
    assert sum(finder.is_ours(each) for each in sys.meta_path) == 1
    assert finder.is_installed()


def test_uninstalling_takes_the_modules_along() -> None:
    import fastapi.routing  # noqa: F401

    finder.uninstall()
    assert "fastapi.routing" not in sys.modules
    assert not finder.is_installed()


def test_other_modules_are_left_to_others() -> None:
    assert finder.FINDER.find_spec("fastapi_users") is None
    assert finder.FINDER.find_spec("json") is None


def test_a_module_has_code_and_a_main() -> None:
    finder.FINDER.invalidate_caches()
    assert finder.FINDER.get_source("fastapi") == ""
    assert finder.FINDER.get_code("fastapi").co_names == ()
    assert finder.FINDER.is_package("fastapi")
    assert not finder.FINDER.is_package("fastapi.__main__")
    spec = importlib.util.find_spec("fastapi.__main__")
    assert spec is not None
    assert str(spec.origin).endswith("fastapi_main.py")


def test_python_m_fastapi_runs_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["fastapi", "dev", "no_such_file.py"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("fastapi", run_name="__main__", alter_sys=True)
    assert left.value.code == 1
    assert "Path does not exist no_such_file.py" in capsys.readouterr().out


def test_importing_auto_installs() -> None:
    finder.uninstall()
    sys.modules.pop("hanok.dropin.auto", None)
    importlib.import_module("hanok.dropin.auto")
    assert finder.is_installed()


def test_the_pytest_plugin_installs_and_says_so() -> None:
    finder.uninstall()
    sys.modules.pop("hanok.dropin.pytest", None)
    plugin = importlib.import_module("hanok.dropin.pytest")
    assert finder.is_installed()
    assert plugin.pytest_report_header() == "hanok: in the place of fastapi 0.165.0, starlette 1.10.0"

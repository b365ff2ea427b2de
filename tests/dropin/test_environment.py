from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hanok.dropin import environment, finder
from hanok.exceptions import ConfigError


def test_enabling_and_disabling_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "other.pth").write_text("# somebody else's\n")
    assert not environment.status(tmp_path).enabled
    now = environment.enable(tmp_path)
    assert now.enabled
    assert now.file.read_text("utf-8").count("\n") == 1
    assert environment.disable(tmp_path) == now.file
    assert [each.name for each in tmp_path.iterdir()] == ["other.pth"]


def test_enabling_twice_changes_nothing(tmp_path: Path) -> None:
    environment.enable(tmp_path)
    with pytest.raises(ConfigError, match="is enabled already"):
        environment.enable(tmp_path)
    assert environment.status(tmp_path).enabled


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / environment.FILE_NAME).write_text("import sys\n")
    with pytest.raises(ConfigError, match="another version of Hanok"):
        environment.enable(tmp_path)
    assert (tmp_path / environment.FILE_NAME).read_text() == "import sys\n"


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        environment.enable(tmp_path / "missing")
    with pytest.raises(ConfigError, match="not enabled: there is no"):
        environment.disable(tmp_path)
    (tmp_path / environment.FILE_NAME).mkdir()
    with pytest.raises(ConfigError, match="cannot be removed"):
        environment.disable(tmp_path)


def test_a_file_that_could_not_be_written_to_its_end_is_taken_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = iter(["compared with what is there"])

    def full() -> str:
        for text in asked:
            return text
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(environment, "hook_line", full)
    with pytest.raises(ConfigError, match=r"cannot be written: No space left on device\. Nothing was changed"):
        environment.enable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_real_packages_are_reported(tmp_path: Path) -> None:
    metadata = tmp_path / "starlette-0.99.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: starlette\nVersion: 0.99\n")
    assert environment.status(tmp_path).real == {"starlette": "0.99"}


def run(code: str, directory: Path) -> str:
    """Run code in a new interpreter whose site directory is ``directory``."""
    source = Path(environment.__file__).parents[2]
    start = f"import site, sys; sys.path.insert(0, {str(source)!r}); site.addsitedir({str(directory)!r})\n"
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr


def test_the_file_switches_an_interpreter_over(tmp_path: Path) -> None:
    environment.enable(tmp_path)
    code = "import fastapi; print(fastapi.FastAPI.__module__, type(fastapi.__loader__).__module__)"
    assert run(code, tmp_path).split() == ["hanok.app", "hanok.dropin.finder"]
    assert run("from importlib.metadata import version; print(version('starlette'))", tmp_path).strip() == "1.10.0"


def test_the_hook_imports_nothing_until_it_is_needed(tmp_path: Path) -> None:
    environment.enable(tmp_path)
    assert (
        run("import json; print([name for name in sys.modules if name.startswith('hanok')])", tmp_path).strip() == "[]"
    )


def test_without_hanok_the_hook_does_nothing(tmp_path: Path) -> None:
    environment.enable(tmp_path)
    code = (
        "sys.modules['hanok'] = None\n"
        "import importlib.util; spec = importlib.util.find_spec('fastapi')\n"
        "print(spec is None or 'hanok' not in type(spec.loader).__module__)\n"
        "print(sys.meta_path[0].find_distributions(type('C', (), {'name': 'fastapi'})))"
    )
    assert run(code, tmp_path).split() == ["True", "[]"]


def test_another_hook_in_the_way_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "site_packages", lambda: tmp_path)
    monkeypatch.setattr(environment, "QUESTION", 'print(\'{"fastapi": "other.finder"}\')')
    with pytest.raises(
        ConfigError, match=r"other\.finder answers for fastapi, before Hanok is asked\. Nothing was changed"
    ):
        environment.enable()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(environment, "QUESTION", "raise SystemExit('sitecustomize is broken')")
    assert environment.answered_by_another() == "a new interpreter fails: ['sitecustomize is broken']"
    monkeypatch.setattr(environment, "QUESTION", "print('{\"fastapi\": null}')")
    assert (
        environment.answered_by_another() == "a new interpreter does not read the file, and nothing answers for fastapi"
    )
    monkeypatch.setattr(environment, "SEEN_AFTER", 0)
    assert environment.answered_by_another() == "a new interpreter takes more than 0 seconds to start"
    monkeypatch.undo()
    monkeypatch.setattr(environment, "site_packages", lambda: tmp_path)
    monkeypatch.setattr(environment, "QUESTION", 'print(\'{"fastapi": "hanok.dropin.finder"}\')')
    assert environment.enable().enabled


def test_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from hanok.cli.dropin import command

    monkeypatch.setattr(environment, "site_packages", lambda: tmp_path)
    monkeypatch.setattr(environment, "answered_by_another", lambda: None)

    def said(word: str) -> str:
        done = CliRunner().invoke(command, [word], standalone_mode=False)
        assert done.exception is None
        return done.output

    assert "not enabled" in said("status")
    assert "nothing: it is not installed" in said("status")
    enabled = said("enable")
    assert "Hanok, in the place of fastapi 0.165.0" in enabled
    assert str(tmp_path / environment.FILE_NAME) in enabled
    assert "removed" in said("disable")
    (tmp_path / environment.FILE_NAME).write_text("other")
    assert "another version of Hanok" in said("status")


def test_the_hook_is_found_by_those_who_look() -> None:
    finder.uninstall()
    before = list(sys.meta_path)
    try:
        exec(environment.hook_line())
        assert finder.is_installed()
        exec(environment.hook_line())
        assert sum(finder.is_ours(each) for each in sys.meta_path) == 1
    finally:
        sys.meta_path[:] = before
    assert os.path.exists(environment.__file__)

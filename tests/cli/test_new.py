"""``hanok new``: a project that runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from hanok.cli import new
from hanok.cli.group import run_group
from hanok.version import __file__ as VERSION_FILE


def test_a_new_project_passes_its_tests_and_serves(tmp_path: Path, hanok: Any, get: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_group(["new", "tea-house"]) == 0
    folder = tmp_path / "tea-house"
    environment = {**os.environ, "PYTHONPATH": str(Path(VERSION_FILE).parents[1])}
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "4 passed" in tests.stdout
    command = hanok("run", "--app-dir", "tea-house", "tea_house.main:app", "--port", "0", TEA_HOUSE_TITLE="Tea")
    url = command.url()
    assert get(f"{url}/health") == b'{"status":"ok"}'
    assert b'"title":"Tea"' in get(f"{url}/openapi.json")


def test_what_is_made_is_listed(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_group(["new", "shop"]) == 0
    said = capsys.readouterr().out
    made = sorted(str(file.relative_to(tmp_path / "shop")) for file in (tmp_path / "shop").rglob("*") if file.is_file())
    assert {"Dockerfile", ".dockerignore", ".gitignore", "README.md", "pyproject.toml", "shop/main.py"} <= set(made)
    for path in made:
        assert path in said
        assert "$" not in (tmp_path / "shop" / path).read_text().replace("$PATH", "")


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("my shop", "hanok new my_shop"),
        ("../shop", "hanok new shop"),
        ("-x-", ""),
        ("9", "hanok new tea_house"),
        ("", "hanok new tea_house"),
        ("class", "hanok new my_class"),
        ("json", "hanok new my_json"),
        ("FastAPI", "hanok new my_fastapi"),
    ],
)
def test_a_name_that_cannot_be_gets_a_better_one(
    tmp_path: Path, monkeypatch: Any, capsys: Any, name: str, better: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_group(["new", name]) == 2
    assert better in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    assert run_group(["new", "shop"]) == 2
    assert "There is a shop already" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "shop").iterdir()] == ["mine.txt"]


def test_what_fails_on_the_way_leaves_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    def fail(folder: Path, files: Any) -> None:
        (folder / "half").write_text("")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(new, "write", fail)
    with pytest.raises(click.UsageError, match="No space left"):
        new.make(tmp_path / "shop", "shop", "shop")
    monkeypatch.setattr(new, "write", lambda folder, files: sys.exit(3))
    with pytest.raises(SystemExit):
        new.make(tmp_path / "shop", "shop", "shop")
    with pytest.raises(click.UsageError, match="cannot be made"):
        new.make(tmp_path / "nowhere" / "shop", "shop", "shop")
    assert list(tmp_path.iterdir()) == []

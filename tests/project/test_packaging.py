"""What is promised about the package and the tree holds."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def project(root: Path) -> dict[str, Any]:
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def name_of(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return found[0].lower()


def test_every_dependency_has_its_reason_written_down(root: Path, project: dict[str, Any]) -> None:
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    names = {name_of(line) for line in [*project["dependencies"], *extras]} - {"hanok"}
    page = (root / "docs" / "dependencies.md").read_text().lower()
    assert {name for name in names if name not in page} == set()


def test_the_files_that_the_package_refers_to_are_there(root: Path, project: dict[str, Any]) -> None:
    assert (root / project["readme"]).is_file()
    for name in project["license-files"]:
        assert "The Hanok authors" in (root / name).read_text()


def test_no_file_speaks_of_the_machine_it_was_written_on(root: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, timeout=30)
    if tracked.returncode:
        pytest.skip("not a git checkout: an unpacked source distribution")
    # "/root" alone is also what root paths are called in tests.
    home = re.compile(rb"(?<![\w.])/(?:home|Users)/\w+|(?<![\w./])/root/\.|(?<![\w./])/work/")
    named = [
        name
        for name in tracked.stdout.decode().split("\0")
        if name
        and name != "tests/project/test_packaging.py"
        and (root / name).is_file()
        and home.search((root / name).read_bytes())
    ]
    assert named == []


def test_continuous_integration_is_a_valid_script(root: Path) -> None:
    script = root / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script], timeout=30).returncode == 0


def test_every_make_target_is_explained(root: Path) -> None:
    makefile = (root / "Makefile").read_text()
    [targets] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    for target in set(targets.split()) - {"help"}:
        assert f"#   make {target}" in makefile

"""With HANOK_CI, which ``.ci/run`` sets, no test is skipped because something is not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hanok.version import __file__ as VERSION_FILE

FILE = """
import pytest

def test_of_a_program():
    pytest.skip("needs Debian's nginx")

@pytest.mark.skipif(True, reason="needs hadolint")
def test_with_a_mark():
    pass

@pytest.fixture
def judge():
    pytest.importorskip("no_such_judge")

def test_with_a_fixture(judge):
    pass

def test_of_what_nobody_can_install():
    pytest.skip("this machine has no IPv6")

@pytest.mark.xfail
def test_that_is_expected_to_fail():
    raise ValueError
"""
NEEDS_A_PACKAGE = """
import pytest

pytest.importorskip("no_such_package")

def test_one():
    pass
"""


@pytest.fixture
def outcome(root: Path, tmp_path: Path) -> Callable[..., str]:
    """The last lines of pytest about the two files."""
    shutil.copy(root / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(FILE)
    (tmp_path / "test_package.py").write_text(NEEDS_A_PACKAGE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run(**environment: str) -> str:
        clean = {name: value for name, value in os.environ.items() if name not in ("HANOK_CI", "PYTEST_ADDOPTS")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-ra", "--continue-on-collection-errors", "-p", "no:cacheprovider"],
            cwd=tmp_path,
            env={**clean, "PYTHONPATH": str(Path(VERSION_FILE).parents[1]), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout, done.stderr
        return done.stdout

    return run


def test_there_what_is_missing_is_a_failure(outcome: Callable[..., str]) -> None:
    told = outcome(HANOK_CI="1")
    assert "1 failed, 1 skipped, 1 xfailed, 3 errors" in told
    for missing in ("needs Debian's nginx", "needs hadolint", "no_such_judge", "no_such_package"):
        assert missing in told


def test_elsewhere_it_is_skipped(outcome: Callable[..., str]) -> None:
    assert "5 skipped, 1 xfailed" in outcome()

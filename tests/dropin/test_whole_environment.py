"""Enable, use, disable: a real environment is afterwards what it was before, to the byte."""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from hanok.version import __file__ as VERSION_FILE

HANOK = Path(VERSION_FILE).parent

USE = """
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()
app.get("/")(lambda: FastAPI.__module__)
print(TestClient(app).get("/").json())
"""

# Puts a finder before all others when the interpreter starts; it answers for the modules that begin with NAME.
OTHER_HOOK = """
import sys
from importlib.machinery import ModuleSpec

class OtherLoader:
    def create_module(self, spec): return None
    def exec_module(self, module): module.by = "another"

class OtherFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return ModuleSpec(name, OtherLoader(), is_package=True) if name.partition(".")[0] == "NAME" else None

sys.meta_path.insert(0, OtherFinder)
"""


@pytest.fixture
def installed(environment_with: Any) -> Any:
    """``installed(real=…)`` is an environment into which Hanok was installed, with its bytecode, as pip leaves it."""

    def make(*, real: bool) -> Any:
        environment = environment_with(real=real)
        target = environment.packages / "hanok"
        target.unlink(missing_ok=True)
        shutil.copytree(HANOK, target, ignore=shutil.ignore_patterns("__pycache__"))
        compile_all(environment)
        return environment

    return make


def compile_all(environment: Any) -> None:
    assert compileall.compile_dir(environment.packages / "hanok", quiet=1)
    assert compileall.compile_dir(environment.packages, maxlevels=0, quiet=1)


def state(prefix: Path) -> dict[str, tuple[str, str]]:
    """The mode and the content of everything below a directory."""
    found = {}
    for path in sorted(prefix.rglob("*")):
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            content = "directory"
        found[str(path.relative_to(prefix))] = (stat.filemode(path.lstat().st_mode), content)
    return found


def hanok(environment: Any, *arguments: str, prefix: tuple[str, ...] = ()) -> Any:
    return environment.run("-m", "hanok", *arguments, prefix=prefix, COLUMNS="200")


@pytest.mark.parametrize("real", [True, False], ids=["fastapi installed", "fastapi absent"])
def test_what_was_enabled_used_and_disabled_leaves_the_environment_as_it_was(installed: Any, real: bool) -> None:
    environment = installed(real=real)
    before = state(environment.prefix)
    enabled = hanok(environment, "dropin", "enable")
    assert enabled.returncode == 0, enabled.stdout
    during = state(environment.prefix)
    [added] = set(during) - set(before)
    assert added.endswith("site-packages/hanok_dropin.pth")
    assert {name: value for name, value in during.items() if name != added} == before

    assert environment.run("-c", USE).stdout.strip() == "hanok.app"
    assert "Hanok, in the place of fastapi" in environment.run("-m", "fastapi", "--version").stdout
    assert state(environment.prefix) == during

    assert hanok(environment, "dropin", "disable").returncode == 0
    assert state(environment.prefix) == before
    after = environment.run("-c", "import fastapi; print(fastapi.FastAPI.__module__)").stdout
    assert ("fastapi.applications" if real else "No module named 'fastapi'") in after


def test_enabling_twice_says_so_and_changes_nothing(installed: Any) -> None:
    environment = installed(real=False)
    assert hanok(environment, "dropin", "enable").returncode == 0
    before = state(environment.prefix)
    again = hanok(environment, "dropin", "enable")
    assert again.returncode == 2
    assert "The drop-in is enabled already" in again.stdout
    assert "Traceback" not in again.stdout
    assert state(environment.prefix) == before


def as_an_ordinary_user() -> tuple[str, ...]:
    """Before a command: what makes the modes of files count, for root too."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv to take that from it")
    return ("setpriv", "--bounding-set=-dac_override")


def test_where_nothing_can_be_written_the_message_says_so(installed: Any) -> None:
    environment = installed(real=False)
    enabled_before = hanok(environment, "dropin", "enable")
    assert enabled_before.returncode == 0
    environment.packages.chmod(0o555)
    try:
        before = state(environment.prefix)
        refused = hanok(environment, "dropin", "disable", prefix=as_an_ordinary_user())
        assert (refused.returncode, "cannot be removed: Permission denied" in refused.stdout) == (2, True)
        assert state(environment.prefix) == before
        environment.packages.chmod(0o755)
        hanok(environment, "dropin", "disable")
        environment.packages.chmod(0o555)
        before = state(environment.prefix)
        refused = hanok(environment, "dropin", "enable", prefix=as_an_ordinary_user())
        assert (refused.returncode, "cannot be written: Permission denied" in refused.stdout) == (2, True)
        assert "Nothing was changed" in refused.stdout
        assert state(environment.prefix) == before
    finally:
        environment.packages.chmod(0o755)


@pytest.mark.parametrize("place", ["zz_other.pth", "sitecustomize.py"])
def test_a_hook_that_answers_for_fastapi_first_is_named_and_nothing_is_changed(installed: Any, place: str) -> None:
    if place == "sitecustomize.py" and (Path(os.__file__).parent / place).exists():
        pytest.skip("this Python has a sitecustomize of its own, which goes first")
    environment = installed(real=False)
    hook = OTHER_HOOK.replace("NAME", "fastapi")
    (environment.packages / place).write_text(
        f"import sys; exec({hook!r}, {{}})\n" if place.endswith(".pth") else hook, "utf-8"
    )
    compile_all(environment)
    before = state(environment.prefix)
    refused = hanok(environment, "dropin", "enable")
    assert refused.returncode == 2
    assert "answers for fastapi, before Hanok is asked. Nothing was changed." in refused.stdout
    assert state(environment.prefix) == before


def test_a_hook_for_something_else_goes_on_beside_ours(installed: Any) -> None:
    environment = installed(real=False)
    (environment.packages / "zz_other.pth").write_text(
        f"import sys; exec({OTHER_HOOK.replace('NAME', 'elsewhere')!r}, {{}})\n", "utf-8"
    )
    before = state(environment.prefix)
    assert hanok(environment, "dropin", "enable").returncode == 0
    asked = environment.run("-c", "import elsewhere, fastapi; print(elsewhere.by, fastapi.FastAPI.__module__)")
    assert asked.stdout.strip() == "another hanok.app"
    assert hanok(environment, "dropin", "disable").returncode == 0
    assert state(environment.prefix) == before

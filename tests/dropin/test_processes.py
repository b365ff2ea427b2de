"""``hanok run --dropin``: the drop-in for the processes of one server, and for nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from hanok.dropin import finder, processes
from hanok.version import __file__ as VERSION_FILE

SOURCE = str(Path(VERSION_FILE).parents[1])

PROGRAM = """
import multiprocessing, os
from concurrent.futures import ProcessPoolExecutor

from fastapi import FastAPI
from starlette.requests import Request

app = FastAPI()

def who():
    return FastAPI.__module__

@app.get("/")
def asked(request: Request):
    return {"by": who(), "request": type(request).__module__, "pid": os.getpid()}

@app.get("/pool")
def asked_in_a_new_process():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(who).result()
"""

WAYS = {
    "one worker": ("run", "--dropin", "main:app"),
    "two workers": ("run", "--dropin", "--workers", "2", "main:app"),
    "reload": ("dev", "--dropin", "main:app"),
}


def ask(url: str) -> Any:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("real", [True, False], ids=["fastapi installed", "fastapi absent"])
@pytest.mark.parametrize("way", WAYS)
def test_a_fastapi_program_is_served_by_hanok(
    environment_with: Any, serving: Any, tmp_path: Path, way: str, real: bool
) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, "utf-8")
    environment = environment_with(real=real)
    before = sorted(environment.packages.rglob("*"))
    with serving(environment, *WAYS[way]) as server:
        answer = ask(server.url)
        assert answer["by"] == "hanok.app"
        assert answer["request"].startswith("hanok.http")
        if way != "one worker":
            assert answer["pid"] != server.process.pid
        # Nobody else in this environment notices.
        outside = environment.run("-B", "-c", "import fastapi; print(fastapi.FastAPI.__module__)").stdout
        assert ("fastapi.applications" if real else "No module named 'fastapi'") in outside
    assert sorted(environment.packages.rglob("*")) == before


def test_processes_that_the_application_starts_have_it_too(environment_with: Any, serving: Any, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, "utf-8")
    with serving(environment_with(real=False), "run", "--dropin", "main:app") as server:
        assert ask(server.url + "/pool") == "hanok.app"


def test_a_saved_change_is_served_by_hanok_as_well(environment_with: Any, serving: Any, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, "utf-8")
    with serving(environment_with(real=False), "run", "--reload", "--dropin", "main:app") as server:
        first = ask(server.url)["pid"]
        (tmp_path / "main.py").write_text(PROGRAM + "# saved\n", "utf-8")
        while ask(server.url)["pid"] == first:
            pass
        assert ask(server.url)["by"] == "hanok.app"


def test_without_the_option_nothing_is_switched(environment_with: Any, serving: Any, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, "utf-8")
    environment = environment_with(real=False)
    with serving(environment, "run", "main:app") as server:
        assert server.process.wait(30) == 1
    assert "No module named 'fastapi'" in "".join(server.lines)
    with serving(environment, "run", "--no-dropin", "main:app", HANOK_DROPIN="1") as server:
        assert server.process.wait(30) == 1


def test_a_variable_or_a_file_of_variables_says_it_as_well(environment_with: Any, serving: Any, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, "utf-8")
    (tmp_path / "production.env").write_text("HANOK_DROPIN=yes\n", "utf-8")
    environment = environment_with(real=True)
    with serving(environment, "run", "main:app", HANOK_DROPIN="1") as server:
        assert ask(server.url)["by"] == "hanok.app"
    with serving(environment, "run", "main:app", "--env-file", "production.env") as server:
        assert ask(server.url)["by"] == "hanok.app"
    with serving(environment, "run", "main:app", HANOK_DROPIN="perhaps") as server:
        assert server.process.wait(30) == 2
    assert "--dropin (or HANOK_DROPIN): 'perhaps' is not accepted" in "".join(server.lines)


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_a_python_that_would_not_pass_it_on_says_so(flag: str) -> None:
    # Without site there are no packages; those of this interpreter are given by hand.
    start = f"import sys; sys.path[:0] = {[SOURCE, *sys.path]!r}; "
    code = start + "from hanok.dropin.processes import enable_from_here_on; enable_from_here_on()"
    done = subprocess.run([sys.executable, flag, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert "ConfigError: --dropin reaches the processes of the server by PYTHONPATH" in done.stderr


def test_the_path_of_others_is_kept_and_ours_is_there_once() -> None:
    finder.uninstall()
    environ: dict[str, str] = {}
    processes.enable_from_here_on(environ)
    assert environ == {"PYTHONPATH": processes.AT_START}
    assert finder.is_installed()
    environ = {"PYTHONPATH": "lib"}
    processes.enable_from_here_on(environ)
    processes.enable_from_here_on(environ)
    assert environ == {"PYTHONPATH": f"{processes.AT_START}{os.pathsep}lib"}


def test_the_sitecustomize_that_was_there_runs_as_before(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("MARK = 'theirs'\n", "utf-8")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), SOURCE])}
    processes.enable_from_here_on(environ)
    code = (
        "import sitecustomize, sys; print(sitecustomize.MARK, [name for name in sys.modules if 'hanok' in name]); "
        "import fastapi; print(fastapi.FastAPI.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, encoding="utf-8", check=False)
    assert done.stdout.splitlines() == ["theirs []", "hanok.app"], done.stderr

"""How failures look, called in this process."""

from __future__ import annotations

import traceback
from typing import Any

import click
import pytest

from hanok.cli import console, version
from hanok.cli.banner import foreign_middleware, road, show_banner, shown_path
from hanok.cli.errors import guarded, show_import_error, user_frames
from hanok.exceptions import DeclarationError
from hanok.gateways import NativeApp
from hanok.server.config import Config


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt, 130), (click.Abort, 130), (click.ClickException("x"), 1)]
)
def test_every_failure_has_its_exit_code(error: Any, code: int) -> None:
    def fail() -> None:
        raise error

    assert guarded(fail) == code


def test_what_a_function_returns_is_the_exit_code() -> None:
    assert guarded(lambda: 3) == 3
    assert guarded(lambda: None) == 0


def raised(source: str, **names: Any) -> BaseException:
    try:
        exec(compile(source, "users.py", "exec"), names)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_wrong_declaration_is_shown_up_to_the_users_line() -> None:
    def declare() -> None:
        raise DeclarationError("write it otherwise")

    error = raised("declare()", declare=declare)
    here = error.__traceback__
    assert here is not None
    assert traceback.extract_tb(here)[-1].name == "declare"
    names = [frame.filename for frame in user_frames(error)]
    assert "users.py" in names


def test_notes_of_an_error_are_shown(capsys: Any) -> None:
    error = ValueError("wrong")
    error.add_note("look there")
    show_import_error(error, "main:app")
    said = capsys.readouterr().err
    assert "ValueError: wrong" in said
    assert "look there" in said


# ---- the banner


class Native(NativeApp):
    pass


class OwnCall(NativeApp):
    async def __call__(self, *args: Any) -> None: ...


class Declared:
    def __init__(self, cls: Any) -> None:
        self.cls = cls


def test_only_middleware_that_is_called_with_a_scope_is_foreign() -> None:
    class App:
        user_middleware = [Declared(Native), Declared(OwnCall), Declared(len)]

    assert foreign_middleware(App()) == ["OwnCall", "len"]
    assert foreign_middleware(object()) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"foreign": ["A"]}, "A is ASGI middleware"),
        ({"foreign": ["A", "B"]}, "A, B are ASGI middleware"),
        ({"native": False}, "ASGI application"),
        ({}, None),
    ],
)
def test_one_line_says_why_requests_leave_the_native_road(told: Any, words: str | None) -> None:
    said = road(told)
    assert said is None if words is None else words in (said or "")


def test_the_banner_names_addresses_docs_and_what_else_matters(capsys: Any) -> None:
    where = ["http://127.0.0.1:8000", "http://[::1]:8000"]
    show_banner("main:app", Config(workers=2), where, {"docs": "/docs"}, watching="src")
    said = capsys.readouterr().err
    for word in ("main:app", *where, "http://127.0.0.1:8000/docs", "2 workers", "watching", "src", "Ctrl-C"):
        assert word in said


def test_paths_are_shown_as_one_would_type_them(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "src") == "src"
    assert shown_path("/elsewhere") == "/elsewhere"


def test_output_into_a_pipe_is_wide(monkeypatch: Any) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console.out().width == 120


def test_a_package_that_is_missing_is_told() -> None:
    assert version.installed("no-such-package") == "not installed"


# ---- what to do


def test_an_import_error_says_what_to_do(capsys: Any) -> None:
    show_import_error(raised("import a_package_of_nowhere"), "main:app")
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "users.py:1" in said
    assert "pip install a_package_of_nowhere" in said


def test_modules_that_import_each_other_are_named(tmp_path: Any, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "circle_one.py").write_text("from circle_two import thing\nvalue = 1\n")
    (tmp_path / "circle_two.py").write_text("from circle_one import value\nthing = 1\n")
    show_import_error(raised("import circle_one"), "main:app")
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "Modules import each other: circle_one.py → circle_two.py → circle_one.py" in said


def test_a_file_that_hides_a_package_is_named(capsys: Any) -> None:
    error = ImportError("cannot import name 'Hanok' from 'hanok'", name="hanok", path="/project/hanok.py")
    show_import_error(error, "main:app")
    assert "hides it" in capsys.readouterr().err


def test_a_syntax_error_is_pointed_at(capsys: Any) -> None:
    show_import_error(raised("def f(:\n    pass\n"), "main:app")
    lines = [line.strip("│ ") for line in capsys.readouterr().err.splitlines()]
    assert lines[lines.index("def f(:") + 1] == "^"

"""``hanok`` itself: help, version, wrong commands."""

from __future__ import annotations

import platform
from typing import Any

import pydantic
import pytest

from hanok.server.config import options
from hanok.version import VERSION


def test_help_lists_the_commands(hanok: Any) -> None:
    command = hanok("--help")
    assert command.ends() == 0
    for word in ("run", "dev", "config", "routes", "explain", "--version", "hanok dev main:app"):
        assert word in command.text


@pytest.mark.parametrize("command", [(), ("export",), ("dropin",)])
def test_who_says_nothing_is_shown_the_help(hanok: Any, command: tuple[str, ...]) -> None:
    said = hanok(*command)
    assert said.ends() in (0, 2)  # by the version of click
    assert "Commands" in said.text
    assert "Wrong usage" not in said.text


def test_help_of_run_has_every_option_of_the_configuration(hanok: Any) -> None:
    command = hanok("run", "--help", COLUMNS="160")
    assert command.ends() == 0
    for option in options():
        flag = option.flag.replace("--", "--[no-]") if option.kind == "switch" else option.flag
        assert f" {flag} " in command.text
    for word in ("Socket", "TLS", "[default: 8000]", "[env: WEB_CONCURRENCY]", "HANOK_LOG_LEVEL", "uvloop"):
        assert word in command.text


def test_dev_decides_some_options_itself(hanok: Any) -> None:
    command = hanok("dev", "--help")
    assert command.ends() == 0
    assert "--workers N" not in command.text
    assert "--[no-]reload" in command.text


def test_version_says_what_matters(hanok: Any) -> None:
    command = hanok("--version")
    assert command.ends() == 0
    assert f"hanok {VERSION}" in command.text
    for word in (platform.python_version(), pydantic.VERSION, "uvloop", "core"):
        assert word in command.text


@pytest.mark.parametrize(
    ("typed", "hint"), [("rutes", "Did you mean routes?"), ("main:app", "hanok run main:app"), ("zzz", "--help")]
)
def test_a_wrong_command_gets_a_hint(hanok: Any, typed: str, hint: str) -> None:
    command = hanok(typed)
    assert command.ends() == 2
    assert hint in command.text

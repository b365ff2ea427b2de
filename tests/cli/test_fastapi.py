from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hanok.cli import fastapi as command
from hanok.exceptions import ConfigError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("HANOK_DEBUG", "0")
    return tmp_path


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []
    monkeypatch.setattr("hanok.cli.run.serve", lambda config, target: calls.append((target, config)) or 0)
    return calls


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["fastapi", *arguments])
    return command.cli_main()


def test_dev_serves_a_file_with_reload(monkeypatch: pytest.MonkeyPatch, here: Path, served: list[Any]) -> None:
    (here / "main.py").touch()
    assert run(monkeypatch, "dev", "main.py", "--app", "api", "--reload-dir", ".") == 0
    target, config = served[0]
    assert target == "main.py:api"
    assert (config.host, config.port, config.reload, config.reload_dirs) == ("127.0.0.1", 8000, True, (".",))


def test_run_serves_on_all_addresses(monkeypatch: pytest.MonkeyPatch, here: Path, served: list[Any]) -> None:
    (here / "app").mkdir()
    (here / "app" / "main.py").touch()
    monkeypatch.setenv("PORT", "9001")
    options = ["--workers", "3", "--root-path", "/api", "--no-proxy-headers", "--forwarded-allow-ips", "*"]
    assert run(monkeypatch, "run", *options) == 0
    target, config = served[0]
    assert target == "app/main.py"
    assert (config.host, config.port, config.reload, config.workers) == ("0.0.0.0", 9001, False, 3)
    assert (config.root_path, config.proxy_headers, config.forwarded_allow_ips) == ("/api", False, ("*",))


def test_the_port_option_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch, served: list[Any]) -> None:
    monkeypatch.setenv("PORT", "9001")
    assert run(monkeypatch, "run", "--entrypoint", "shop.web:app", "--port", "9002") == 0
    target, config = served[0]
    assert (target, config.port) == ("shop.web:app", 9002)


def test_pyproject_names_the_entrypoint(monkeypatch: pytest.MonkeyPatch, here: Path, served: list[Any]) -> None:
    (here / "pyproject.toml").write_text('[tool.fastapi]\nentrypoint = "shop.web:app"\n')
    (here / "main.py").touch()
    assert run(monkeypatch, "run") == 0
    assert served[0][0] == "shop.web:app"


def test_what_is_missing_is_said_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], served: list[Any]
) -> None:
    assert run(monkeypatch, "dev", "nothing.py") == 1
    assert capsys.readouterr().out == "Path does not exist nothing.py\n"
    assert run(monkeypatch, "run") == 1
    assert "Could not find a default file to run" in capsys.readouterr().out
    monkeypatch.setenv("PORT", "http")
    assert run(monkeypatch, "run", "-e", "a:b") == 1
    assert "PORT in the environment must be a number" in capsys.readouterr().out
    assert served == []


def test_a_package_is_its_init_file_and_one_place_is_enough(here: Path) -> None:
    (here / "shop").mkdir()
    assert command.target_of("shop", None, None) == "shop/__init__.py"
    with pytest.raises(ConfigError, match="--entrypoint says it all"):
        command.target_of("main.py", None, "a:b")


def test_main_ends_with_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["fastapi", "dev", "nothing.py"])
    with pytest.raises(SystemExit) as left:
        command.main()
    assert left.value.code == 1

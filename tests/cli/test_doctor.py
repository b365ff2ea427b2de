"""``hanok doctor``: what is wrong or slow."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
import trustme

from hanok import Form, Hanok
from hanok.cli import diagnosis, diagnosis_app
from hanok.cli.diagnosis import Level, options
from hanok.cli.diagnosis_app import application
from hanok.cli.group import run_group
from hanok.middleware import CORSMiddleware, SessionMiddleware
from hanok.server.config import Config

SOUND = """
    from hanok import Hanok

    app = Hanok()

    @app.get("/")
    async def hello():
        return "hello"
"""
ILL = """
    import time

    from hanok import Depends, Hanok, Router
    from hanok.middleware import CORSMiddleware

    app = Hanok(debug=True)
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)

    async def wait():
        time.sleep(1)

    @app.get("/")
    async def hello(waited=Depends(wait)):
        return "hello"

    @app.get("/plain")
    def plain():
        return "hello"
""".replace("Hanok, Router", "Hanok")


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Callable[..., Any]:
    """``doctor("main:app", ...)`` → the exit code and the findings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("main", "broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def ask(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
        code = run_group(["doctor", *arguments, "--json"])
        for name in ("main", "broken"):
            sys.modules.pop(name, None)
        return code, json.loads(capsys.readouterr().out)

    return ask


def levels(findings: Any) -> dict[str, str]:
    return {one["subject"]: one["level"] for one in findings}


def found_in(app: Any) -> dict[str, Level]:
    return {one.subject: one.level for one in application(app)}


def test_a_sound_application_has_nothing_wrong(doctor: Any, project: Any) -> None:
    project(**{"main.py": SOUND})
    code, findings = doctor("--workers", "1")
    assert code == 0
    said = levels(findings)
    assert said["application"] == said["async def"] == said["max_body_size"] == "good"
    assert said["core"] in ("good", "note")  # compiled, or run from its sources
    assert "wrong" not in said.values()


def test_what_is_wrong_is_named_with_a_remedy_and_a_place(doctor: Any, project: Any) -> None:
    project(**{"main.py": ILL})
    code, findings = doctor("main:app", "--max-body-size", "none", "--forwarded-allow-ips", "*", "--host", "0.0.0.0")
    assert code == 1
    said = levels(findings)
    for subject in ("debug", "CORS", "max_body_size", "forwarded_allow_ips", "main.py:11"):
        assert said[subject] == "wrong"
    assert said["plain def"] == "note"
    assert all(one["remedy"] for one in findings if one["level"] in ("wrong", "slow"))


def test_the_table_says_the_same(project: Any, hanok: Any) -> None:
    project(**{"main.py": ILL})
    command = hanok("doctor", "main:app")
    assert command.ends() == 1
    for words in ("environment", "options", "application", "✗  CORS", "→ await asyncio.sleep(...)", "3 wrong"):
        assert words in command.text


def test_a_table_without_faults_says_so(doctor: Any, project: Any, capsys: Any, monkeypatch: Any) -> None:
    project(**{"main.py": SOUND})
    monkeypatch.setattr(diagnosis, "environment", lambda: iter(()))
    monkeypatch.setattr("hanok.cli.doctor.environment", lambda: iter(()))
    assert run_group(["doctor", "main:app", "--workers", "1"]) == 0
    sys.modules.pop("main", None)
    assert "nothing is wrong, nothing is known to be slow" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "level", "words"),
    [
        (None, "note", "none was named"),
        ("nothing:app", "wrong", "no module 'nothing'"),
        ("broken:app", "wrong", "ModuleNotFoundError"),
    ],
)
def test_without_an_application_the_rest_is_still_told(
    doctor: Any, project: Any, target: str | None, level: str, words: str
) -> None:
    project(**{"broken.py": "import a_package_of_nowhere"})
    code, findings = doctor(*([target] if target else []))
    assert code == (level == "wrong")
    assert findings[-1]["level"] == level
    assert words in findings[-1]["found"]
    assert findings[0]["part"] == "environment"


# ---- the environment


def test_a_missing_uvloop_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "find_spec", lambda name: None)
    found = diagnosis.uvloop()
    assert (found.level, "pip install uvloop" in found.remedy) == (Level.SLOW, True)


def test_an_older_python_and_another_one_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis.sys, "version_info", (3, 11, 9))
    assert diagnosis.python().level is Level.SLOW
    monkeypatch.setattr(diagnosis.sys, "version_info", (3, 13, 0))
    assert diagnosis.python().level is Level.GOOD
    monkeypatch.setattr(diagnosis.platform, "python_implementation", lambda: "PyPy")
    assert diagnosis.python().level is Level.NOTE


@pytest.mark.parametrize(
    ("limits", "level"),
    [((256, 512), Level.SLOW), ((256, -1), Level.SLOW), ((65536, -1), Level.GOOD), ((-1, -1), Level.GOOD)],
)
def test_few_open_files_are_told(monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], level: Level) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda which: limits)
    [found] = diagnosis.open_files()
    assert found.level is level


@pytest.mark.parametrize(
    ("written", "enabled", "real", "level"),
    [
        ("x", False, {}, [Level.WRONG]),
        ("x", True, {"fastapi": "0.1"}, [Level.GOOD]),
        ("x", True, {}, [Level.GOOD]),
        (None, False, {"fastapi": "0.1"}, [Level.NOTE]),
        (None, False, {}, []),
    ],
)
def test_what_the_dropin_is_in(
    monkeypatch: pytest.MonkeyPatch, written: Any, enabled: bool, real: Any, level: list[Level]
) -> None:
    from hanok.dropin import environment

    now = SimpleNamespace(written=written, enabled=enabled, real=real, file="hanok_dropin.pth")
    monkeypatch.setattr(environment, "status", lambda: now)
    assert [one.level for one in diagnosis.dropin()] == level


def test_a_compiled_core_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hanok.cli.version.describe", lambda: "hanok\n  core      compiled")
    assert diagnosis.core().found == "compiled"


@pytest.mark.parametrize(("folder", "level"), [("/clone/src", Level.NOTE), ("/venv/site-packages", Level.SLOW)])
def test_a_core_that_could_be_compiled_is_told(monkeypatch: pytest.MonkeyPatch, folder: str, level: Level) -> None:
    monkeypatch.setattr("hanok.cli.version.describe", lambda: "hanok\n  core      pure Python")
    monkeypatch.setattr(diagnosis, "__file__", f"{folder}/hanok/cli/diagnosis.py")
    assert diagnosis.core().level is level


# ---- the options


def told(**given: Any) -> dict[str, Level]:
    return {one.subject: one.level for one in options(Config(**given))}


def test_workers_are_compared_with_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis.os, "sched_getaffinity", lambda pid: range(4))
    assert [told(workers=count)["workers"] for count in (1, 3, 4, 8, 9)] == [
        Level.NOTE, Level.NOTE, Level.GOOD, Level.GOOD, Level.SLOW,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "subject", "level"),
    [
        ({"loop": "asyncio"}, "event loop", Level.SLOW),
        ({"reload": True}, "reload", Level.WRONG),
        ({"timeout_graceful_shutdown": None}, "timeout_graceful_shutdown", Level.NOTE),
        ({"timeout_worker_healthcheck": None}, "timeout_worker_healthcheck", Level.NOTE),
        ({"min_data_rate": 0}, "min_data_rate", Level.NOTE),
        ({"forwarded_allow_ips": ("*",)}, "forwarded_allow_ips", Level.NOTE),
        ({"host": "0.0.0.0"}, "forwarded_allow_ips", Level.NOTE),
        ({"max_body_size": 0}, "max_body_size", Level.NOTE),
        ({"forwarded_allow_ips": ("*",), "bind": ("0.0.0.0:80",)}, "forwarded_allow_ips", Level.WRONG),
        ({"forwarded_allow_ips": ("*",), "uds": "/tmp/x"}, "forwarded_allow_ips", Level.NOTE),
        ({"admin_bind": "0.0.0.0:9000"}, "admin_bind", Level.NOTE),
    ],
)
def test_options_that_should_be_another_way(given: dict[str, Any], subject: str, level: Level) -> None:
    assert told(**given)[subject] is level


def test_debug_in_the_environment_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOK_DEBUG", "1")
    assert told()["debug"] is Level.WRONG
    assert "debug" not in {one.subject for one in diagnosis_app.debug(Hanok())}  # said once


def test_certificates_that_end_are_told(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = trustme.CA()

    def level(begins: timedelta, ends: timedelta) -> Level:
        made = authority.issue_cert("shop.example", not_before=now + begins, not_after=now + ends)
        file = tmp_path / "server.pem"
        made.private_key_and_cert_chain_pem.write_to_path(file)
        [found] = diagnosis.certificates(Config(ssl_certfile=str(file)))
        assert "server.pem" in found.subject
        return found.level

    day = timedelta(days=1)
    assert level(-day, 90 * day) is Level.GOOD
    assert level(-day, 3 * day) is Level.WRONG
    assert level(-9 * day, -3 * day) is Level.WRONG
    assert level(2 * day, 90 * day) is Level.WRONG
    [found] = diagnosis.certificates(Config(ssl_certfile=str(tmp_path / "nowhere.pem")))
    assert "cannot be read" in found.found


# ---- the application


class Foreign:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, *args: Any) -> None: ...


def test_middleware_that_knows_only_asgi_is_slow() -> None:
    app = Hanok()
    app.add_middleware(Foreign)
    assert found_in(app)["middleware"] is Level.SLOW


@pytest.mark.parametrize(
    ("given", "is_wrong"),
    [
        ({"allow_origins": ["*"]}, False),
        ({"allow_origins": ["*"], "allow_credentials": True}, True),
        ({"allow_origin_regex": ".*", "allow_credentials": True}, True),
        ({"allow_origin_regex": "https?://.*", "allow_credentials": True}, True),
        ({"allow_origin_regex": r"https://.*\.example\.org", "allow_credentials": True}, False),
        ({"allow_origins": ["https://example.org"], "allow_credentials": True}, False),
    ],
)
def test_origins_that_may_use_cookies(given: dict[str, Any], is_wrong: bool) -> None:
    app = Hanok()
    app.add_middleware(CORSMiddleware, **given)
    assert ("CORS" in found_in(app)) is is_wrong


def test_a_short_secret_is_wrong() -> None:
    for secret, is_wrong in (("secret", True), ("x" * 32, False)):
        app = Hanok()
        app.add_middleware(SessionMiddleware, secret_key=secret)
        assert ("sessions" in found_in(app)) is is_wrong


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Hanok()
    app.add_middleware(SessionMiddleware, secret_key="x" * 32)

    @app.post("/")
    async def post(name: Annotated[str, Form()]) -> None: ...

    post.__globals__["Jinja2Templates"] = None
    try:
        assert "jinja2" not in found_in(app)
        monkeypatch.setattr(diagnosis_app, "find_spec", lambda name: None)
        found = found_in(app)
    finally:
        del post.__globals__["Jinja2Templates"]
    assert found["itsdangerous"] is found["python_multipart"] is found["jinja2"] is Level.WRONG


def test_functions_that_are_middleware_and_mounted_applications_are_looked_at() -> None:
    import time

    inner, app = Hanok(), Hanok()

    @app.middleware("http")
    async def waits(request: Any, call_next: Any) -> Any:
        time.sleep(0)  # noqa: ASYNC251

    for number in range(5):
        inner.add_api_route(f"/{number}", lambda: None)
    app.mount("/inner", inner)
    found = list(application(app))
    assert any("in async def" in one.found and "waits" in one.found for one in found)
    assert any("more: each call goes to a thread" in one.found or "lambda" in one.found for one in found)


def test_applications_of_others_are_told_as_they_are() -> None:
    assert found_in(lambda scope, receive, send: None) == {"application": Level.NOTE}
    other = type("FastAPI", (), {"__module__": "fastapi.applications"})()
    assert found_in(other) == {"application": Level.SLOW}

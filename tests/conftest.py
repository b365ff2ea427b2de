"""The two doors: ``client_for(app)`` gives a client of an application, once in memory and once behind a socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from hanok.testing import TestClient

DOORS = ("asgi", "socket")

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "doors: runs through both doors, by the client_for fixture")
    if not config.pluginmanager.hasplugin("xdist"):
        config.addinivalue_line("markers", "xdist_group: runs in the same process as the others of its group")


# What their tests share is dear to set up: each of these files stays in one process of a run with several.
TOGETHER = ("programs", "deploy", "test_django_project", "test_clients", "test_smuggling")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "door" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.doors)
        if item.path.stem in TOGETHER or item.path.parent.name in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name}/{item.path.stem}"))


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A port that nobody has, and that other tests, which ask the kernel for any, do not get."""
    from conformance.ports import free_port

    return free_port


@pytest.fixture
def thread_event_loop() -> Iterator[None]:
    """The thread's own event loop, for mangum: a Lambda function has one. Before Python 3.12 asking for it makes one, which
    nobody would close.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


# HANOK_CI says that all programs and packages are installed which a test may need, as .ci/run does. A test that is skipped all
# the same fails there, except for what no installation changes:
SKIPPED_EVEN_SO = (
    "annotations are evaluated at once before Python 3.14",
    "asyncio lets it through to who runs the loop",
    "needs root, and namespaces",
    "only root can become another",
    "pydantic.v1 ends with Python 3.13",
    "root may read everything",
    "takes long; set HANOK_REPLAY=1",  # .ci/run does, where the wheel is tested
    "the names of a compiled module cannot be replaced",
    "this Python has a sitecustomize of its own",
    "this machine has no IPv6",
    "this machine lets nobody make namespaces",
    "this one has a terminal",
)


def judged(report: Any) -> Any:
    if "HANOK_CI" in os.environ and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(reason in why for reason in SKIPPED_EVEN_SO):
            report.outcome, report.longrepr = "failed", f"{why}\nWith HANOK_CI nothing may be missing."
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return judged((yield))


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """The door of this run of the test."""
    return str(request.param)


@pytest.fixture
def client_for(door: str) -> Iterator[Callable[..., Any]]:
    """``client_for(app)`` runs the application with its lifespan until the test ends, and gives a client of it.

    ``root_path`` is for the server, the other options are those of both clients: base_url, cookies, headers,
    follow_redirects. Errors of the application are not raised in the test, but answered, at both doors.
    """
    with ExitStack() as stack:

        def start(app: Any, *, root_path: str = "", **options: Any) -> Any:
            if door == "asgi":
                return stack.enter_context(
                    TestClient(app, root_path=root_path, raise_server_exceptions=False, **options)
                )
            from hanok.testing.live import LiveClient, LiveServer

            server = stack.enter_context(LiveServer(app, root_path=root_path))
            return stack.enter_context(LiveClient(server.address, **options))

        yield start


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command sets in the environment of its process does not outlive a test that runs it in this one."""
    monkeypatch.setenv("HANOK_DEBUG", "0")

"""What an import brings: the modules of what an application uses, and no others."""

from __future__ import annotations

import subprocess
import sys

import pytest

# What only some applications use. Each comes when it is first named, declared or asked for.
OPTIONAL = {
    "anyio",
    "asyncio",
    "click",
    "email",
    "hanok.cli",
    "hanok.dropin",
    "hanok.endpoint.run",
    "hanok.gateways.wsgi",
    "hanok.http.forms",
    "hanok.http.sse",
    "hanok.http.staticfiles",
    "hanok.http.templating",
    "hanok.middleware.cors",
    "hanok.middleware.debug",
    "hanok.observe",
    "hanok.openapi",
    "hanok.protocols",
    "hanok.security.http",
    "hanok.server",
    "hanok.testing",
    "hanok.websockets.websocket",
    "http.cookies",
    "ipaddress",
    "itsdangerous",
    "jinja2",
    "logging",
    "mimetypes",
    "multiprocessing",
    "ngh2",
    "pathlib",
    "pydantic",
    "pydantic_core",
    "rich",
    "ssl",
    "tempfile",
    "tomllib",
    "traceback",
    "typing_extensions",
    "urllib",
    "uuid",
    "uvloop",
    "watchfiles",
    "websockets",
    "zoneinfo",
}

MOST_OF_OURS = 60  # 56 when this was written
MOST_OF_ALL = 110  # beyond those that an interpreter starts with; 101 in CPython 3.13

# What a worker that serves one route of plain HTTP/1.1 never needs.
UNSERVED = {
    "click",
    "hanok.cli.console",
    "hanok.cli.errors",
    "hanok.middleware.debug",
    "hanok.observe.access_log",  # this worker writes none
    "hanok.observe.admin",
    "hanok.observe.counters",
    "hanok.observe.line_format",
    "hanok.observe.metrics",
    "hanok.openapi",
    "hanok.protocols.h2",
    "hanok.protocols.ws",
    "hanok.server.proxy_listener",
    "hanok.server.supervisor.supervisor",
    "hanok.server.tls",
    "hanok.testing",
    "logging.config",
    "multiprocessing",
    "ngh2",
    "pickle",
    "prometheus_client",
    "rich",
    "tomllib",
    "watchfiles",
    "websockets",
}

# What pydantic loads to look for plugins, where it need not: with these other modules came.
LOOK_FOR_PLUGINS = {"bz2", "email", "importlib.metadata", "lzma", "shutil", "tempfile", "zipfile"}


def modules_after(code: str) -> set[str]:
    """The modules of a fresh interpreter that has run ``code``, without those that it began with."""
    program = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def of(packages: set[str], modules: set[str]) -> set[str]:
    return {one for one in modules if any(one == each or one.startswith(f"{each}.") for each in packages)}


def test_the_application_class_brings_nothing_that_an_application_may_not_use() -> None:
    modules = modules_after("from hanok import Hanok")
    assert of(OPTIONAL, modules) == set()


def test_the_application_class_is_few_modules() -> None:
    modules = modules_after("from hanok import Hanok")
    assert len(of({"hanok"}, modules)) <= MOST_OF_OURS
    assert len(modules) <= MOST_OF_ALL


def test_the_front_door_alone_is_two_modules() -> None:
    assert of({"hanok"}, modules_after("import hanok")) == {"hanok", "hanok.lazy", "hanok.version"}


@pytest.mark.parametrize("name", ["FastAPI", "Query", "WebSocket", "status", "__version__"])
def test_every_name_of_the_front_door_is_shown_before_it_is_loaded(name: str) -> None:
    code = f"import hanok\nassert {name!r} in dir(hanok)\nfrom hanok import {name}"
    assert "hanok" in modules_after(code)


def test_a_worker_brings_nothing_that_it_does_not_serve_with() -> None:
    code = "import hanok.server.supervisor.child, hanok.cli.child\nfrom hanok.cli.child import work\n"
    code += "from hanok.cli.start import guarded_start\nfrom hanok.cli.banner import describe_app\n"
    code += (
        "from hanok.cli.load import load_app\nfrom hanok.server import logs\nfrom hanok.server.worker import Worker\n"
    )
    assert of(UNSERVED, modules_after(code)) == set()


def test_the_supervisor_does_without_pydantic_and_rich() -> None:
    modules = modules_after("from hanok.server.supervisor import Supervisor\nimport hanok.cli.run, hanok.cli.child")
    assert of({"pydantic", "pydantic_core", "rich", "hanok.routing", "hanok.app"}, modules) == set()


def test_a_worker_with_models_looks_for_plugins_of_pydantic_without_loading_what_finds_them() -> None:
    code = "from hanok.server.pydantic_plugins import no_entry_points, put_off\nput_off()\n"
    code += "if not no_entry_points(): raise SystemExit('there may be one here')\n"
    code += "from hanok import Hanok\nfrom pydantic import BaseModel\nclass Item(BaseModel):\n    name: str\napp = Hanok()\n"
    code += "@app.post('/')\ndef make(item: Item) -> Item:\n    return item\napp.__hanok_prepare__()\n"
    code += "assert Item(name='a').name == 'a'\n"
    assert of(LOOK_FOR_PLUGINS, modules_after(code)) == set()

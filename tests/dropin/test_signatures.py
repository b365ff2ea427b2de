"""Whatever can be called in FastAPI and Starlette can be called in the same way here: the same names of arguments, of the
same kinds, with the same defaults.

Theirs are read from the packages that are really installed, in a process without the drop-in: this file, run as a program.
"""

from __future__ import annotations

import fnmatch
import importlib
import importlib.metadata
import inspect
import json
import subprocess
import sys
import typing
import warnings
from collections.abc import MutableMapping
from typing import Any

import pytest

MODULES = [
    "fastapi",
    "fastapi.concurrency",
    "fastapi.encoders",
    "fastapi.exception_handlers",
    "fastapi.exceptions",
    "fastapi.openapi.docs",
    "fastapi.openapi.utils",
    "fastapi.params",
    "fastapi.responses",
    "fastapi.routing",
    "fastapi.security",
    "fastapi.security.api_key",
    "fastapi.security.http",
    "fastapi.security.oauth2",
    "fastapi.security.open_id_connect_url",
    "fastapi.sse",
    "fastapi.utils",
    "starlette.applications",
    "starlette.authentication",
    "starlette.background",
    "starlette.concurrency",
    "starlette.config",
    "starlette.convertors",
    "starlette.datastructures",
    "starlette.endpoints",
    "starlette.exceptions",
    "starlette.formparsers",
    "starlette.middleware",
    "starlette.middleware.authentication",
    "starlette.middleware.base",
    "starlette.middleware.body_limit",
    "starlette.middleware.cors",
    "starlette.middleware.errors",
    "starlette.middleware.exceptions",
    "starlette.middleware.gzip",
    "starlette.middleware.httpsredirect",
    "starlette.middleware.sessions",
    "starlette.middleware.trustedhost",
    "starlette.requests",
    "starlette.responses",
    "starlette.routing",
    "starlette.schemas",
    "starlette.staticfiles",
    "starlette.templating",
    "starlette.testclient",
    "starlette.websockets",
]

# What differs on purpose, and why. The names may contain *.
ON_PURPOSE = {
    "fastapi.openapi.docs.*": "Swagger UI and Redoc come from the installation, not from a CDN",
    "*.APIRouter.app": "a router is compiled, it has no application inside",
    "*.Router.app": "a router is compiled, it has no application inside",
    "*.APIRouter.handle": "takes an Exchange as well as an ASGI call",
    "fastapi.FastAPI": "generate_unique_id_function is None where it was not given",
    "fastapi.responses.[OU]*JSONResponse": "what they take is hidden there by what warns of them, before Python 3.14",
    "fastapi.routing.RouteContext": "made by the framework; its second argument is private there",
    "*.APIKeyBase": "a base class; those that are used take the same as there",
    "*.check_api_key": "a part of how keys are checked",
    "*.OAuth2": "flows is None where none was given, and means the same",
    "starlette.middleware.gzip.GZipResponder.*": "a part of how answers are compressed: made from an app and called, no more",
    "starlette.middleware.sessions.Session.pop": "takes one default instead of any number of arguments",
    "*.FileResponse.generate_multipart": "a part of how answers are made",
    "*Response.listen_for_disconnect": "a part of how answers are made",
    "*Response.stream_response": "a part of how answers are made",
    "*.TestClient.lifespan": "a part of how the lifespan is run",
    "*.TestClient.wait_startup": "a part of how the lifespan is run",
    "*.TestClient.wait_shutdown": "a part of how the lifespan is run",
    "starlette.formparsers.FormParser.on_*": "a part of how forms are read",
    "starlette.formparsers.MultiPartParser.on_*": "a part of how forms are read",
    "*.CORSMiddleware.*": "the class is native: it adds a filter to an exchange",
    "*.ServerErrorMiddleware.format_line": "a part of how the page with the traceback is made",
    "*.ServerErrorMiddleware.generate_*": "a part of how the page with the traceback is made",
}

Argument = list[Any]  # name, kind, default; all three as text


def shapes(module: str, names: list[str]) -> dict[str, list[Argument] | None]:
    """The arguments of every callable among ``names``, and of the public methods of those that are classes."""
    there = importlib.import_module(module)
    found: dict[str, list[Argument] | None] = {}
    for name in names:
        value = getattr(there, name, None)
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            continue
        found[f"{module}.{name}"] = shape(value)
        if inspect.isclass(value):
            for attribute in dir(value):
                method = getattr(value, attribute, None)
                if not attribute.startswith("_") and inspect.isroutine(method):
                    found[f"{module}.{name}.{attribute}"] = shape(method)
    return found


def shape(value: Any) -> list[Argument] | None:
    """Name, kind and default of each argument; None where Python cannot tell."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    arguments = []
    for each in parameters:
        if each.kind is inspect.Parameter.VAR_KEYWORD and (options := options_of(value, each)):
            arguments += [[option, "KEYWORD_ONLY", "Unset"] for option in options]
        else:
            arguments.append([each.name, each.kind.name, text_of(each.default)])
    return arguments


def options_of(value: Any, parameter: inspect.Parameter) -> list[str]:
    """The names that ``**options: Unpack[SomeTypedDict]`` stands for."""
    function = value.__init__ if inspect.isclass(value) else value
    try:
        annotation = typing.get_type_hints(function, include_extras=True).get(parameter.name)
    except (NameError, TypeError):
        return []
    taken = typing.get_args(annotation)
    return list(typing.get_type_hints(taken[0])) if taken and typing.is_typeddict(taken[0]) else []


def text_of(default: Any) -> str:
    if default is inspect.Parameter.empty:
        return "required"
    if type(default).__name__ == "DefaultPlaceholder":
        return text_of(default.value)
    if inspect.isroutine(default):
        return "a function"
    if inspect.isclass(default):
        return default.__name__
    written = repr(default)
    if isinstance(default, MutableMapping):
        return "a mapping"
    return type(default).__name__ if " at 0x" in written or written.startswith("<") else written


def differences(theirs: list[Argument] | None, ours: list[Argument] | None) -> list[str]:
    """What could be called there and cannot here. Ours may take more, and be less strict."""
    if theirs is None or ours is None:
        return []
    found = []
    named = {name: (kind, default) for name, kind, default in ours}
    kinds = {kind for _, kind, _ in ours}
    positions = [name for name, kind, _ in ours if kind.startswith("POSITIONAL")]
    for position, (name, kind, default) in enumerate(theirs):
        if kind.startswith("VAR"):
            if kind not in kinds:
                found.append(f"{name}: {kind}")
        elif name.startswith("_"):
            continue
        elif name not in named:
            if "VAR_KEYWORD" not in kinds or kind != "KEYWORD_ONLY":
                found.append(f"no {name}")
        elif named[name][1] not in (default, "Unset"):
            found.append(f"{name} is {named[name][1]}, not {default}")
        elif kind.startswith("POSITIONAL") and positions[position : position + 1] != [name]:
            found.append(f"{name} is not at position {position}")
        elif kind == "POSITIONAL_OR_KEYWORD" and named[name][0] != kind:
            found.append(f"{name} is {named[name][0]}")
    more = {name for name, kind, default in ours if default == "required" and not kind.startswith("VAR")}
    found += [f"{name} is required" for name in sorted(more - {name for name, *_ in theirs})]
    return found


@pytest.fixture(scope="module")
def theirs() -> dict[str, dict[str, list[Argument] | None]]:
    from hanok.dropin.table import TABLE
    from hanok.dropin.versions import VERSIONS

    for package, version in VERSIONS.items():
        found = [each.version for each in installed(package)]
        if found != [version]:
            pytest.fail(f"{package} {version} is not installed; it is in the dev group of pyproject.toml")
    asked = {}
    for module in MODULES:
        written = " ".join(TABLE[module].values()).split()
        asked[module] = [name for name in (each.partition("=")[0] for each in written) if not name.startswith("_")]
    command = [sys.executable, __file__]
    run = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    answer: dict[str, dict[str, list[Argument] | None]] = json.loads(run.stdout)
    return answer


def installed(package: str) -> list[importlib.metadata.Distribution]:
    context = importlib.metadata.DistributionFinder.Context(name=package)
    return list(importlib.metadata.MetadataPathFinder.find_distributions(context))


@pytest.mark.parametrize("module", MODULES)
def test_whatever_can_be_called_there_can_be_called_here(module: str, theirs: dict[str, Any]) -> None:
    names = list({label.removeprefix(f"{module}.").partition(".")[0]: None for label in theirs[module]})
    ours = shapes(module, names)
    wrong = {}
    for label, arguments in theirs[module].items():
        found = differences(arguments, ours.get(label)) if arguments is None or label in ours else ["is not there"]
        if found and not any(fnmatch.fnmatch(label, pattern) for pattern in ON_PURPOSE):
            wrong[label] = found
    assert not wrong, "\n".join(f"{label}: {', '.join(found)}" for label, found in wrong.items())


def test_what_differs_on_purpose_is_still_there(theirs: dict[str, Any]) -> None:
    labels = [label for shapes in theirs.values() for label in shapes]
    assert [pattern for pattern in ON_PURPOSE if not fnmatch.filter(labels, pattern)] == []


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps({module: shapes(module, names) for module, names in json.load(sys.stdin).items()}))

"""What ``hanok doctor`` looks at in an application: its middleware, its endpoints, the packages that it needs."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from hanok.cli.banner import foreign_middleware, is_native, shown_path
from hanok.cli.blocking import blocking_calls
from hanok.cli.diagnosis import Finding, Level
from hanok.cli.routes import effective

MOST_NAMES = 3
SHORT_SECRET = 16  # characters, below which a key can be guessed


def application(app: Any) -> Iterator[Finding]:
    """Every look at an application that was loaded."""
    yield road(app)
    yield from debug(app)
    yield from foreign(app)
    yield from cors(app)
    yield from sessions(app)
    yield from missing_packages(app)
    yield from endpoints(app)


def road(app: Any) -> Finding:
    if is_native(type(app)):
        return Finding(Level.GOOD, "application", "native: requests take the short way")
    origin = type(app).__module__.partition(".")[0]
    if origin in ("fastapi", "starlette"):
        return Finding(
            Level.SLOW, "application", f"of the real {origin}: requests go through the ASGI gateway",
            "hanok dropin enable, or run with --dropin",
        )  # fmt: skip
    return Finding(Level.NOTE, "application", "not Hanok's: requests go through a gateway")


def debug(app: Any) -> Iterator[Finding]:
    from hanok.app import debug_wanted

    if getattr(app, "debug", False) is True and not debug_wanted():
        yield Finding(
            Level.WRONG, "debug", "debug=True stands in the code: clients see tracebacks",
            "leave it out; hanok dev sets it by itself",
        )  # fmt: skip


def foreign(app: Any) -> Iterator[Finding]:
    names = foreign_middleware(app)
    if names:
        yield Finding(
            Level.SLOW, "middleware", f"{', '.join(names)}: ASGI only, so every request goes through the ASGI gateway twice",
            "hanok.middleware has CORS, GZip, sessions, trusted hosts; @app.middleware('http') is native, too",
        )  # fmt: skip


def declared(app: Any, name: str) -> Iterator[Any]:
    """The middleware of this class name, whose it may be."""
    for one in getattr(app, "user_middleware", None) or ():
        if getattr(one.cls, "__name__", "") == name:
            yield one


def cors(app: Any) -> Iterator[Finding]:
    for one in declared(app, "CORSMiddleware"):
        pattern = one.kwargs.get("allow_origin_regex") or ""
        everybody = "*" in (one.kwargs.get("allow_origins") or ()) or bool(
            re.fullmatch(r"\^?(https\?://)?\.[*+]\$?", pattern)
        )
        if everybody and one.kwargs.get("allow_credentials"):
            yield Finding(
                Level.WRONG, "CORS", "every origin may act with the user's cookies (* with allow_credentials)",
                "allow_origins with the origins of your own pages",
            )  # fmt: skip


def sessions(app: Any) -> Iterator[Finding]:
    for one in declared(app, "SessionMiddleware"):
        secret = str(one.kwargs.get("secret_key") or (one.args[0] if one.args else ""))
        if len(secret) < SHORT_SECRET:
            yield Finding(
                Level.WRONG, "sessions", f"the secret key has {len(secret)} characters: who guesses it can be anybody",
                "secret_key from the environment; python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            )  # fmt: skip


def missing_packages(app: Any) -> Iterator[Finding]:
    """Packages that the application will ask for once a request comes to them."""
    needed: dict[str, tuple[str, str]] = {}
    if any(declared(app, "SessionMiddleware")):
        needed["itsdangerous"] = ("SessionMiddleware", "'hanok[sessions]'")
    for module in own_modules(app):
        if hasattr(module, "Jinja2Templates"):
            needed["jinja2"] = ("Jinja2Templates", "'hanok[templates]'")
    if any(has_form(one) for one in dependants(app)):
        needed["python_multipart"] = ("forms and uploads", "python-multipart")
    for name, (feature, package) in needed.items():
        if find_spec(name) is None:
            yield Finding(
                Level.WRONG, name, f"not installed, and {feature} need it", f"{sys.executable} -m pip install {package}"
            )


def own_modules(app: Any) -> list[Any]:
    """The modules in which endpoints are written."""
    found = {inspect.unwrap(call).__module__ for call in calls(app) if hasattr(inspect.unwrap(call), "__module__")}
    return [sys.modules[name] for name in sorted(found) if name in sys.modules]


def has_form(dependant: Any) -> bool:
    return any(
        type(getattr(parameter, "field_info", None)).__name__ in ("Form", "File")
        for parameter in getattr(dependant, "body_params", ())
    )


# ---- endpoints


def endpoints(app: Any) -> Iterator[Finding]:
    found = {call for call in calls(app) if inspect.isroutine(inspect.unwrap(call))}
    own = [
        call
        for call in found
        if not str(getattr(call, "__module__", "")).startswith(("hanok.", "fastapi.", "starlette."))
    ]
    functions = sorted(own, key=lambda call: (str(call.__module__), call.__qualname__))
    plain = [
        call for call in functions if not inspect.iscoroutinefunction(call) and not inspect.isasyncgenfunction(call)
    ]
    blocking = [one for call in functions for one in blocking_calls(call)]
    blocking.sort(key=lambda one: (one.file, one.line))
    for one in blocking:
        yield Finding(
            Level.WRONG, f"{shown_path(one.file)}:{one.line}", f"{one.call} in async def {one.function} blocks the event "
            "loop: all other requests of the worker wait", one.instead,
        )  # fmt: skip
    if plain:
        names = ", ".join(call.__qualname__ for call in plain[:MOST_NAMES])
        more = f" and {len(plain) - MOST_NAMES} more" if len(plain) > MOST_NAMES else ""
        yield Finding(
            Level.NOTE, "plain def", f"{names}{more}: each call goes to a thread, 40 at a time",
            "right for what blocks; what only computes a little is faster as async def",
        )  # fmt: skip
    if functions and not blocking:
        yield Finding(
            Level.GOOD, "async def", "no call that is known to block, as far as one look at the source can tell"
        )


def calls(app: Any) -> set[Any]:
    """Endpoints, their dependencies, and functions that are middleware."""
    found: set[Any] = set()
    for route in routes(app):
        if (endpoint := getattr(route, "endpoint", None)) is not None:
            found.add(endpoint)
    for dependant in dependants(app):
        found.add(dependant.call)
    for one in getattr(app, "user_middleware", None) or ():
        if isinstance(one.kwargs, dict) and (dispatch := one.kwargs.get("dispatch")) is not None:
            found.add(dispatch)
    return found


def dependants(app: Any) -> Iterator[Any]:
    """The dependants of all routes, and all that are below them."""
    waiting = [route.dependant for route in routes(app) if getattr(route, "dependant", None) is not None]
    while waiting:
        dependant = waiting.pop()
        waiting += dependant.dependencies
        yield dependant


def routes(app: Any) -> Iterator[Any]:
    """Every route, those of mounted applications too."""
    for route in effective(getattr(app, "routes", None) or ()):
        inner = getattr(route, "app", None) if getattr(route, "endpoint", None) is None else None
        if inner is not None and getattr(inner, "routes", None):
            yield from routes(inner)
        else:
            yield route

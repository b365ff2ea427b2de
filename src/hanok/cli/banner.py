"""What is said when a server begins to serve."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hanok.gateways import NativeApp
from hanok.version import VERSION

if TYPE_CHECKING:
    import socket

    from hanok.server.config import Config


def describe_app(app: Any) -> dict[str, Any]:
    """What the banner says about an application; plain data, because a child process may have to tell it."""
    docs = getattr(app, "docs_url", None) if getattr(app, "openapi_url", None) else None
    return {
        "docs": (getattr(app, "root_path", "") or "") + docs if isinstance(docs, str) else None,
        "native": is_native(type(app)),
        "foreign": foreign_middleware(app),
    }


def foreign_middleware(app: Any) -> list[str]:
    """The names of middleware that knows only ASGI, outermost first."""
    declared = [one.cls for one in getattr(app, "user_middleware", None) or ()]
    return [getattr(cls, "__name__", repr(cls)) for cls in declared if not is_native(cls)]


def is_native(cls: Any) -> bool:
    """Whether its instances are called without a scope; see ``gateways.handler_of``."""
    if not (isinstance(cls, type) and issubclass(cls, NativeApp)):
        return False
    return cls.__call__ in (NativeApp.__call__, getattr(cls, "__hanok_call__", None))


def urls(sockets: Sequence[socket.socket], config: Config) -> list[str]:
    from hanok.server.listeners import name_of

    return [name_of(one, "https" if config.is_tls else "http") for one in sockets]


def loop_name(config: Config) -> str:
    from hanok.server.worker import loop_factory

    return loop_factory(config.loop).__module__.partition(".")[0]


def announce(target: str, config: Config, where: Sequence[str], told: dict[str, Any]) -> None:
    """A banner on a terminal, lines in the log elsewhere."""
    if sys.stderr.isatty():
        show_banner(target, config, where, told)
        return
    log = logging.getLogger("hanok.error")
    log.info("hanok %s serves %s on %s (%s)", VERSION, target, ", ".join(where), engine(config))
    if note := road(told):
        log.info("%s", note)


def show_banner(target: str, config: Config, where: Sequence[str], told: dict[str, Any], **more: str) -> None:
    """One fact a line. Not with rich: this runs in the process that serves, which should not load it."""
    import click

    link = partial(click.style, fg="cyan", bold=True)
    facts = [("" if index else "serving", link(url)) for index, url in enumerate(where)]
    if told.get("docs") and where and where[0].startswith("http"):
        facts.append(("docs", link(where[0] + told["docs"])))
    facts.append(("engine", engine(config)))
    facts.extend(more.items())
    if note := road(told):
        facts.append(("note", click.style(note, fg="yellow")))
    facts.append(("stop", "Ctrl-C"))
    lines = ["", f"  {click.style('hanok', bold=True)} {VERSION}   {click.style(target, bold=True)}", ""]
    lines += [f"  {click.style(f'{name:10}', dim=True)}{fact}" for name, fact in facts]
    click.echo("\n".join([*lines, ""]), err=True)


def engine(config: Config) -> str:
    import platform

    from hanok.cli.version import form

    workers = "1 worker" if config.workers == 1 else f"{config.workers} workers"
    return f"{workers}, {loop_name(config)}, Python {platform.python_version()}, {form()} core"


def road(told: dict[str, Any]) -> str | None:
    """One line when requests leave the native road, and why."""
    foreign = told.get("foreign") or []
    if foreign:
        are = "is ASGI middleware" if len(foreign) == 1 else "are ASGI middleware"
        return f"{', '.join(foreign)} {are}: requests go through the ASGI gateway."
    if not told.get("native", True):
        return "this is an ASGI application: requests go through the ASGI gateway."
    return None


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as one would type it here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative

"""``hanok run``: serve an application."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from hanok.cli.dropin import dropin_option, switch_over
from hanok.cli.options import ENVIRONMENT, ServingCommand, config_options, configure
from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    import socket

    from hanok.server.config import Config


@click.command(
    "run",
    cls=ServingCommand,
    short_help="Serve an application, in production.",
    epilog=f"{ENVIRONMENT}\nExample: hanok run main:app --host 0.0.0.0 --workers 4",
)
@click.argument("target", required=False)
@config_options()
@dropin_option
def command(target: str | None, **given: Any) -> int:
    """Serve an application: supervised workers, TLS, limits, graceful restarts.

    TARGET is module:attribute. Without it, pyproject.toml ([tool.hanok] app), main:app and app:app are
    tried."""
    from hanok.cli.target import find_target

    found = configure(given)
    switch_over(given)
    named = target or (found.target and found.target.value)
    return serve(found.config, find_target(named, found.config.app_dir), lambda: configure(given).config)


def serve(config: Config, target: str, configure_again: Callable[[], Config] | None = None) -> int:
    """Serve as the options say: workers under a supervisor, or one that is reloaded."""
    if config.reload:
        from hanok.cli.dev import serve_reloading

        return serve_reloading(config, target)
    from hanok.server import logs

    logs.configure(config)
    if sys.platform != "win32":
        return supervise(config, target, configure_again)
    if config.workers > 1:
        raise ConfigError("--workers: on Windows there is one worker.")
    from hanok.cli.banner import announce, describe_app, urls
    from hanok.server.listeners import bind

    def ready(app: Any, sockets: list[socket.socket]) -> None:
        announce(target, config, urls(sockets, config), describe_app(app))

    return serve_here(config, target, lambda: bind(config), ready)


def serve_here(
    config: Config,
    target: str,
    listen: Callable[[], list[socket.socket]],
    ready: Callable[[Any, list[socket.socket]], None],
) -> int:
    """One worker in this process. The application is imported before anything listens."""
    from hanok.cli.load import load_app
    from hanok.server.worker import Worker

    _, app = load_app(target, config.app_dir, config.factory)
    sockets = listen()
    return Worker(config, app, on_ready=lambda: ready(app, sockets)).run(sockets)


def supervise(config: Config, target: str, configure_again: Callable[[], Config] | None) -> int:
    """Workers under a supervisor, which imports the application only if they are to be forked from it."""
    from hanok.cli.banner import announce, urls
    from hanok.cli.child import work
    from hanok.cli.load import load_app
    from hanok.server.run import read_again
    from hanok.server.supervisor import Supervisor

    app = load_app(target, config.app_dir, config.factory)[1] if config.preload else None
    supervisor = Supervisor(
        config,
        target,
        app=app,
        entry=work,
        reconfigure=configure_again and (lambda: read_again(configure_again)),
        on_ready=lambda told: announce(target, config, urls(supervisor.listeners.shown, config), told),
    )
    return supervisor.run()


def child_command() -> Sequence[str]:
    """How a serving child process is started."""
    return (sys.executable, "-m", "hanok.cli.child")

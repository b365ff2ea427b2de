"""One call from options to an exit code: what ``hanok run`` does when it has read its arguments."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server import logs
from hanok.server.config import Config

logger = logging.getLogger("hanok.error")

SERVING = "serving on %s (stop with Ctrl+C)"
FROM_ENV_FILE: set[str] = set()  # the variables that a file has set in this process


def run(target: Any, config: Config | None = None, **options: Any) -> int:
    """Serve the application at ``module:attribute``, or the one given, until a signal stops the server.

    A named application is served by supervised workers, each of which imports it; one that is given by a worker in
    this process. Returns the exit code: 0, or 3 if the application did not start. Raises ConfigError for a wrong
    option or target.
    """
    config = Config(**options) if config is None else config
    logs.configure(config)
    if config.env_file is not None:
        read_env_file(config.env_file)
    from hanok.server.importer import load

    is_named = isinstance(target, str)
    if sys.platform == "win32" and config.workers > 1:
        raise ConfigError("--workers: on Windows there is one worker.")
    if config.preload or (is_named and sys.platform != "win32"):
        app = None
        if config.preload:
            app = load(target, app_dir=config.app_dir, factory=config.factory) if is_named else target
        return _supervise(config, target if is_named else type(target).__name__, app)
    if config.workers > 1:
        raise ConfigError(
            "--workers: each worker imports the application; give it as module:attribute, or fork them with --preload."
        )
    from hanok.server.listeners import bind
    from hanok.server.worker import Worker

    app = load(target, app_dir=config.app_dir, factory=config.factory) if is_named else target
    sockets = bind(config)
    names = names_of(sockets, config)
    return Worker(config, app, on_ready=lambda: logger.info(SERVING, names)).run(sockets)


def _supervise(config: Config, target: str, app: Any) -> int:
    from hanok.server.supervisor import Supervisor

    supervisor = Supervisor(
        config, target, app=app, on_ready=lambda _: logger.info(SERVING, names_of(supervisor.listeners.shown, config))
    )
    return supervisor.run()


def names_of(sockets: list[socket.socket], config: Config) -> str:
    """What to type to reach them."""
    from hanok.server.listeners import name_of

    return " and ".join(name_of(sock, "https" if config.is_tls else "http") for sock in sockets)


def read_again(read: Callable[[], Config]) -> Config:
    """What ``read`` gives when the variables that came from a file are read anew. Raises ConfigError, and then all is
    as before.
    """
    import os

    before = {name: os.environ.pop(name) for name in FROM_ENV_FILE if name in os.environ}
    try:
        return read()
    except ConfigError:
        os.environ.update(before)
        raise


def read_env_file(path: str) -> None:
    """Put the ``NAME=value`` lines of a file into the environment; what is set already stays. Raises
    ConfigError.
    """
    import os

    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        raise ConfigError(
            f"--env-file: there is no file {os.path.abspath(path)}; make it, or leave --env-file out."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"--env-file: {path!r} cannot be read: {why}.") from None
    for number, line in enumerate(lines, 1):
        line = line.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--env-file: line {number} of {path!r} is not NAME=value.")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        name = name.strip()
        if name not in os.environ:
            os.environ[name] = value
            FROM_ENV_FILE.add(name)

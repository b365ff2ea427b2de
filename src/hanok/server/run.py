"""One call from options to an exit code: what ``hanok run`` does when it has read its arguments."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server import logs
from hanok.server.config import Config

logger = logging.getLogger("hanok.error")


def run(target: Any, config: Config | None = None, **options: Any) -> int:
    """Serve the application at ``module:attribute``, or the one given, until a signal stops the server.

    Returns the exit code: 0, or 3 if the application did not start. Raises ConfigError for a wrong option or
    target.
    """
    config = Config(**options) if config is None else config
    logs.configure(config)
    if config.env_file is not None:
        read_env_file(config.env_file)
    if config.workers > 1:
        from hanok.server.supervisor import Supervisor

        if not isinstance(target, str):
            raise ConfigError("--workers: each worker imports the application; give it as module:attribute.")
        if sys.platform == "win32":
            raise ConfigError("--workers: on Windows there is one worker.")
        return _listening(config, lambda sockets, ready: Supervisor(config, target, on_ready=ready).run(sockets))
    from hanok.server.importer import load
    from hanok.server.worker import Worker

    app = load(target, app_dir=config.app_dir, factory=config.factory) if isinstance(target, str) else target
    return _listening(config, lambda sockets, ready: Worker(config, app, on_ready=ready).run(sockets))


def _listening(config: Config, serve: Callable[[Any, Callable[[], None]], int]) -> int:
    from hanok.server.listeners import bind, name_of

    sockets = bind(config)
    names = " and ".join(name_of(sock, "https" if config.is_tls else "http") for sock in sockets)

    def ready() -> None:
        logger.info("serving on %s (stop with Ctrl+C)", names)

    return serve(sockets, ready)


def read_env_file(path: str) -> None:
    """Put the ``NAME=value`` lines of a file into the environment; what is set already stays. Raises
    ConfigError.
    """
    import os

    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--env-file: {path!r} cannot be read: {error}.") from None
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
        os.environ.setdefault(name.strip(), value)

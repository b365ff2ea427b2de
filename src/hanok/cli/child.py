"""What serving child processes do: those of a reloading server, and the workers of a supervisor.

``python -m hanok.cli.child FD`` is the first; people do not type it. ``work`` is the second.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanok.server.config import Config


def main(fd: int) -> int:
    """Serve what the parent has assigned, and tell it when that has begun."""
    from hanok.cli.banner import describe_app
    from hanok.cli.errors import guarded
    from hanok.cli.run import serve_here
    from hanok.server import logs
    from hanok.server.reload_child import receive_assignment, tell_ready

    assignment = receive_assignment(fd)
    sockets = [socket.socket(fileno=one) for one in assignment.listener_fds]
    config = assignment.config

    def serve() -> int:
        logs.configure(config)
        return serve_here(
            config,
            assignment.target,
            lambda: sockets,
            lambda app, _: tell_ready(assignment, describe_app(app)),
        )

    return guarded(serve)


def work(config: Config, target: str, sockets: list[socket.socket], pipe: Connection) -> None:
    """Serve as one of several workers. An import that fails in all of them alike is shown in full by the
    first only.
    """
    from hanok.cli.banner import describe_app, road
    from hanok.cli.errors import WRONG_USAGE, guarded
    from hanok.cli.load import ImportFailed, load_app
    from hanok.exceptions import ConfigError
    from hanok.server import logs
    from hanok.server.worker import Worker

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the supervisor, and the supervisor us
    name = multiprocessing.current_process().name
    is_first = name.endswith("-0")

    def serve() -> int:
        logs.configure(config)
        log = logging.getLogger("hanok.error")
        try:
            _, app = load_app(target, config.app_dir, config.factory)
        except (ImportFailed, ConfigError) as error:
            if is_first:
                raise
            log.error("%s: %s", name, error)
            return WRONG_USAGE if isinstance(error, ConfigError) else 1
        if is_first and (note := road(describe_app(app))):
            log.info("%s", note)
        worker = Worker(config, app, on_ready=lambda: pipe.send("ready"))
        worker.parent = pipe
        return worker.run(sockets)

    raise SystemExit(guarded(serve))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""What serving child processes do: those of a reloading server, and the workers of a supervisor.

``python -m hanok.cli.child FD`` is the first; people do not type it. ``work`` is the second.
"""

from __future__ import annotations

import select
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanok.cli.load import ImportFailed
    from hanok.server.config import Config
    from hanok.server.supervisor.assignment import Assignment
    from hanok.server.supervisor.link import Link


OTHERS_FAIL = 3.0  # seconds in which other workers fail alike, if they do


def main(fd: int) -> int:
    """Serve what the parent has assigned, and tell it when that has begun."""
    from hanok.cli.banner import describe_app
    from hanok.cli.load import ImportFailed
    from hanok.cli.run import serve_here
    from hanok.cli.start import guarded_start
    from hanok.server import logs
    from hanok.server.reload_child import receive_assignment, tell_ready

    assignment = receive_assignment(fd)
    sockets = [socket.socket(fileno=one) for one in assignment.listener_fds]
    config = assignment.config

    def serve() -> int:
        logs.configure(config)
        try:
            return serve_here(
                config,
                assignment.target,
                lambda: sockets,
                lambda app, _: tell_ready(assignment, describe_app(app)),
            )
        except ImportFailed as failed:
            from hanok.app import debug_wanted

            if not debug_wanted():
                raise
            return serve_error(config, sockets, failed, lambda: tell_ready(assignment, {"broken": True}))

    return guarded_start(serve)


def serve_error(config: Config, sockets: list[socket.socket], failed: ImportFailed, ready: Callable[[], Any]) -> int:
    """Show in the terminal why the application cannot be imported, and to whoever asks, until a save replaces this process."""
    from hanok.cli.broken import BrokenApp
    from hanok.cli.errors import show_import_error
    from hanok.server.worker import Worker

    show_import_error(failed.error, failed.target)
    return Worker(config, BrokenApp(failed.error), on_ready=ready).run(sockets)


def work(assignment: Assignment, link: Link) -> int:
    """Serve as a worker of a supervisor. An import that fails in all of them alike is shown by the first only, whichever
    of them is the first to fail.
    """
    from hanok.cli.banner import describe_app
    from hanok.cli.load import ImportFailed, load_app
    from hanok.cli.start import guarded_start
    from hanok.exceptions import ConfigError
    from hanok.server import logs
    from hanok.server.supervisor.child import worker_of

    config = assignment.config

    def serve() -> int:
        logs.configure(config)
        app = assignment.app
        try:
            if app is None:
                _, app = load_app(assignment.target, config.app_dir, config.factory)
        except (ImportFailed, ConfigError):
            if not assignment.speaks_for_all:
                # The one that does fails as well, and then the supervisor ends this one; or it is only this one that fails.
                select.select([assignment.control_fd], [], [], OTHERS_FAIL)
            raise
        worker, sockets = worker_of(assignment, link, app, describe_app(app))
        return worker.run(sockets)

    return guarded_start(serve)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

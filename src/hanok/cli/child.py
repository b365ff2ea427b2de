"""What serving child processes do: those of a reloading server, and the workers of a supervisor.

``python -m hanok.cli.child FD`` is the first; people do not type it. ``work`` is the second.
"""

from __future__ import annotations

import select
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanok.server.reload_child import Assignment as Given
    from hanok.server.supervisor.assignment import Assignment
    from hanok.server.supervisor.link import Link


OTHERS_FAIL = 3.0  # seconds in which other workers fail alike, if they do


def main(fd: int) -> int:
    """Serve what the parent has assigned, and tell it when that has begun."""
    from hanok.app import debug_wanted
    from hanok.cli.banner import describe_app
    from hanok.cli.run import serve_here
    from hanok.cli.start import guarded_start
    from hanok.server import logs
    from hanok.server.reload_child import receive_assignment, tell_ready

    assignment = receive_assignment(fd)
    sockets = [socket.socket(fileno=one) for one in assignment.listener_fds]
    config = assignment.config

    def serve() -> int:
        logs.configure(config)
        if debug_wanted():
            return serve_or_show(assignment, sockets)
        return serve_here(
            config, assignment.target, lambda: sockets, lambda app, _: tell_ready(assignment, describe_app(app))
        )

    return guarded_start(serve)


def serve_or_show(assignment: Given, sockets: list[socket.socket]) -> int:
    """Serve the application; or, if it cannot be imported or does not start, show why in the terminal, and to whoever asks,
    until a save replaces this process.
    """
    from hanok.cli.banner import describe_app
    from hanok.cli.broken import BrokenApp
    from hanok.cli.errors import show_import_error
    from hanok.cli.load import ImportFailed, load_app
    from hanok.server.reload_child import tell_ready
    from hanok.server.worker import Worker

    config = assignment.config
    error: BaseException
    spare = [one.dup() for one in sockets]  # a worker closes those that it was given
    try:
        app = load_app(assignment.target, config.app_dir, config.factory)[1]
    except ImportFailed as failed:
        show_import_error(failed.error, failed.target)
        error = failed.error
    except SystemExit as ended:
        show_import_error(ended, assignment.target)
        error = ended
    else:
        worker = Worker(config, app, on_ready=lambda: tell_ready(assignment, describe_app(app)))
        code = worker.run(sockets)
        if worker.failure is None:
            return code
        error = worker.failure  # the log has told it
    plain = replace(config, interface="auto", lifespan="off")  # whatever the application is, the page is ours
    return Worker(plain, BrokenApp(error), on_ready=lambda: tell_ready(assignment, {"broken": True})).run(spare)


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

"""The child process of a reloading server: ``python -m hanok.cli.child FD``. Not for people to type."""

from __future__ import annotations

import socket
import sys


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


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

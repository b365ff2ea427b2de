"""The worker's side of the start: from an assignment to a worker that serves, and to its exit code."""

from __future__ import annotations

import logging
import socket
import sys
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ConfigError
from hanok.server import identity, pydantic_plugins
from hanok.server.hooks import hooks_of
from hanok.server.supervisor import signals
from hanok.server.supervisor.assignment import Assignment
from hanok.server.supervisor.link import Link
from hanok.server.supervisor.sockets import adopt

if TYPE_CHECKING:
    from hanok.server.worker import Worker

logger = logging.getLogger("hanok.error")


def main(fd: int) -> int:
    """A new interpreter's life: do what the assignment in this file says."""
    signals.be_a_worker()
    assignment = Assignment.from_file(fd)
    sys.path[:] = assignment.path
    pydantic_plugins.put_off()
    return live(assignment)


def live(assignment: Assignment) -> int:
    """What new interpreters and forks have in common. Signals must be a worker's by now."""
    config, server = assignment.config, assignment.server
    try:
        hooks = hooks_of(config)
    except ConfigError as error:  # the file has changed since the supervisor read it
        logger.error("%s", error)
        return 2
    link = Link(assignment, hooks)
    link.start()
    try:
        hooks.call("post_fork", server, link.facts)
        identity.show(f"{config.proc_name}: {assignment.name} [{assignment.target}]")
        identity.Identity.of(config).take()
        return assignment.entry(assignment, link)
    finally:
        hooks.call("worker_exit", server, link.facts)
        link.end()


def work(assignment: Assignment, link: Link) -> int:
    """Serve the application. The entry of those that bring none of their own."""
    from hanok.server import logs
    from hanok.server.importer import load

    config = assignment.config
    logs.configure(config)
    try:
        app = assignment.app
        if app is None:
            app = load(assignment.target, app_dir=config.app_dir, factory=config.factory)
        worker, sockets = worker_of(assignment, link, app, {})
        return worker.run(sockets)
    except ConfigError as error:
        logger.error("%s", error)
        return 2


def worker_of(assignment: Assignment, link: Link, app: Any, told: dict[str, Any]) -> tuple[Worker, list[socket.socket]]:
    """A worker for the application, and the sockets that it serves on. ``told`` is what it says when it serves."""
    from hanok.observe.board import Board
    from hanok.server.observed import Panel
    from hanok.server.worker import Worker

    panel = None
    if assignment.board is not None:
        panel = Panel(Board(*assignment.board), adopt(assignment.admin_fds), assignment.place)
    worker = Worker(assignment.config, app, on_ready=lambda: link.serves(told), panel=panel, link=link)
    return worker, adopt(assignment.listener_fds)

"""Hooks: what an operator wants called at the turns of a server's life. The names and arguments are Gunicorn's.

The supervisor calls those of its own process, in ``supervisor.supervisor``; a worker those of its process, in
``supervisor.child``. Workers are new interpreters, so hooks are not handed to them: each process asks
``hooks_of`` for them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanok.server.config import Config

logger = logging.getLogger("hanok.error")


def nothing(*arguments: Any) -> None:
    """The hook that was not given."""


@dataclass(slots=True)
class ServerFacts:
    """The supervisor as hooks see it. A worker gets a copy from when it was started."""

    cfg: Config
    pid: int
    num_workers: int
    log: logging.Logger = field(default=logger)


@dataclass(slots=True)
class WorkerFacts:
    """A worker as hooks see it. ``age`` counts the workers of this supervisor from 1; ``pid`` is 0 before the fork."""

    cfg: Config
    age: int
    pid: int = 0
    ppid: int = 0
    log: logging.Logger = field(default=logger)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hooks:
    """One function for each turn; ``call`` is the way to call them."""

    # In the supervisor.
    on_starting: Callable[[ServerFacts], Any] = nothing  # before the first worker is started
    when_ready: Callable[[ServerFacts], Any] = nothing  # the first worker serves
    on_reload: Callable[[ServerFacts], Any] = nothing  # SIGHUP, before the first worker is replaced
    pre_fork: Callable[[ServerFacts, WorkerFacts], Any] = nothing  # before a worker is started
    child_exit: Callable[[ServerFacts, WorkerFacts], Any] = nothing  # a worker has ended and is reaped
    nworkers_changed: Callable[[ServerFacts, int, int | None], Any] = nothing  # new number, old number
    pre_exec: Callable[[ServerFacts], Any] = nothing  # SIGUSR2, before the new supervisor is started
    on_exit: Callable[[ServerFacts], Any] = nothing  # the last thing before the supervisor ends

    # In a worker.
    post_fork: Callable[[ServerFacts, WorkerFacts], Any] = nothing  # the process is there, the application is not
    post_worker_init: Callable[[WorkerFacts], Any] = nothing  # the application is imported and started
    worker_int: Callable[[WorkerFacts], Any] = nothing  # it was told to stop at once (SIGQUIT, second SIGINT)
    worker_abort: Callable[[WorkerFacts], Any] = nothing  # its event loop is blocked and it will be killed
    worker_exit: Callable[[ServerFacts, WorkerFacts], Any] = nothing  # the last thing in the worker

    def call(self, name: str, *arguments: Any) -> None:
        """Call one. An error in it is logged and costs nothing else: a hook must not stop a server."""
        try:
            getattr(self, name)(*arguments)
        except Exception:
            logger.exception("the hook %s failed", name)


NAMES: tuple[str, ...] = tuple(one.name for one in fields(Hooks))


def hooks_of(config: Config) -> Hooks:
    """The functions of the file of ``--config``, if it is Python. Called in the supervisor, and again in each worker,
    which runs the file anew.
    """
    if config.config is None:
        return Hooks()
    from hanok.server.config_files import read_hooks

    return Hooks(**read_hooks(config.config, NAMES))

"""Assignment: what a worker process is told when it starts, and the words that go over its control socket."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from hanok.observe.board import nameless_file
from hanok.server.hooks import ServerFacts

if TYPE_CHECKING:
    from hanok.server.config import Config
    from hanok.server.supervisor.link import Link

# What a worker does: gives the exit code. A function of a module, because a new interpreter finds it by name.
Entry: TypeAlias = "Callable[[Assignment, Link], int]"

# What the file begins with. Nearly all assignments are plain values, which the interpreter reads by itself: a worker need not
# load pickle for them.
PLAIN, PICKLED = b"m", b"p"

# Words of the supervisor, each a line.
RETIRE = "retire"  # finish, but keep idle connections until they have been told
STOP = "stop"  # finish, and close idle connections: nobody follows
REOPEN = "reopen"  # the log files

# Words of a worker: lines of JSON with one of these keys.
SERVES = "serves"  # and what the worker says of its application
ENOUGH = "enough"  # the worker wants to be replaced, and why


@dataclass(frozen=True)
class Assignment:
    """Descriptors are those of the worker's process."""

    config: Config
    target: Any
    entry: Entry
    number: int  # counts all workers of this supervisor, from 1
    slot: int  # which of the places from 0 to ``workers`` - 1 it takes
    server: ServerFacts
    listener_fds: tuple[int, ...]
    control_fd: int
    heartbeat_fd: int
    trace_fd: int  # where faulthandler writes the stacks
    path: tuple[str, ...] = ()  # sys.path
    files: tuple[tuple[str, int], ...] = ()  # what to remove if the supervisor is killed: see ``leftovers``
    is_replacement: bool = False  # for a worker that serves as long as this one does not
    place: int = 0  # on the board that all processes of the server can read; no two that live have the same
    board: tuple[int, int] | None = None  # its size and its descriptor
    admin_fds: tuple[int, ...] = ()  # of the admin listener
    app: Any = field(default=None, compare=False)  # a preloaded application; only where workers are forked

    @property
    def name(self) -> str:
        return f"worker {self.number}"

    @property
    def speaks_for_all(self) -> bool:
        """Whether it is the one that tells at length what is the same for all."""
        return self.number == 1 or self.is_replacement

    @property
    def fds(self) -> tuple[int, ...]:
        board = () if self.board is None else (self.board[1],)
        return (*self.listener_fds, self.control_fd, self.heartbeat_fd, self.trace_fd, *self.admin_fds, *board)

    def to_file(self) -> int:
        """The descriptor of a nameless file that holds it: command lines can be read by everybody."""
        fd = nameless_file()
        with open(fd, "wb", closefd=False) as file:
            file.write(self._written())
        return fd

    def _written(self) -> bytes:
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        server, entry = values.pop("server"), values.pop("entry")
        config = values.pop("config")
        configs = [vars(config)] if server.cfg is config else [vars(config), vars(server.cfg)]
        module, name = entry.__module__, entry.__qualname__
        try:
            return PLAIN + marshal.dumps((values, configs, (server.pid, server.num_workers), (module, name)))
        except ValueError:  # an object of the user's, as a target or in the configuration of logging
            import pickle

            return PICKLED + pickle.dumps(self)

    @staticmethod
    def from_file(fd: int) -> Assignment:
        with open(fd, "rb") as file:
            file.seek(0)
            form, data = file.read(1), file.read()
        if form == PICKLED:
            import pickle

            assignment: Assignment = pickle.loads(data)
            return assignment
        values, configs, (pid, workers), (module, name) = marshal.loads(data)
        made = [_config(one) for one in configs]
        server = ServerFacts(made[-1], pid, workers)
        return Assignment(config=made[0], server=server, entry=getattr(import_module(module), name), **values)


def _config(values: dict[str, Any]) -> Config:
    """One that was found good when it was made: that is not looked into again."""
    from hanok.server.config import Config

    config = object.__new__(Config)
    vars(config).update(values)
    return config

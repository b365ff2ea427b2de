"""Listeners: the sockets of a server with several workers, and those that systemd hands over."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, MutableMapping

from hanok.exceptions import ConfigError
from hanok.server.config import Config
from hanok.server.listeners import bind, release, twins

FIRST_ACTIVATED = 3  # systemd hands descriptors over from here on


def adopt(fds: Iterable[int]) -> list[socket.socket]:
    """The listening sockets behind descriptors of this process, which they own from now on."""
    sockets = [socket.socket(fileno=fd) for fd in fds]
    for sock in sockets:
        sock.setblocking(False)
    return sockets


class Listeners:
    """The listeners of a server: one group that all workers share, or, with ``reuse_port``, one for each slot.

    The supervisor holds all of them until the server stops and accepts from none. So when a worker ends, what waits in
    a listener's queue is not reset: another worker takes it, or the next one in the same slot.
    """

    def __init__(self, groups: list[list[socket.socket]], config: Config, *, owned: bool) -> None:
        self.groups = groups
        self.config = config
        self.owned = owned  # whether the files of Unix sockets are ours to remove
        self.files = tuple(_unix_files(groups[0])) if owned else ()

    @classmethod
    def open(cls, config: Config, environ: MutableMapping[str, str] | None = None) -> Listeners:
        """Those that systemd hands over ("socket activation", sd_listen_fds(3)), else what ``bind`` gives."""
        given = activated(os.environ if environ is None else environ, config.backlog)
        if given:
            return cls([given], config, owned=False)
        return cls([bind(config)], config, owned=config.fd is None)

    @property
    def shown(self) -> list[socket.socket]:
        """One of each address."""
        return self.groups[0]

    def of(self, slot: int) -> list[socket.socket]:
        """The sockets from which the worker in this slot accepts."""
        if not self.config.reuse_port:
            return self.groups[0]
        while len(self.groups) <= slot:
            self.groups.append(twins(self.groups[0], self.config.backlog))
        return self.groups[slot]

    def drop(self, slot: int) -> None:
        """There is no such slot any more: what still comes shall not go to a listener that nobody accepts from."""
        while self.config.reuse_port and 0 < slot < len(self.groups):
            for sock in self.groups.pop():
                if sock not in self.groups[0]:  # a Unix socket is one for all
                    sock.close()

    def refuse(self) -> None:
        """The server stops and nobody follows: who connects from now on is refused, and can go elsewhere at once.

        A connection that was taken into the queue of a listener from which nobody accepts would wait for the end of
        the drain, and be reset. What is in the queue already is accepted by the workers. Unix domain sockets stay,
        because their files are removed by their listeners; so do those that systemd goes on listening on.
        """
        if self.owned:
            for group in self.groups:
                for sock in group:
                    if sock.family != getattr(socket, "AF_UNIX", None):
                        sock.close()

    def close(self, *, remove: bool = True) -> None:
        """``remove`` also takes the files of Unix sockets away, if they are ours and nobody else listens."""
        sockets = list(dict.fromkeys(sock for group in self.groups for sock in group))
        if remove and self.owned:
            release(sockets)
        for sock in sockets:
            sock.close()


def activated(environ: MutableMapping[str, str], backlog: int) -> list[socket.socket]:
    """The sockets that systemd has opened for this process; none if it has not. The variables are taken away."""
    given = {name: environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")}
    if given["LISTEN_PID"] != str(os.getpid()) or not given["LISTEN_FDS"].isdecimal():
        return []
    sockets = []
    for fd in range(FIRST_ACTIVATED, FIRST_ACTIVATED + int(given["LISTEN_FDS"])):
        try:
            sock = socket.socket(fileno=fd)
            sock.listen(backlog)
        except OSError as error:
            raise ConfigError(f"LISTEN_FDS: {fd} is not a socket that can listen ({error.strerror}).") from None
        sock.setblocking(False)
        sock.set_inheritable(False)
        sockets.append(sock)
    return sockets


def _unix_files(sockets: list[socket.socket]) -> Iterable[tuple[str, int]]:
    for sock in sockets:
        path = sock.getsockname()
        if isinstance(path, str) and path and not path.startswith("\0"):  # an abstract socket has no file
            path = os.path.abspath(path)
            yield path, os.stat(path).st_ino

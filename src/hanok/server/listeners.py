"""Listening sockets: TCP over IPv4 and IPv6, Unix domain sockets, inherited descriptors."""

from __future__ import annotations

import errno
import os
import socket
import stat

from hanok.exceptions import ConfigError
from hanok.server.config import Config


def bind(config: Config) -> list[socket.socket]:
    """The bound, listening sockets that the options ask for. Raises ConfigError if one cannot be had."""
    if config.fd is not None:
        return [_inherited(config.fd, config.backlog)]
    if config.uds is not None:
        return [_unix(config.uds, config.backlog)]
    return _tcp(config.host, config.port, config.backlog)


def _inherited(fd: int, backlog: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=os.dup(fd))
        sock.listen(backlog)
    except OSError as error:
        raise ConfigError(f"--fd: {fd} is not a socket that can listen ({error.strerror}).") from None
    return _ready(sock)


def _unix(path: str, backlog: int) -> socket.socket:
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode) and not _answers(path):
            os.unlink(path)  # left over from a server that did not end well
    except FileNotFoundError:
        pass
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
        os.chmod(path, 0o666)  # who may connect is decided by the directory
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise ConfigError(f"--uds: cannot listen on {path!r}: {error.strerror or error}.") from None
    return _ready(sock)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def _tcp(host: str, port: int, backlog: int) -> list[socket.socket]:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigError(f"--host: {host!r} is not an address of this machine ({error}).") from None
    sockets: list[socket.socket] = []
    for family, address in dict.fromkeys((one[0], one[4]) for one in found):
        # A name with several addresses: one port for all of them, also when the system chose it.
        chosen = sockets[0].getsockname()[1] if sockets and not port else port
        sock = None
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(len(found) > 1))
            sock.bind((address[0], chosen, *address[2:]))
            sock.listen(backlog)
        except OSError as error:
            if sock is not None:
                sock.close()
            if sockets and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                continue  # a machine without IPv6 whose names have addresses in it
            for one in sockets:
                one.close()
            raise _no_listener(host, port, error) from None
        sockets.append(_ready(sock))
    return sockets


def _no_listener(host: str, port: int, error: OSError) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"--port: {port} on {host} is in use by another program; "
            "stop it, or give another port (0 takes a free one)."
        )
    if error.errno == errno.EACCES:
        return ConfigError(f"--port: {port} needs privileges that this process lacks; give one from 1024 up.")
    return ConfigError(f"--host: cannot listen on {host} port {port}: {error.strerror or error}.")


def _ready(sock: socket.socket) -> socket.socket:
    sock.setblocking(False)
    sock.set_inheritable(True)
    return sock


def name_of(sock: socket.socket, scheme: str = "http") -> str:
    """What to type to reach it: ``http://127.0.0.1:8000``, ``unix:/run/app.sock``."""
    name = sock.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{name}"
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"{scheme}://{host}:{name[1]}"

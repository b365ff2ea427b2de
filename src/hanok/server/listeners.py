"""Listening sockets: TCP over IPv4 and IPv6, Unix domain sockets, inherited descriptors.

``bind`` makes those that the options ask for, ``twins`` gives another process its own of the same addresses, and
``release`` closes them and takes the files of Unix domain sockets away.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server.addresses import FdAddress, TcpAddress, UnixAddress, parse_address
from hanok.server.config import Config

UNSENT_IN_KERNEL = 2**18  # bytes of answers that wait in the kernel for each connection, beyond what is on its way
EVERYBODY = 0o666  # of a Unix domain socket: who may connect is decided by the directory

# How the options that ask for a listener are called in errors: with --bind it is that, else the option itself.
HOST, PORT, UDS, FD, BIND = "--host", "--port", "--uds", "--fd", "--bind"


def bind(config: Config) -> list[socket.socket]:
    """The bound, listening sockets that the options ask for. Raises ConfigError if one cannot be had."""
    if config.reuse_port and not hasattr(socket, "SO_REUSEPORT"):
        raise ConfigError("--reuse-port: this system has no SO_REUSEPORT; leave the option out.")
    sockets: list[socket.socket] = []
    try:
        for address in addresses_of(config):
            if isinstance(address, FdAddress):
                sockets.append(_inherited(address.number, config))
            elif isinstance(address, UnixAddress):
                sockets.append(_unix(address.path, config))
            else:
                sockets += _tcp(address.host, address.port, config)
    except ConfigError:
        release(sockets)
        raise
    return sockets


def addresses_of(config: Config) -> list[TcpAddress | UnixAddress | FdAddress]:
    """Where to listen, in the order in which it was said."""
    if config.bind:
        return [parse_address(text) for text in config.bind]
    if config.fd is not None:
        return [FdAddress(config.fd)]
    if config.uds is not None:
        return [UnixAddress(config.uds)]
    return [TcpAddress(config.host, config.port)]


# ---- descriptors


def _inherited(fd: int, config: Config) -> socket.socket:
    try:
        sock = socket.socket(fileno=os.dup(fd))
        sock.listen(config.backlog)
    except OSError as error:
        flag = BIND if config.bind else FD
        raise ConfigError(f"{flag}: {fd} is not a socket that can listen ({error.strerror}).") from None
    return _ready(sock)


# ---- Unix domain sockets


def _unix(path: str, config: Config) -> socket.socket:
    flag = BIND if config.bind else UDS
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode):
            if _answers(path):
                raise ConfigError(f"{flag}: another program listens on {path!r}; stop it, or give another path.")
            os.unlink(path)  # left over from a server that did not end well
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ConfigError(f"{flag}: cannot listen on {path!r}: {error.strerror}.") from None
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
        # Nobody can connect before ``listen``, so there is no moment in which the mode is another.
        os.chmod(path, _mode(config))
        sock.listen(config.backlog)
    except OSError as error:
        sock.close()
        remedy = "; a file with this name is there, and it is no socket" if error.errno == errno.EADDRINUSE else ""
        raise ConfigError(f"{flag}: cannot listen on {path!r}: {error.strerror or error}{remedy}.") from None
    return _ready(sock)


def _mode(config: Config) -> int:
    if config.uds_permissions is not None:
        return config.uds_permissions
    return EVERYBODY if config.umask is None else EVERYBODY & ~int(config.umask, 8)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except (TimeoutError, BlockingIOError):
            return True  # its backlog is full
        except OSError:
            return False
        return True


# ---- TCP


def _tcp(host: str, port: int, config: Config) -> list[socket.socket]:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        flag = BIND if config.bind else HOST
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{flag}: {host!r} is not an address of this machine ({reason}).") from None
    sockets: list[socket.socket] = []
    for family, address in dict.fromkeys((one[0], one[4]) for one in found):
        # A name with several addresses: one port for all of them, also when the system chose it.
        chosen = sockets[0].getsockname()[1] if sockets and not port else port
        sock = None
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            _prepare(sock, config.reuse_port)
            if family == socket.AF_INET6:
                # Of several addresses each has its own socket; ``::`` alone is for both families (RFC 3493 §5.3).
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(len(found) > 1))
            sock.bind((address[0], chosen, *address[2:]))
            sock.listen(config.backlog)
        except OSError as error:
            if sock is not None:
                sock.close()
            if sockets and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                continue  # a machine without IPv6 whose names have addresses in it
            for one in sockets:
                one.close()
            raise _no_listener(host, port, error, bool(config.bind)) from None
        sockets.append(_ready(sock))
    return sockets


def _prepare(sock: socket.socket, reuse_port: bool) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _no_listener(host: str, port: int, error: OSError, is_bind: bool) -> ConfigError:
    host = host or "all addresses"
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"{BIND if is_bind else PORT}: {port} on {host} is in use by another program; "
            "stop it, or give another port (0 takes a free one)."
        )
    if error.errno == errno.EACCES:
        flag = BIND if is_bind else PORT
        return ConfigError(f"{flag}: {port} needs privileges that this process lacks; give one from 1024 up.")
    flag = BIND if is_bind else HOST
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(
            f"{flag}: {host} is no address of this machine; 0.0.0.0 listens on all that it has, :: on those of IPv6, too."
        )
    return ConfigError(f"{flag}: cannot listen on {host} port {port}: {error.strerror or error}.")


# ---- for those who hold them


def _ready(sock: socket.socket) -> socket.socket:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Accepted sockets inherit it. Else the kernel takes megabytes at once for a peer that reads a few bytes a second.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_IN_KERNEL)
    sock.setblocking(False)
    sock.set_inheritable(True)
    return sock


def twins(sockets: Iterable[socket.socket], backlog: int) -> list[socket.socket]:
    """Listeners of one process's own on the same addresses, between which the kernel shares connections out.

    The given ones must have been bound with ``reuse_port`` and be closed, or accepted from, by their owner: what the
    kernel gives to a listener that nobody accepts from is lost. Those that cannot be shared are given back as they are.
    """
    found = []
    for given in sockets:
        if given.family not in (socket.AF_INET, socket.AF_INET6):
            found.append(given)
            continue
        twin = socket.socket(given.family, socket.SOCK_STREAM)
        _prepare(twin, True)
        if given.family == socket.AF_INET6:
            only = given.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
            twin.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        twin.bind(given.getsockname())
        twin.listen(backlog)
        found.append(_ready(twin))
    return found


async def accept_on(
    sock: socket.socket, make: Callable[[], asyncio.BaseProtocol], loop: asyncio.AbstractEventLoop, **more: Any
) -> asyncio.AbstractServer:
    """Accept connections from a listening socket. ``more`` is what the loop's ``create_server`` takes.

    Without ``backlog`` the loop would listen again with a backlog of its own.
    """
    create: Any = loop.create_server
    if sock.family == getattr(socket, "AF_UNIX", None):
        create = loop.create_unix_server
        if sys.version_info >= (3, 13):
            more["cleanup_socket"] = False  # other workers listen on it as well: the file is its binder's to remove
    server: asyncio.AbstractServer = await create(make, sock=sock, **more)
    return server


def release(sockets: Sequence[socket.socket]) -> None:
    """Close them, and remove the files of Unix domain sockets on which nobody listens any more.

    Another process that holds the same listener, as the next supervisor does in an upgrade, keeps its file.
    """
    files = files_of(sockets)
    for one in sockets:
        one.close()
    remove_unused(files)


def files_of(sockets: Iterable[socket.socket]) -> list[str]:
    """The files of those that are Unix domain sockets and still open."""
    return [path for one in sockets if (path := _path_of(one))]


def remove_unused(files: Iterable[str]) -> None:
    """Remove the files of Unix domain sockets on which nobody listens any more."""
    for path in files:
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode) and not _answers(path):
                os.unlink(path)
        except OSError:
            pass  # gone already, or not ours to remove


def _path_of(sock: socket.socket) -> str | None:
    try:
        name = sock.getsockname()
    except OSError:
        return None  # closed
    # An abstract socket begins with a zero byte and has no file (unix(7)).
    return name if isinstance(name, str) and name and not name.startswith("\0") else None


def name_of(sock: socket.socket, scheme: str = "http") -> str:
    """What to type to reach it: ``http://127.0.0.1:8000``, ``unix:/run/app.sock``."""
    name = sock.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{name}"
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"{scheme}://{host}:{name[1]}"

"""Addresses to listen on, as they are written: ``host:port``, ``[::1]:8000``, ``unix:/path``, ``fd://3``."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from hanok.exceptions import ConfigError

DEFAULT_PORT = 8000
ACCEPTED = "give host:port, [address]:port, unix:/path or fd://number"

# An IPv6 address stands in brackets, because it has colons itself (RFC 3986 §3.2.2). Without a host: all addresses.
HOST_PORT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|(?P<host>[^:\[\]/\s]*))(?::(?P<port>\d{1,5}))?")


class TcpAddress(NamedTuple):
    host: str  # "": all addresses of the machine
    port: int


class UnixAddress(NamedTuple):
    path: str


class FdAddress(NamedTuple):
    number: int


Address: TypeAlias = TcpAddress | UnixAddress | FdAddress


def parse_address(text: str) -> Address:
    """What a text of ``--bind`` means. Raises ConfigError."""
    for prefix in ("unix://", "unix:"):
        if text.startswith(prefix) and len(text) > len(prefix):
            return UnixAddress(text[len(prefix) :])
    for prefix in ("fd://", "fd:"):
        if text.startswith(prefix) and text[len(prefix) :].isdecimal():
            return FdAddress(int(text[len(prefix) :]))
    match = HOST_PORT.fullmatch(text.removeprefix("tcp://"))
    if match is None or not text:
        remedy = f" An IPv6 address stands in brackets: [{text}]:8000." if text.count(":") > 1 else ""
        raise ConfigError(f"--bind: {text!r} is no address to listen on; {ACCEPTED}.{remedy}")
    host, port = match["v6"] or match["host"] or "", match["port"]
    if port is None and host.isdecimal():
        raise ConfigError(f"--bind: {text!r} has no host; give 127.0.0.1:{text}, or :{text} for all addresses.")
    if port is not None and int(port) > 65535:
        raise ConfigError(f"--bind: {text!r}: a port is a number from 0 to 65535.")
    return TcpAddress(host, DEFAULT_PORT if port is None else int(port))

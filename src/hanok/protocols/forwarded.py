"""Who the client is, when a trusted proxy in front tells in X-Forwarded-For and X-Forwarded-Proto."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    from hanok.types import RawHeaders

SCHEMES = {b"http": "http", b"https": "https", b"ws": "http", b"wss": "https"}


class Forwarded:
    """The trusted peers, and what is believed of their headers.

    ``trusted`` are addresses, networks in CIDR form, ``*`` for everybody, or other names, which are compared
    as text. A peer without an address (a Unix domain socket) is trusted: the permissions of the socket guard
    it.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        self.everybody = False
        self.names: set[str] = set()
        networks = []
        for text in trusted:
            if text == "*":
                self.everybody = True
            elif "/" in text:
                try:
                    networks.append(ip_network(text, strict=False))
                except ValueError as error:
                    raise ConfigError(
                        f"--forwarded-allow-ips: {text!r} is not a network ({error}); give for example 10.0.0.0/8."
                    ) from None
            else:
                self.names.add(_plain(text))
        self.networks = tuple(networks)
        self._in_networks = lru_cache(1024)(self._search)

    def trusts(self, host: str | None) -> bool:
        """Whether what this peer says about its clients is believed."""
        if self.everybody or not host:
            return True
        host = _plain(host)
        return host in self.names or (bool(self.networks) and self._in_networks(host))

    def _search(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    def resolve(
        self, headers: RawHeaders, client: tuple[str, int] | None, scheme: str
    ) -> tuple[tuple[str, int] | None, str]:
        """The client and scheme that the headers of a trusted peer tell.

        X-Forwarded-For is read from its end: each proxy appends the peer it saw, so the first address that is
        not itself trusted is the client, and what stands before it is hearsay.
        """
        chain = []
        for name, value in headers:
            if name == b"x-forwarded-for":
                chain += value.decode("latin-1").split(",")
            elif name == b"x-forwarded-proto":
                scheme = SCHEMES.get(value.strip().lower(), scheme)
        host = ""
        for entry in reversed(chain):
            if entry := entry.strip():
                host = entry
                if not self.trusts(_address(entry)[0]):
                    break
        return (_address(host) if host else client), scheme


def _address(entry: str) -> tuple[str, int]:
    """The host and port of one entry: ``1.2.3.4``, ``1.2.3.4:80``, ``::1``, ``[::1]:80``. Without a port it
    is 0.
    """
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        port = rest[1:]
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
    else:
        host, port = entry, ""
    return host, int(port) if port.isascii() and port.isdigit() and int(port) < 65536 else 0


def _plain(host: str) -> str:
    """One spelling for an IPv4 address that came over an IPv6 socket."""
    return host[7:] if host.startswith("::ffff:") and "." in host else host

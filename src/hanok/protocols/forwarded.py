"""What a trusted proxy in front says of its client: X-Forwarded-For, -Proto, -Host, -Prefix, and Forwarded.

Each proxy appends what it saw to what it was sent, so a chain is read from its end: the first hop that is not itself
trusted is the client, and what stands before it is hearsay.

A header that the proxy does not set itself comes from whoever sent it. That is why only those are believed that the
operator names; by default the two that every proxy sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from hanok.exceptions import ConfigError
from hanok.protocols.forwarded_header import parse_forwarded

if TYPE_CHECKING:
    from hanok.exchange import Incoming
    from hanok.types import RawHeaders

SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
WEBSOCKET = {"http": "ws", "https": "wss"}
USUAL = ("x-forwarded-for", "x-forwarded-proto")
KNOWN = (*USUAL, "x-forwarded-host", "x-forwarded-prefix", "forwarded")
HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
PREFIX = re.compile(r"/(?:[\w.~!$&'()*+;=:@-][\w./~!$&'()*+;=:@-]*)?", re.ASCII)

Address = tuple[str, int]


class Trusted:
    """Peers that are believed: addresses, networks in CIDR form, ``*`` for everybody, or other names, which are
    compared as text.

    A peer without an address (a Unix domain socket) is trusted: the permissions of the socket guard it.
    """

    def __init__(self, trusted: Iterable[str], flag: str = "--forwarded-allow-ips") -> None:
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
                        f"{flag}: {text!r} is not a network ({error}); give for example 10.0.0.0/8."
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


class Hop(NamedTuple):
    """What one proxy saw: who asked it, and how."""

    client: str
    scheme: str | None = None
    host: str | None = None
    prefix: str | None = None


class Forwarded(Trusted):
    """The trusted peers, and which of their headers are believed."""

    def __init__(self, trusted: Iterable[str], headers: Iterable[str] = USUAL) -> None:
        super().__init__(trusted)
        self.headers = frozenset(name.lower().encode() for name in headers)
        for name in self.headers:
            if name.decode() not in KNOWN:
                raise ConfigError(f"--forwarded-headers: {name.decode()!r} is not known; give of {', '.join(KNOWN)}.")

    def introduce(self, exchange: Incoming) -> None:
        """Tell a request of a trusted peer who its client is: client, scheme, Host field, root path."""
        headers = exchange.raw_headers
        client, told = self._read(headers)
        if client is not None:
            exchange.client = client
        scheme = SCHEMES.get((told.scheme or "").lower())
        if scheme is not None:
            exchange.scheme = WEBSOCKET[scheme] if exchange.kind == "websocket" else scheme
        if told.host is not None and HOST.fullmatch(told.host):
            host = (b"host", told.host.encode())
            exchange.raw_headers = [host, *(pair for pair in headers if pair[0] != b"host")]
        prefix = (told.prefix or "").rstrip("/")
        if prefix and PREFIX.fullmatch(prefix):
            exchange.root_path = prefix + exchange.root_path
            exchange.path = prefix + exchange.path
            exchange.raw_path = prefix.encode() + exchange.raw_path

    def resolve(self, headers: RawHeaders, client: Address | None, scheme: str) -> tuple[Address | None, str]:
        """The client and scheme alone."""
        found, told = self._read(headers)
        return found or client, SCHEMES.get((told.scheme or "").lower(), scheme)

    def _read(self, headers: RawHeaders) -> tuple[Address | None, Hop]:
        values: dict[bytes, list[str]] = {}
        for name, value in headers:
            if name in self.headers:
                values.setdefault(name, []).append(value.decode("latin-1"))
        if not values:
            return None, Hop("")
        # One that tells all things together is better than several that may not belong together.
        hops = parse_forwarded(values[b"forwarded"]) if b"forwarded" in values else None
        if hops is not None:
            chain = [Hop(one.get("for") or "unknown", one.get("proto"), one.get("host")) for one in hops]
            prefix = pick(_split(values.get(b"x-forwarded-prefix")), len(chain), -1)
            at = self._client([hop.client for hop in chain])
            told = chain[at]._replace(prefix=prefix)
        else:
            clients = _split(values.get(b"x-forwarded-for"))
            at = self._client(clients) if clients else -1
            told = Hop(
                clients[at] if clients else "",
                *(
                    pick(_split(values.get(name)), len(clients), at)
                    for name in (b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix")
                ),
            )
        return (_address(told.client) if told.client else None), told

    def _client(self, chain: Sequence[str]) -> int:
        """Which of a chain is the client: the last that is not trusted, or else the first."""
        for at in range(len(chain) - 1, 0, -1):
            if not self.trusts(_address(chain[at])[0]):
                return at
        return 0


def pick(values: Sequence[str], hops: int, at: int) -> str | None:
    """The value that belongs to a hop: its own if every hop has one, else the last, which the nearest proxy set."""
    if not values:
        return None
    return values[at] if len(values) == hops else values[-1]


def _split(values: Sequence[str] | None) -> list[str]:
    return [piece for value in values or () for one in value.split(",") if (piece := one.strip())]


def _address(entry: str) -> Address:
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
    return host or "unknown", int(port) if port.isascii() and port.isdigit() and int(port) < 65536 else 0


@lru_cache(1024)
def _plain(host: str) -> str:
    """One spelling of an address, also for an IPv4 address that came over an IPv6 socket; other names as they are."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(getattr(address, "ipv4_mapped", None) or address)

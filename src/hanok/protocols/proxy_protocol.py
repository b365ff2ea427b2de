"""The PROXY protocol, versions 1 and 2: who the client of a connection is, told by the proxy before anything else.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt; its sections are cited below. ``ProxyParser`` is given
bytes and says how many of them belong to the header; the first byte of TLS or HTTP comes right after. The reader is
``server.proxy_listener``.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple

from hanok.exceptions import RemoteProtocolError

V1_LONGEST = 107  # bytes of the line with its CRLF (§2.1)
V1_START = b"PROXY "
V2_START = b"\r\n\r\n\x00\r\nQUIT\n"
V2_FIXED = 16  # bytes before those whose number the header tells
V2_LONGEST = 4096  # bytes after them: addresses take at most 216, the rest are extensions

LOCAL, PROXY = 0x0, 0x1  # commands (§2.2)
UNSPEC, INET, INET6, UNIX = 0x0, 0x1, 0x2, 0x3  # families
STREAM = 0x1
ADDRESSES = {UNSPEC: 0, INET: 12, INET6: 36, UNIX: 216}  # bytes that the addresses of a family take

TYPE_SSL = 0x20  # §2.2.6
CLIENT_SSL = 0x01

Address = tuple[str, int]


class ProxyHeader(NamedTuple):
    """What a proxy says. Without a source the connection is the proxy's own, or it does not know."""

    source: Address | None = None
    destination: Address | None = None
    is_tls: bool = False  # whether the client spoke TLS with the proxy


class ProxyParser:
    """Takes the header from the beginning of a connection: ``feed`` until ``header`` is there."""

    __slots__ = ("_data", "header")

    def __init__(self) -> None:
        self._data = b""
        self.header: ProxyHeader | None = None

    def feed(self, data: bytes) -> int:
        """How many of these bytes belong to the header. Raises RemoteProtocolError for what cannot become one."""
        known = len(self._data)
        self._data += data
        found = parse(self._data)
        if found is None:
            return len(data)
        self.header, end = found
        return end - known


def parse(data: bytes) -> tuple[ProxyHeader, int] | None:
    """The header and its length; None as long as it is not complete."""
    if data.startswith(V2_START):
        return parse_v2(data)
    if data.startswith(V1_START):
        return parse_v1(data)
    if V2_START.startswith(data) or V1_START.startswith(data):
        return None
    raise RemoteProtocolError("the connection does not begin with the PROXY protocol")


# ---- version 1 (§2.1)


def parse_v1(data: bytes) -> tuple[ProxyHeader, int] | None:
    line, end, _ = data[:V1_LONGEST].partition(b"\r\n")
    if not end:
        if len(data) >= V1_LONGEST:
            raise RemoteProtocolError("the line of the PROXY protocol is too long")
        return None
    _, *words = line.decode("latin-1").split(" ")
    length = len(line) + 2
    if words[0] == "UNKNOWN":
        return ProxyHeader(), length  # whatever else stands there is to be ignored
    kinds: dict[str, Callable[[str], object]] = {"TCP4": IPv4Address, "TCP6": IPv6Address}
    if len(words) != 5 or words[0] not in kinds:
        raise RemoteProtocolError("the line of the PROXY protocol is malformed")
    kind, source, destination, source_port, destination_port = words
    try:
        return ProxyHeader(
            (str(kinds[kind](source)), port(source_port)), (str(kinds[kind](destination)), port(destination_port))
        ), length
    except ValueError as error:
        raise RemoteProtocolError(f"the line of the PROXY protocol is malformed: {error}") from None


def port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and len(text) > 1) or int(text) > 65535:
        raise ValueError(f"{text!r} is no port")
    return int(text)


# ---- version 2 (§2.2)


def parse_v2(data: bytes) -> tuple[ProxyHeader, int] | None:
    if len(data) < V2_FIXED:
        return None
    version_command, family_protocol, length = struct.unpack_from("!BBH", data, 12)
    version, command = version_command >> 4, version_command & 0xF
    if version != 2 or command not in (LOCAL, PROXY):
        raise RemoteProtocolError("the PROXY protocol has a version or command that does not exist")
    if length > V2_LONGEST:
        raise RemoteProtocolError("the header of the PROXY protocol is too long")
    if len(data) < V2_FIXED + length:
        return None
    end = V2_FIXED + length
    if command == LOCAL:
        return ProxyHeader(), end  # the proxy's own connection, a health check: the rest is to be ignored
    family, protocol = family_protocol >> 4, family_protocol & 0xF
    size = ADDRESSES.get(family)
    if size is None or size > length:
        raise RemoteProtocolError("the addresses of the PROXY protocol are malformed")
    rest, told = data[V2_FIXED + size : end], data[V2_FIXED : V2_FIXED + size]
    is_tls = has_tls(rest)
    if protocol != STREAM or family in (UNSPEC, UNIX):
        return ProxyHeader(is_tls=is_tls), end  # no address that a client of ours could have
    address: type[IPv4Address | IPv6Address] = IPv4Address if family == INET else IPv6Address
    width = (size - 4) // 2
    source_port, destination_port = struct.unpack_from("!HH", told, 2 * width)
    source, destination = str(address(told[:width])), str(address(told[width : 2 * width]))
    return ProxyHeader((source, source_port), (destination, destination_port), is_tls), end


def has_tls(extensions: bytes) -> bool:
    """Whether the client's own connection had TLS. Raises RemoteProtocolError for malformed extensions."""
    at, found = 0, False
    while at < len(extensions):
        if at + 3 > len(extensions):
            raise RemoteProtocolError("an extension of the PROXY protocol is cut short")
        kind, length = struct.unpack_from("!BH", extensions, at)
        at += 3 + length
        if at > len(extensions):
            raise RemoteProtocolError("an extension of the PROXY protocol is cut short")
        if kind == TYPE_SSL and length:
            found = bool(extensions[at - length] & CLIENT_SSL)
    return found


# ---- for the connections


class Introduction(asyncio.Protocol):
    """Stands at the beginning of a connection whose client was told, and hands over to its real protocol."""

    def __init__(self, make: Callable[[], asyncio.BaseProtocol], header: ProxyHeader) -> None:
        self.make = make
        self.header = header

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        protocol = self.make()
        transport.set_protocol(protocol)
        protocol.connection_made(IntroducedTransport(transport, self.header))  # type: ignore[arg-type]  # by duck


class IntroducedTransport:
    """A transport that gives the addresses that the proxy told in place of the proxy's own."""

    def __init__(self, transport: Any, header: ProxyHeader) -> None:
        self._transport = transport
        self._header = header
        # What is called for every answer, without the way over ``__getattr__``.
        self.write = transport.write
        self.is_closing = transport.is_closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        header = self._header
        if header.source is not None and name == "peername":
            return header.source
        if header.destination is not None and name == "sockname":
            return header.destination
        if name == "proxy_header":
            return header
        return self._transport.get_extra_info(name, default)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

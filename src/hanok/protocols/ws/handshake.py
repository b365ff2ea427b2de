"""The opening handshake, without I/O: a request head → what 101 will say, or the HTTP answer that refuses it.

RFC 6455 §4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from hanok.exceptions import LocalProtocolError, RemoteProtocolError
from hanok.protocols.services import Settings
from hanok.types import HeaderPairs, RawHeaders

_READ = frozenset(
    [b"connection", b"upgrade", b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions"]
)

# What the handshake itself writes: an application that sets one of these would break it (RFC 6455 §4.2.2).
_OURS = frozenset(
    [
        b"connection",
        b"upgrade",
        b"sec-websocket-accept",
        b"sec-websocket-extensions",
        b"sec-websocket-version",
    ]
)


class VersionRefused(RemoteProtocolError):
    """The peer speaks another version of the protocol; the answer names ours (RFC 6455 §4.4)."""

    def __init__(self) -> None:
        super().__init__("Unsupported WebSocket version: this server speaks 13", 426)


class Frames(ServerProtocol):
    """The sans-I/O connection once it is open."""

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # RFC 6455 §5.4: control frames may come between the fragments of a message, and §5.5.1 makes no exception for
            # Close. The library would take it for a violation (1002); the message is simply never completed.
            self.current_size = self.cur_size = None  # the name now, and before websockets 15
        super().recv_frame(frame)


@dataclass(slots=True)
class Handshake:
    """A good opening handshake that waits for the application's word."""

    protocol: Frames  # the sans-I/O connection, extensions negotiated
    headers: RawHeaders  # of the 101


def read_handshake(raw_headers: RawHeaders, settings: Settings) -> Handshake:
    """Check the handshake and negotiate its extensions. Raises RemoteProtocolError with a status."""
    versions = [value.strip() for name, value in raw_headers if name == b"sec-websocket-version"]
    if versions and versions != [b"13"]:
        raise VersionRefused
    headers = Headers()
    for name, value in raw_headers:
        if name in _READ:
            headers[name.decode("latin-1")] = value.decode("latin-1")
    protocol = Frames(
        state=State.OPEN,  # the head is read already: the parser begins at the first frame
        extensions=_extensions(settings),
        max_size=settings.ws_max_size,
    )
    response = protocol.accept(Request("/", headers))
    if response.status_code != 101:
        raise RemoteProtocolError(_reason(protocol), response.status_code)
    keep = [
        (name.lower().encode(), value.encode("latin-1"))
        for name, value in response.headers.raw_items()
        if name.lower() != "date"
    ]
    return Handshake(protocol, keep)


def _extensions(settings: Settings) -> list[ServerPerMessageDeflateFactory] | None:
    if not settings.ws_per_message_deflate:
        return None
    # 4 KiB windows and a small hash table: the 300 KB of zlib's defaults per connection buy a few percent of
    # size.
    return [
        ServerPerMessageDeflateFactory(
            server_max_window_bits=12, client_max_window_bits=12, compress_settings={"memLevel": 5}
        )
    ]


def _reason(protocol: ServerProtocol) -> str:
    causes: list[str] = []
    error: BaseException | None = protocol.handshake_exc
    while error is not None:
        causes.append(str(error))
        error = error.__cause__
    return "Bad WebSocket handshake: " + "; ".join(causes)


def offered_subprotocols(raw_headers: RawHeaders) -> list[str]:
    """What the peer offers in ``Sec-WebSocket-Protocol``, in its order (RFC 6455 §11.3.4)."""
    found: list[str] = []
    for name, value in raw_headers:
        if name == b"sec-websocket-protocol":
            found.extend(item for item in map(str.strip, value.decode("latin-1").split(",")) if item)
    return found


def accept_headers(handshake: Handshake, subprotocol: str | None, headers: HeaderPairs) -> RawHeaders:
    """The headers of the 101 with the application's own. LocalProtocolError for what it may not add."""
    result = list(handshake.headers)
    if subprotocol is not None:
        result.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
    for name, value in headers:
        name = bytes(name).lower()
        if name in _OURS:
            raise LocalProtocolError(f"the header {name.decode()!r} belongs to the handshake itself")
        if name == b"sec-websocket-protocol" and subprotocol is not None:
            raise LocalProtocolError("the subprotocol is given twice: as argument and as header")
        result.append((name, bytes(value)))
    return result

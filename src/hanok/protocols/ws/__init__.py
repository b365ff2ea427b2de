"""WebSocket (RFC 6455) over HTTP/1.1, with permessage-deflate (RFC 7692).

What enters: a transport whose HTTP/1.1 connection has read the head of an upgrade request. What leaves: one
``WsExchange``, handed to the application's handler in a task of its own, and the frames of both directions.
Read ``connection`` first; ``states`` is the table of what an application may say when, ``exchange`` is the
door that it sees, ``handshake`` and ``messages`` do no I/O. Framing is the sans-I/O layer of the
``websockets`` library.

``upgrade`` is the factory that a worker puts into ``Services.websocket``; see ``protocols.h1`` for its
contract.
"""

from hanok.protocols.ws.connection import WsConnection, upgrade
from hanok.protocols.ws.exchange import PeerGone, WsExchange
from hanok.protocols.ws.states import TRANSITIONS, WsEvent, WsState

__all__ = ["TRANSITIONS", "PeerGone", "WsConnection", "WsEvent", "WsExchange", "WsState", "upgrade"]
